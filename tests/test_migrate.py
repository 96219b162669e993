"""``functorch-compat migrate`` rewrites the uses that a rule covers, and changes nothing else."""

import ast
import json
import os
import re
import socket
import subprocess
import sys
import time
from itertools import product
from pathlib import Path

import pytest
import torch
from conftest import ROOT, SCRIPTS, AllOffsets, assert_same, printed_by, run_command
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from resolved_names import names_used

from functorch_compat import cli
from functorch_compat.edits import apply
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate import report
from functorch_compat.migrate.rewrite import rewrite

GOLDEN = sorted((ROOT / "tests/golden").glob("*.before.py"))
FUNCTIONAL = sorted((ROOT / "tests/golden/functional").glob("*.before.py"))

FALLBACK = """\
try:
    from torch.func import vjp
except ImportError:
    from functorch import vjp
"""


def migrate(*arguments, folder, check=None):
    return run_command("migrate", *arguments, folder=folder, check=check)


def audited(folder):
    printed = run_command("audit", "--format=json", folder=folder).stdout
    return [(f["path"], f["name"], f["kind"]) for f in json.loads(printed)["findings"]]


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """Return the folder of the golden cases, after one command migrated them, and its output."""
    folder = tmp_path_factory.mktemp("golden")
    for before in [*GOLDEN, *FUNCTIONAL]:
        (folder / before.name.replace(".before", "")).write_text(before.read_text())
    return folder, migrate("--write", folder=folder, check=1)


@pytest.mark.slow
@pytest.mark.parametrize("before", GOLDEN, ids=lambda path: path.name.split(".")[0])
def test_golden_case(before, golden):
    folder, _ = golden
    after = before.with_name(before.name.replace("before", "after")).read_text()

    assert (folder / before.name.replace(".before", "")).read_text() == after
    variables = {"fast": False, "one": True, "debug": False, "version": (2, 0)}
    if "import *" not in before.read_text():
        assert names_used(after, **variables) == names_used(before.read_text(), **variables)


@pytest.mark.parametrize("before", FUNCTIONAL, ids=lambda path: path.name.split(".")[0])
def test_what_is_written_for_modules_gives_the_same_result(before, golden):
    folder, _ = golden
    migrated = folder / before.name.replace(".before", "")
    after = before.with_name(before.name.replace("before", "after"))
    assert migrated.read_text() == after.read_text()
    legacy = re.search(r"(?<!torch\._)functorch", after.read_text())
    assert bool(legacy) == (before.name == "a_child.before.py")

    results = []
    for script in (before, after):
        namespace = {"__name__": "legacy"}
        exec(compile(script.read_text(), script, "exec"), namespace)
        results.append(namespace["result"])
    expected, actual = ([x for x in r if not isinstance(x, str)] for r in results)
    assert_same(*(as_tensors(r) for r in (actual, expected)))
    assert [x for x in results[0] if isinstance(x, str)] == [
        x for x in results[1] if isinstance(x, str)
    ]


def as_tensors(result):
    return torch.utils._pytree.tree_map(torch.as_tensor, result)


def test_a_second_run_changes_nothing(golden):
    folder, first = golden
    before = {path: path.read_bytes() for path in folder.iterdir()}

    second = migrate("--write", folder=folder, check=1)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    # The second run lists the same uses at the same places.
    first, second = (re.findall(r"^\S+:\d+:\d+: .*", run.stderr, re.M) for run in (first, second))
    assert first == second


def test_the_uses_left_are_those_that_the_audit_then_finds(golden):
    folder, result = golden
    listed = re.findall(r"^(\w+\.py):\d+:\d+: ([\w.]+): (.*): use ", result.stderr, re.M)

    assert sorted((path, name) for path, name, _ in listed) == sorted(
        (path, name) for path, name, _ in audited(folder)
    )
    reasons = {path: {why for p, _, why in listed if p == path} for path, _, _ in listed}
    assert "fallbacks.py" not in reasons
    assert reasons["still_needed.py"] >= {
        "a string names it",
        "the code assigns to it or deletes it",
    }
    assert reasons["names_for_a_person.py"] == {
        "something still needs it on line 9",
        "another call",
        "nothing takes its place",
    }
    for name in {name for _, name, kind in audited(folder) if kind == "rewrite"} & {*LEGACY_API}:
        assert LEGACY_API[name].recipe.splitlines()[0] in result.stderr


