"""The commands and the code of docs/install.md do what the page says, in a fresh environment."""

import os
import shutil
import zipfile
from importlib.metadata import requires

import pytest
from conftest import ROOT, Environment
from packaging.requirements import Requirement
from pages import blocks, run

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs/install.md"
COMMANDS = [block.values for block in blocks(PAGE, "sh")]
CODE = [block.values for block in blocks(PAGE, "python")]
IS_ACTIVE = "import functorch_compat; print(functorch_compat.is_active())"


@pytest.fixture(scope="module")
def index(wheel, tmp_path_factory):
    """A folder that serves as the package index: our wheel, and empty ones of what it requires."""
    folder = tmp_path_factory.mktemp("index")
    shutil.copy(wheel, folder)
    for name in {Requirement(line).name for line in requires("functorch-compat")}:
        release = f"{name.replace('-', '_')}-999"
        with zipfile.ZipFile(folder / f"{release}-py3-none-any.whl", "w") as archive:
            info = f"{release}.dist-info"
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 999\n"
            )
            tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            archive.writestr(f"{info}/WHEEL", tags)
            archive.writestr(f"{info}/RECORD", "")
    return folder


@pytest.fixture(scope="module")
def an_environment(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("environment"), with_pip=True)


@pytest.fixture
def shell(an_environment, index, tmp_path):
    """Runs a command as a user does, in an environment without this package."""
    scripts = an_environment.python.parent
    environment = {
        **{key: value for key, value in os.environ.items() if key[:4] not in ("PIP_", "UV_C")},
        "PATH": os.pathsep.join([str(scripts), os.environ["PATH"]]),
        "VIRTUAL_ENV": str(scripts.parent),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        **{f"{tool}_NO_INDEX": "1" for tool in ("PIP", "UV")},
        **{f"{tool}_FIND_LINKS": str(index) for tool in ("PIP", "UV")},
        "PIP_IGNORE_INSTALLED": "1",  # The environment also sees the packages of this one.
        "PIP_NO_BUILD_ISOLATION": "0",  # This is pip's way to say that there is no isolation.
    }

    def shell(command, folder=tmp_path):
        result = run(command, folder, environment)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    yield shell
    shell("pip uninstall --yes functorch-compat")


INSTALLS = [code.strip() for _, code in COMMANDS if "install" in code]
INSTALLS = [command for command in INSTALLS if "uninstall" not in command]


@pytest.mark.parametrize("command", [c for c in INSTALLS if "--target" not in c])
def test_an_install_activates_the_shim(command, shell):
    if command.startswith("uv") and not shutil.which("uv"):
        return
    shell(command, folder=ROOT)

    assert shell(f"python -c '{IS_ACTIVE}'") == "True\n"


def test_from_a_folder_the_program_activates_the_shim(shell):
    (command,) = (command for command in INSTALLS if "--target" in command)
    call, add_folder = (code for info, code in CODE if info == "packages")
    shell(command)

    path = "PYTHONPATH=packages "
    assert shell(f"{path} python -c '{IS_ACTIVE}'") == "False\n"
    assert shell(f"{path} python -c '{call}\n{IS_ACTIVE}'") == "True\n"
    assert shell(f"python -c '{add_folder}\n{IS_ACTIVE}'") == "True\n"


def test_a_vendored_copy_works_once_it_is_activated(tmp_path, shell):
    shutil.copytree(ROOT / "functorch_compat", tmp_path / "functorch_compat")
    code = "import functorch_compat; functorch_compat.activate(); import functorch"

    printed = shell(f"python -c '{code}; print(functorch.__file__)'")

    assert printed == f"{tmp_path}/functorch_compat/functorch/__init__.py\n"


def test_uninstalling_leaves_nothing_behind(an_environment, shell):
    (command,) = (code for _, code in COMMANDS if "uninstall" in code)
    shell("pip install --no-deps functorch-compat")
    shell(command)

    assert not [name for name in an_environment.files() if "functorch" in name]
