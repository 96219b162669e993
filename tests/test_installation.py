"""The wheel, the sdist and the editable install work in fresh environments."""

import pkgutil
import subprocess
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, build, needs_torchs_functorch

import functorch_compat

pytestmark = pytest.mark.slow

STARTUP_FILES = {"functorch_compat.pth", "functorch_compat.start"}


@pytest.fixture
def environment(an_environment):
    yield an_environment
    an_environment.sees(sysconfig.get_path("purelib"))


def test_the_wheel_holds_the_package_and_the_start_up_files_alone(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert {name for name in names if "/" not in name} == STARTUP_FILES
    assert {"functorch_compat/py.typed", "functorch-stubs/py.typed"} < names
    assert not [name for name in names if "/stubs/" in name]
    assert {name.partition("/")[0] for name in names - STARTUP_FILES} == {
        "functorch_compat",
        "functorch-stubs",
        f"functorch_compat-{functorch_compat.__version__}.dist-info",
    }


def test_the_sdist_builds_the_same_wheel(wheel, tmp_path):
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path)
    rebuilt = build("wheel", tmp_path / sdist.name[: -len(".tar.gz")], tmp_path / "wheel")

    assert rebuilt.read_bytes() == wheel.read_bytes()


@needs_torchs_functorch
@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_installing_activates_and_uninstalling_leaves_nothing(kind, environment, wheel):
    files, modules = environment.files(), environment.modules_at_start()
    modules_of_python = modules | environment.modules_for_a_start_up_file()

    environment.install(*([wheel] if kind == "wheel" else ["--editable", ROOT]))
    package = (environment.site_packages if kind == "wheel" else ROOT) / "functorch_compat"
    assert environment.file_of_functorch() == package / "functorch" / "__init__.py"
    assert environment.modules_at_start() - modules_of_python == {"functorch_compat"}

    environment.run("-m", "pip", "uninstall", "--yes", "functorch-compat")
    assert environment.files() == files
    assert environment.modules_at_start() == modules
    file_of_torch = environment.file_of_functorch()
    assert file_of_torch.parent.parent.joinpath("torch").is_dir()


def test_an_installed_client_and_its_console_script_run_unchanged(environment, wheel):
    environment.install(wheel, ROOT / "tests" / "legacy" / "client")
    script = environment.python.with_name("legacy-client")
    command = [str(environment.python), "-W", "error::DeprecationWarning", str(script)]

    done = subprocess.run([str(script)], capture_output=True, text=True, check=True)
    stopped = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.stdout == "[1.0, 1.0]\n"
    assert "legacy_client.py" in stopped.stderr
    assert "FunctorchDeprecationWarning: functorch.vjp is deprecated" in stopped.stderr


def test_it_finds_the_functorch_of_a_torch_that_a_finder_finds(environment, wheel, tmp_path):
    # In an editable install of torch, no folder on sys.path contains it.
    for name in ("torch/__init__.py", "functorch/__init__.py", "functorch/compile.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    environment.install(wheel)
    code = f"""
import sys
from importlib.machinery import PathFinder

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return None if path else PathFinder.find_spec(name, [{str(tmp_path)!r}])

sys.meta_path.append(Finder)
import functorch, functorch.compile
print(functorch.__file__, functorch.compile.__file__)
"""
    environment.sees(tmp_path / "nothing")
    namespace, submodule = environment.run("-c", code).stdout.split()

    assert Path(namespace).is_relative_to(environment.site_packages)
    assert submodule == str(tmp_path / "functorch" / "compile.py")


def test_both_start_up_files_call_the_same_function():
    # Python before 3.15 runs the lines of the .pth file. Newer ones read the .start file.
    pth, start = ((ROOT / name).read_text() for name in sorted(STARTUP_FILES))
    (entry_point,) = start.splitlines()
    (line,) = pth.splitlines()

    assert line.startswith("import ")
    assert line.endswith(f"; {entry_point.replace(':', '.')}()")
    assert pkgutil.resolve_name(entry_point) is functorch_compat.activate_at_startup