def test_by_default_it_prints_a_patch_and_changes_nothing(tmp_path):
    legacy = "import functorch\nimport torch\nfunctorch.vjp(f, x)\nfunctorch.dim\n"
    (tmp_path / "legacy.py").write_text(legacy)
    (tmp_path / "no_newline.py").write_text("x = 1\nimport functorch")

    result = migrate(folder=tmp_path, check=1)
    assert (tmp_path / "legacy.py").read_text() == legacy
    assert "legacy.py:4:1: functorch.dim: nothing takes its place" in result.stderr
    assert "2 uses in 2 files would be rewritten" in result.stderr

    subprocess.run(["git", "apply"], input=result.stdout, text=True, cwd=tmp_path, check=True)
    assert "torch.func.vjp(f, x)" in (tmp_path / "legacy.py").read_text()
    assert (tmp_path / "no_newline.py").read_text() == "x = 1"


def test_it_exits_with_0_if_nothing_is_left_to_do(tmp_path):
    (tmp_path / "legacy.py").write_text("from functorch import vjp\n")

    assert migrate("--write", folder=tmp_path, check=0).stdout == ""
    assert migrate(folder=tmp_path, check=0).stderr == "No uses of legacy names.\n"
    assert audited(tmp_path) == []


def test_an_unreadable_file_is_listed_and_the_others_are_rewritten(tmp_path):
    (tmp_path / "broken.py").write_text("import functorch\ndef\n")
    (tmp_path / "good.py").write_text("from functorch import vjp\n")

    assert "broken.py: unreadable: line 2" in migrate("--write", folder=tmp_path, check=2).stderr
    assert (tmp_path / "good.py").read_text() == "from torch.func import vjp\n"


def test_a_declaration_is_left_for_a_person(tmp_path):
    (tmp_path / "requirements.txt").write_text("torch\nfunctorch==1.13\n")

    said = migrate("--write", folder=tmp_path, check=1).stderr
    assert "requirements.txt:2:1: functorch: remove it" in said


@pytest.mark.parametrize(
    ("missing", "named"), [(["libcst"], "LibCST"), (["ruff", "libcst"], "LibCST and ruff")]
)
def test_missing_projects_are_named_at_once(missing, named, monkeypatch, capsys):
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)

    assert cli.main(["migrate"]) == 2
    assert capsys.readouterr().err == (
        f"functorch-compat migrate: needs {named}: pip install 'functorch-compat[migrate]'\n"
    )


def test_pipes_and_sockets_are_skipped(tmp_path, monkeypatch, capsys):
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "legacy.py").write_text("from functorch import vjp\nx = 1\n")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("socket.py")
        for arguments in (["legacy.py", "pipe.py", "socket.py"], []):
            assert cli.main(["migrate", "--write", *arguments]) == 0
    assert (tmp_path / "legacy.py").read_text() == "x = 1\n"
    said = "1 use in 1 file rewritten.\nNo uses of legacy names.\n"
    assert capsys.readouterr().err == said


def test_after_ctrl_c_it_says_how_many_files_are_rewritten(tmp_path, monkeypatch, capsys):
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("from functorch import vjp\n")

    def stop(self, target):
        if Path(target).name == "two.py":
            raise KeyboardInterrupt
        return os.replace(self, target)

    monkeypatch.setattr(Path, "replace", stop)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate", "--write"]) == 130
    said = capsys.readouterr().err
    assert said == "functorch-compat migrate: interrupted: 1 file rewritten so far\n"
    assert (tmp_path / "two.py").read_text() == "from functorch import vjp\n"
    assert {path.name for path in tmp_path.iterdir()} == {"one.py", "two.py"}


@pytest.mark.parametrize(
    ("option", "after"),
    [
        ((), "from torch.func import vjp\n"),
        (("--keep-fallbacks",), FALLBACK),
    ],
)
def test_a_fallback_goes_unless_an_option_keeps_it(option, after, tmp_path, monkeypatch, capsys):
    (tmp_path / "legacy.py").write_text(FALLBACK)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write", *option]) == (1 if option else 0)
    assert (tmp_path / "legacy.py").read_text() == after
    assert ("a fallback between releases" in capsys.readouterr().err) == bool(option)


def test_an_unused_name_is_removed(tmp_path, monkeypatch):
    kept = "from torch.func import grad  # noqa: F401\n"
    before = (
        f"from functorch import make_functional, vjp\n{kept.replace('torch.func', 'functorch')}"
    )
    (tmp_path / "legacy.py").write_text(f"{before}x = 1\n")
    (tmp_path / "__init__.py").write_text("from functorch import vjp\nx = 1\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    assert (tmp_path / "legacy.py").read_text() == f"{kept}x = 1\n"
    assert (tmp_path / "__init__.py").read_text() == "from torch.func import vjp\nx = 1\n"


@pytest.mark.parametrize(
    ("importer", "stays"),
    [
        ("from package.utils import *", True),
        ("from .utils import (\n    f,\n    vjp as g,\n)", True),
        ("from package import utils as u\nu.vjp", True),
        ("from package.utils import f  # not vjp", False),
        ("import os, package.utils as u\nu.vjp", True),
        ("import utils_of_others\nutils_of_others.vjp", False),
    ],
)
@pytest.mark.parametrize("suffix", ["py", "ipynb"])
def test_an_unused_name_stays_if_another_file_may_import_it(
    importer, stays, suffix, tmp_path, monkeypatch
):
    (tmp_path / "utils.py").write_text("from functorch import vjp\nf = 1\n")
    written = notebook_of(cell(importer), indent=1) if suffix == "ipynb" else importer
    (tmp_path / f"main.{suffix}").write_text(written)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    after = "from torch.func import vjp\nf = 1\n" if stays else "f = 1\n"
    assert (tmp_path / "utils.py").read_text() == after


def test_a_patch_target_changes_if_code_uses_the_name(tmp_path, monkeypatch, capsys):
    (tmp_path / "code.py").write_text("import functorch\nfunctorch.vjp(f, x)\n")
    patches = "patch('{}.vjp')\npatch('functorch.grad')\n"
    (tmp_path / "test_code.py").write_text(patches.format("functorch"))
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 1
    assert (tmp_path / "test_code.py").read_text() == patches.format("torch.func")
    assert "test_code.py:2:8: functorch.grad: a string names it" in capsys.readouterr().err


def test_uses_left_are_listed_at_their_new_places(tmp_path, monkeypatch, capsys):
    (tmp_path / "legacy.py").write_text(
        "from functorch import FunctionalModule, vjp\nmodule = FunctionalModule(vjp)\n"
        "ft = functorch = __import__('functorch')\nft.vjp\n"
    )
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 1
    listed = [line.rpartition(": use ")[0] for line in capsys.readouterr().err.splitlines()[:3]]
    assert listed == [
        "legacy.py:1:23: functorch.FunctionalModule: another call",
        "legacy.py:4:18: functorch: a call names it",
        "legacy.py:5:1: functorch.vjp: no import gives it this name",
    ]


def test_without_a_path_the_settings_give_the_paths(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[tool.functorch-compat]\npaths = ['src']\n")
    (tmp_path / "src").mkdir()
    for folder in (tmp_path, tmp_path / "src"):
        (folder / "legacy.py").write_text("from functorch import vjp\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    assert (tmp_path / "src/legacy.py").read_text() == "from torch.func import vjp\n"
    assert (tmp_path / "legacy.py").read_text() == "from functorch import vjp\n"


@pytest.mark.parametrize("suffix", ["py", "ipynb"])
def test_sorted_imports_stay_sorted(suffix, tmp_path, monkeypatch):
    """Imports that were not sorted stay as they were."""
    imports = "from functorch import combine_state_for_ensemble as combine\n"
    unsorted = "import sys\nimport os\n"
    use = "result = [combine(models) for models in (1, 2)]"
    if suffix == "ipynb":
        written = notebook_of(cell(unsorted), cell(f"{imports}\n{use}"), indent=1)
    else:
        written = f"{unsorted}\n\ndef f():\n    {imports}\n    {use}\n"
    file = tmp_path / f"legacy.{suffix}"
    file.write_text(written)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    after = file.read_text()
    code = "".join(json.loads(after)["cells"][1]["source"]) if suffix == "ipynb" else after
    new = "import copy\n\nfrom torch.func import functional_call, stack_module_state\n"
    assert new in code.replace("\n    ", "\n")
    assert unsorted.replace("\n", "\\n" if suffix == "ipynb" else "\n")[:11] in after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from functorch.einops import rearrange\nrearrange",
            "from einops import rearrange\nrearrange",
        ),
        ("from functorch import einops\neinops.rearrange", "import einops\neinops.rearrange"),
        ("import functorch.einops as e\ne.rearrange", "import einops as e\ne.rearrange"),
        ("import functorch\nfunctorch.einops.rearrange", "import einops\neinops.rearrange"),
    ],
)
def test_einops_comes_from_its_own_project(before, after, tmp_path, monkeypatch, capsys):
    (tmp_path / "legacy.py").write_text(before)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    assert (tmp_path / "legacy.py").read_text() == after
    assert "The new code needs the PyPI project einops." in capsys.readouterr().err


def test_in_annotations_a_tensor_with_dims_becomes_a_tensor(tmp_path, monkeypatch):
    code = "from {} import Tensor\n\ndef f(x: Tensor) -> Tensor: ...\n"
    (tmp_path / "legacy.py").write_text(code.format("functorch.dim"))
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 0
    assert (tmp_path / "legacy.py").read_text() == code.format("torch")


@pytest.mark.parametrize(
    "code",
    [
        "from functorch.dim import Tensor\n\ndef f(x: Tensor): return Tensor(x)\n",
        "import functorch\neinops = 1\nfunctorch.einops.rearrange\n",
    ],
    ids=["a value of a class with dims", "a name that is taken"],
)
def test_what_would_mean_something_else_stays(code, tmp_path, monkeypatch):
    (tmp_path / "legacy.py").write_text(code)
    monkeypatch.chdir(tmp_path)

    assert cli.main(["migrate", "--write"]) == 1
    assert (tmp_path / "legacy.py").read_text() == code


def test_it_imports_no_torch(tmp_path):
    (tmp_path / "torch.py").write_text("raise SystemExit('torch is imported')")
    (tmp_path / "legacy.py").write_text("from functorch import vjp\n")

    migrate("--write", "legacy.py", folder=tmp_path, check=0)


def test_encoding_and_newlines_stay(tmp_path):
    encodings = {"utf-8": "# ä", "utf-8-sig": "# ä", "latin-1": "# -*- coding: latin-1 -*-"}
    expected = {}
    for (encoding, first), newline in product(encodings.items(), ["\n", "\r\n", "\r"]):
        lines = [first, "import functorch", "from functorch import vjp, make_fx"]
        new = [
            *(first, "import torch", "from torch.func import vjp"),
            "from torch.fx.experimental.proxy_tensor import make_fx",
        ]
        for end in ("", newline):
            file = tmp_path / f"legacy{len(expected)}.py"
            legacy = newline.join([*lines, "'ü'; functorch.grad(f)", "# é"]) + end
            file.write_bytes(legacy.encode(encoding))
            after = newline.join([*new, "'ü'; torch.func.grad(f)", "# é"]) + end
            expected[file] = after.encode(encoding)

    migrate("--write", folder=tmp_path, check=0)

    assert {file: file.read_bytes() for file in expected} == expected


def test_the_mode_stays_and_a_link_stays_a_link(tmp_path):
    (tmp_path / "a_link.py").symlink_to("legacy.py")
    legacy = "from functorch import vjp\nimport functorch.dim\nvjp(functorch.dim)\n"
    (tmp_path / "legacy.py").write_text(legacy)
    (tmp_path / "legacy.py").chmod(0o751)

    said = migrate("--write", folder=tmp_path, check=1).stderr
    assert (tmp_path / "a_link.py").is_symlink()
    assert (tmp_path / "legacy.py").read_text().startswith("from torch.func import vjp\n")
    assert (tmp_path / "legacy.py").stat().st_mode & 0o777 == 0o751
    assert "1 use in 1 file rewritten" in said
    assert {path.name for path in tmp_path.iterdir()} == {"a_link.py", "legacy.py"}


def test_a_file_that_cannot_be_written_stays_whole(tmp_path, monkeypatch, capsys):
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("from functorch import vjp\n")

    def fail(self, target):
        if Path(target).name == "one.py":
            raise OSError(28, "No space left on device")
        return os.replace(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["migrate", "--write"]) == 2
    assert "one.py: unwritable: No space left on device" in capsys.readouterr().err
    assert (tmp_path / "one.py").read_text() == "from functorch import vjp\n"
    assert (tmp_path / "two.py").read_text() == "from torch.func import vjp\n"
    assert {path.name for path in tmp_path.iterdir()} == {"one.py", "two.py"}


def cell(source, kind="code"):
    outputs = {"execution_count": 7, "outputs": [{"text": ["functorch.vjp\n"]}]}
    return {
        "cell_type": kind,
        "metadata": {},
        "source": source,
        **(outputs if kind == "code" else {}),
    }


def notebook_of(*cells, **options):
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, **options
    )


@pytest.mark.parametrize(
    "layout",
    [{"indent": 1, "ensure_ascii": False}, {"indent": None}, {"indent": "\t", "sort_keys": True}],
)
def test_in_a_notebook_only_the_code_changes(layout, tmp_path):
    def notebook(vjp, *imports):
        return notebook_of(
            cell(["# functorch.vjp\n", "from functorch import vjp ä"], "markdown"),
            cell(["%matplotlib inline\n", *imports]),
            cell("%%bash\npython -c 'import functorch'"),
            cell(
                ["%%time\n", "!pip install functorch\n", f'y = {vjp}(f, x)  # "ü"\n', "y?\n", "y"]
            ),
            cell(f"for _ in range(3):\n    print({vjp})"),
            **layout,
        )

    file = tmp_path / "legacy.ipynb"
    file.write_text(notebook("functorch.vjp", "import functorch\n", "import torch"), "utf-8")

    said = migrate("--write", folder=tmp_path, check=1).stderr
    assert file.read_text("utf-8") == notebook("torch.func.vjp", "import torch")
    assert said.startswith("legacy.ipynb:cell 4:2:14: functorch: remove it")
    assert "1 use left for a person" in said


def test_an_import_stays_if_a_magic_uses_it(tmp_path):
    file = tmp_path / "legacy.ipynb"
    file.write_text(notebook_of(cell("import functorch"), cell("%timeit functorch.vjp(f, x)")))
    before = file.read_text()

    said = migrate("--write", folder=tmp_path, check=1).stderr
    assert "legacy.ipynb:cell 1:1:8: functorch: others may import it from there" in said
    assert file.read_text() == before


def test_a_cell_that_only_imports_stays_as_an_empty_cell(tmp_path):
    file = tmp_path / "legacy.ipynb"
    file.write_text(notebook_of(cell(["import functorch"]), cell("import torch"), indent=1))

    migrate("--write", folder=tmp_path, check=0)
    assert file.read_text() == notebook_of(cell([""]), cell("import torch"), indent=1)


def test_an_unused_import_stays_in_an_init_file(tmp_path):
    (tmp_path / "__init__.py").write_text("import functorch\nfrom functorch import vjp\n")
    (tmp_path / "unused.py").write_text("import functorch\n")

    said = migrate("--write", folder=tmp_path, check=1).stderr
    assert (tmp_path / "__init__.py").read_text() == (
        "import functorch\nfrom torch.func import vjp\n"
    )
    assert (tmp_path / "unused.py").read_text() == ""
    assert "__init__.py:1:8: functorch: others may import it from there" in said


def test_a_function_keeps_its_view_of_a_global_torch(tmp_path):
    """An import of torch in the function would leave torch unbound on the line before it."""
    legacy = """\
if fast:
    import torch

def f(x):
    y = torch.sin(x)
    import functorch.compile
    return functorch.compile.config.of(y)
"""
    (tmp_path / "legacy.py").write_text(legacy)

    said = migrate("--write", folder=tmp_path, check=1).stderr
    assert (tmp_path / "legacy.py").read_text() == legacy
    assert "torch means something else there" in said


def test_a_terminal_shows_a_bar_after_one_second(monkeypatch, capsys):
    seconds = iter([0, 0.5, 1.5, 2.5, 0, 0.5])
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    assert list(report.progress(["a.py", "b.py", "c.py"])) == ["a.py", "b.py", "c.py"]
    first, second, cleared = capsys.readouterr().err.split("\r")[1:]
    assert (first, second) == (f"[{'#' * 10:30}] 1 of 3 files", f"[{'#' * 20:30}] 2 of 3 files")
    assert cleared == "\x1b[K"

    assert list(report.progress(["a.py"])) == ["a.py"]
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=st.sampled_from(["legacy.py", "legacy.ipynb"]), content=st.binary())
def test_no_bytes_make_it_fail(name, content, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    before = b"import functorch\nfunctorch.vjp\n" + content
    (tmp_path / name).write_bytes(before)

    status = cli.main(["migrate", "--write"])
    said = capsys.readouterr().err
    after = (tmp_path / name).read_bytes()
    assert status == (2 if "unreadable" in said else 1 if "left for a person" in said else 0)
    assert (after == before) == (status == 2 or "rewritten" not in said)


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_migrated_script_prints_the_same_without_the_shim(script, tmp_path, python_without_shim):
    migrated = tmp_path / script.name
    migrated.write_text(script.read_text())
    migrate("--write", migrated, folder=tmp_path)

    # Torch itself may use its own deprecated functions. Only the script must not.
    strict = ("-W", "ignore", "-W", "error::DeprecationWarning:__main__")
    after = python_without_shim(*strict, migrated).stdout
    assert after == printed_by(script) != ""


# From here on, hypothesis makes the modules.

RENAMES = ["vjp", "grad", "vmap", "make_fx", "experimental.jvp", "compile.aot_function"]
STRINGS = ["'functorch.vjp'", "patch('functorch.vjp')", "patch.object(functorch, 'grad')"]
PEOPLE = ["FunctionalModule", "dim.dims"]


@st.composite
def an_import(draw):
    """Draw an import in one of many layouts, and a dict from the names it binds to full names."""
    kinds = ["module", "module", "submodule", "from", "from", "torch", "star"]
    kind = draw(st.sampled_from(kinds))
    if kind == "star":
        return "from functorch import *", {name: f"functorch.{name}" for name in ("vjp", "grad")}
    if kind == "module":
        local = draw(st.sampled_from(["functorch", "ft"]))
        return "import functorch" + (f" as {local}" if local != "functorch" else ""), {
            local: "functorch"
        }
    if kind == "submodule":
        module = draw(st.sampled_from(["functorch.compile", "functorch.experimental"]))
        form = draw(st.sampled_from(["plain", "as", "from"]))
        if form == "plain":
            return f"import {module}", {"functorch": "functorch"}
        text = f"import {module} as exp"
        if form == "from":
            text = f"from functorch import {module.rpartition('.')[2]} as exp"
        return text, {"exp": module}
    if kind == "torch":
        return draw(st.sampled_from(["import torch", "import os, torch", "import torch.nn"])), {
            "torch": "torch"
        }
    names = draw(
        st.lists(st.sampled_from(["vjp", "grad", "make_fx", "FunctionalModule"]), min_size=1)
    )
    aliases = [draw(st.sampled_from(["", "", " as vjp", " as ft", " as _g"])) for _ in names]
    parts = [f"{name}{alias}" for name, alias in zip(names, aliases)]
    bound = {
        (alias.rpartition(" ")[2] or name): f"functorch.{name}"
        for name, alias in zip(names, aliases)
    }
    layout = draw(st.sampled_from(["{}", "({})", "(\n{indent}    {},  # c\n{indent})", "({} ,)"]))
    comma = draw(st.sampled_from([", ", " ,", ",  # why\n        "])) if "(" in layout else ", "
    listed = layout.replace("{}", comma.join(parts))
    return "from functorch import " + listed, bound


@st.composite
def a_block(draw, bound, depth):
    """Draw the lines of a module or of a function. Most names in it are bound before their use."""
    lines, bound = [], dict(bound)
    for _ in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(["import", "import", "use", "use", "use", "def", "other"]))
        if kind == "import":
            text, binds = draw(an_import())
            lines += text.replace("{indent}", "").split("\n")
            lines[-1] += draw(st.sampled_from(["", "", "  # noqa: F401", "; y = 1"]))
            bound.update(binds)
        elif kind == "use":
            use = draw(a_use(bound))
            form = draw(st.sampled_from(["{}", "y = [{} for _ in '1']", "(lambda ft: {})(f)"]))
            lines.append(form.format(use) if "ft" not in use else use)
        elif kind == "def" and depth:
            parameter = draw(st.sampled_from(["y", "y", "functorch", "vjp", "torch"]))
            inside = {name: what for name, what in bound.items() if name != parameter}
            body = draw(a_block(inside, depth - 1))
            lines += [f"def g({parameter}):", *(f"    {line}" for line in body), "g(x)"]
        else:
            statement = draw(
                st.sampled_from(
                    ["# functorch.vjp", *STRINGS, "if x:", "y = f", "", "ft = f", "try:"]
                )
            )
            lines.append(statement)
            if statement.endswith(":"):
                lines += [f"    {line}" for line in draw(a_block(bound, 0))]
            if statement == "try:":
                lines += [draw(st.sampled_from(["finally:", "except ImportError:"])), "    y = f"]
    return lines


@st.composite
def a_use(draw, bound):
    """Draw a call, usually of a name that is bound."""
    modules = [(local, what) for local, what in bound.items() if what in ("functorch",)]
    names = [local for local, what in bound.items() if what.count(".") == 1 and what[-1] != "l"]
    if modules and draw(st.booleans()):
        local, _ = draw(st.sampled_from(modules))
        layout = draw(
            st.sampled_from(["{}.{}", "{}.{}", "({}).{}", "{} . {}", "{}.\\\n        {}"])
        )
        return layout.format(local, draw(st.sampled_from([*RENAMES, *RENAMES, *PEOPLE]))) + "(f)"
    if bound.get("exp") == "functorch.experimental":
        return "exp.functionalize(f)"
    if bound.get("exp") == "functorch.compile":
        return "exp.nop(f)"
    return f"{draw(st.sampled_from([*names, 'f']))}(f)"


def rewritten(code):
    return apply(code, rewrite(code, AllOffsets()).edits).text


def skeleton(code):
    """Return the lines of the code without imports, with only the last part of dotted names."""
    lines = code.split("\n")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for number in range(node.lineno - 1, node.end_lineno):
                start = node.col_offset if number == node.lineno - 1 else 0
                end = node.end_col_offset if number == node.end_lineno - 1 else None
                blank = " " * len(lines[number][start:end])
                lines[number] = lines[number][:start] + blank + (lines[number][end:] if end else "")
    text = re.sub(r"[\s\\]*\.[\s\\]*", ".", "\n".join(lines))
    text = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", re.sub(r"\((\w+)\)\.", r"\1.", text))
    stripped = (line.replace("# noqa: F401", "").strip(" ;") for line in text.split("\n"))
    return [line for line in stripped if line not in ("", "pass")]


@pytest.mark.slow
@settings(deadline=None)
@given(st.data())
def test_in_any_module_only_the_names_change(data):
    code = "\n".join(data.draw(a_block({}, depth=2))) + "\n"
    try:
        before = names_used(code)
    except SyntaxError:
        assume(False)
    except (NameError, AttributeError, TypeError) as error:
        before = type(error)
    event("runs" if isinstance(before, list) else "does not run")
    after = rewritten(code)

    ast.parse(after, feature_version=(3, 9))
    if isinstance(before, list):
        assert names_used(after) == before
    assert rewritten(after) == after
    # Without imports, passes and the names themselves, both codes are equal.
    assert skeleton(after) == skeleton(code)
