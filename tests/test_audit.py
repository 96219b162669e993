"""``functorch-compat audit`` finds each use, and says what it could not read."""

import json
import os
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import jsonschema
import pytest
from conftest import ROOT, run_command, run_python
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functorch_compat import cli
from functorch_compat.audit import installed
from functorch_compat.legacy_api import LEGACY_API

# Each line that uses functorch, and after the arrow what is found in it: column, name, kind.
SOURCE = """\
import functorch  # -> 8 functorch rename
import functorch as ft, os  # -> 8 functorch rename
import functorch.compile  # -> 8 functorch.compile rename
import functorch._src.vmap  # -> 8 functorch._src.vmap rename
from functorch import vjp, vmap as vm  # -> 23 functorch.vjp rename, 28 functorch.vmap rename
from functorch.compile import nop  # -> 31 functorch.compile.nop rename
from functorch.experimental import control_flow, chunk_vmap  # -> \
36 functorch.experimental.control_flow rename, 50 functorch.experimental.chunk_vmap rewrite
from functorch import *  # -> 1 functorch rename
from functorch.dim import dims, Dim  # -> 27 functorch.dim none, 33 functorch.dim none
functorch.make_functional(model)  # -> 1 functorch.make_functional rewrite
y = ft.grad(f)  # -> 5 functorch.grad rename
functorch.compile.aot_function  # -> 1 functorch.compile.aot_function rename
control_flow.cond(p, f, g, [x])  # -> 1 functorch.experimental.control_flow.cond rename
"ä"; import functorch  # -> 13 functorch rename
importlib.import_module("functorch")  # -> 1 functorch rename
"ä"; pytest.importorskip("functorch.compile")  # -> 6 functorch.compile rename
m = __import__(name="functorch")  # -> 5 functorch rename
importlib.util.find_spec("functorch")  # -> 1 functorch rename
importlib.import_module(".dim", package="functorch")  # -> 1 functorch.dim none
vjp(f, x)
functorch.vjp(f, x)  # noqa: TID251
functorch.vjp(f, x)  # noqa  # -> 1 functorch.vjp rename
importlib.import_module("functorch")  # noqa: E501, TID251
importlib.import_module("functorch_compat")
import functorch_compat, torch.func
"functorch.vjp"  # functorch.vjp
def f(functorch): functorch.vjp
"""


def audit(*arguments, folder, check=None):
    return run_command("audit", *arguments, folder=folder, check=check)


def findings(*arguments, folder, check=1):
    printed = audit(*arguments, "--format=json", folder=folder, check=check).stdout
    return json.loads(printed)["findings"]


def run(monkeypatch, capsys, folder, *arguments):
    """Exit status and JSON of an audit in a folder, by the command but in this process."""
    monkeypatch.chdir(folder)
    capsys.readouterr()
    status = cli.main(["audit", "--format=json", *map(str, arguments)])
    return status, json.loads(capsys.readouterr().out)


def expected_of(source):
    for number, line in enumerate(source.splitlines(), 1):
        for found in line.partition("# -> ")[2].split(", ") if "# -> " in line else ():
            column, name, kind = found.split()
            yield number, int(column), name, kind


def test_each_use_is_found_once_where_it_is(tmp_path):
    (tmp_path / "legacy.py").write_text(SOURCE, encoding="utf-8")

    found = findings(folder=tmp_path)

    assert [(f["line"], f["column"], f["name"], f["kind"]) for f in found] == [*expected_of(SOURCE)]
    assert {(f["path"], f["cell"]) for f in found} == {("legacy.py", None)}
    for finding in found:
        if finding["name"] in LEGACY_API:
            assert finding["replacement"] == LEGACY_API[finding["name"]].replacement


@pytest.mark.parametrize("name", LEGACY_API)
def test_every_name_of_the_table_is_found(name, tmp_path, monkeypatch, capsys):
    module, _, attribute = name.rpartition(".")
    (tmp_path / "imported.py").write_text(f"from {module} import {attribute}\n")
    (tmp_path / "used.py").write_text(f"import {module}\n{name}\n")
    monkeypatch.chdir(tmp_path)

    assert cli.main(["audit", "--format=json"]) == 1

    found = json.loads(capsys.readouterr().out)["findings"]
    places = [(f["path"], f["line"], f["column"]) for f in found if f["name"] == name]
    assert places == [("imported.py", 1, len(f"from {module} import ") + 1), ("used.py", 2, 1)]
    api = LEGACY_API[name]
    assert {(f["replacement"], f["kind"]) for f in found if f["name"] == name} == {
        (api.replacement, api.kind)
    }


def notebook(*cells):
    kinds = [("markdown" if cell.startswith("#") else "code", cell) for cell in cells]
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": kind,
                    "metadata": {},
                    "source": cell.splitlines(keepends=True),
                    **({"outputs": [], "execution_count": None} if kind == "code" else {}),
                }
                for kind, cell in kinds
            ],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def test_notebooks_with_magics(tmp_path):
    (tmp_path / "legacy.ipynb").write_text(
        notebook(
            "%%time\nimport functorch",
            "# import functorch",
            "%matplotlib inline\nfiles = !ls\nfunctorch.vjp(f, x)",
            "!pip install functorch\nif True:\n    %time pass\n    __import__('functorch')",
            "%%bash\nimport functorch",
        )
    )

    found = findings(folder=tmp_path)

    places = [(f["cell"], f["line"], f["column"], f["name"]) for f in found]
    assert places == [
        (1, 2, 8, "functorch"),
        (3, 3, 1, "functorch.vjp"),
        (4, 1, 14, "functorch"),
        (4, 4, 5, "functorch"),
    ]


DECLARATIONS = {
    "requirements-dev.txt": (
        "-r other.txt\n# functorch\ntorch\nFunctorch[x]==0.2.1 ; python_version<'4' # old\n"
        "functorch-extras\ngit+https://example.org/functorch\n",
        [(4, 1)],
    ),
    "pyproject.toml": (
        '[build-system]\nrequires = ["functorch"]\n[project]\nname = "functorch"\n'
        'keywords = ["functorch"]\ndependencies = [\n  "torch",\n  "functorch>=0.2",\n]\n'
        '[project.optional-dependencies]\nall = ["functorch==1"]\n'
        '[tool.poetry.dependencies]\nfunctorch = "^0.2"\n',
        [(2, 14), (8, 4), (11, 9), (13, 1)],
    ),
    "setup.cfg": (
        "[metadata]\nname = functorch\n[options]\ninstall_requires =\n  torch\n  functorch>0\n"
        "[options.extras_require]\nall = functorch\n",
        [(6, 3), (8, 7)],
    ),
    "environment.yml": (
        "name: functorch\ndependencies:\n  - conda-forge::functorch=0.2=py_0\n  - pip\n"
        "  - pip:\n    - functorch==0.2\n    - torch\n",
        [(3, 18), (6, 7)],
    ),
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_declared_dependencies(name, tmp_path):
    text, places = DECLARATIONS[name]
    (tmp_path / "inner").mkdir()
    file = tmp_path / "inner" / name
    file.write_text(text)

    for arguments in ((), (file,)):
        found = findings(*arguments, folder=tmp_path)
        assert [(f["line"], f["column"]) for f in found] == places
        assert {(f["name"], f["replacement"], f["kind"]) for f in found} == {
            ("functorch", "", "none")
        }


def test_the_users_settings_of_ruff_do_not_matter(tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ruff]\nexclude = ["*.py"]\nlint.ignore = ["ALL"]\nrequired-version = "==0.0.1"\n'
    )
    (tmp_path / "legacy.py").write_text("import functorch\n")

    assert len(findings(folder=tmp_path)) == 1


def test_what_is_not_the_users_code_is_left_out(tmp_path):
    for folder in (".venv", "node_modules", "ignored", "build", ".github", "own"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "legacy.py").write_text("import functorch\n")
    (tmp_path / ".venv" / "requirements.txt").write_text("functorch\n")
    (tmp_path / ".gitignore").write_text("/ignored/\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)

    found = findings(folder=tmp_path)
    assert [f["path"] for f in found] == [f"{d}/legacy.py" for d in (".github", "build", "own")]
    # What is named is audited.
    assert len(findings(".venv", "ignored/legacy.py", folder=tmp_path)) == 3
    assert len(findings("ignored", folder=tmp_path)) == 1
    assert len(findings(folder=tmp_path / "ignored")) == 1


def test_syntax_of_every_python_is_read(tmp_path):
    (tmp_path / "new.py").write_text(
        "import functorch\ntype X[T] = list[T]\nprint(f\"{'a' + f'{'b'}'}\")\n"
    )

    assert len(findings(folder=tmp_path)) == 1


UNREADABLE = {
    "latin.py": (b"import functorch\n# \xe9\n", "not UTF-8"),
    "lies.py": (b"# coding: ascii\nimport functorch\n# \xe9\n", "not UTF-8"),
    "no_codec.py": (b"# coding: rot13\nimport functorch\n# \xe9\n", "not UTF-8"),
    "syntax.py": (b"import functorch\ndef f(:\n", "line 2"),
    "nul.py": (b"import functorch\0\n", "line 1"),
    "not_json.ipynb": (b'{"functorch', "line 1"),
    "no_cells.ipynb": (b'{"functorch": 1}', ""),
    "latin.ipynb": (b'{"cells": ["functorch \xe9"]}', "not UTF-8"),
    "pyproject.toml": (b"functorch = ", "not TOML"),
    "setup.cfg": (b"functorch", "not an INI file"),
    "environment.yml": (b"functorch: [", "not YAML"),
    "requirements.txt": (b"functorch \xe9", "not UTF-8"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_listed(name, tmp_path):
    data, reason = UNREADABLE[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "legacy.py").write_text("import functorch\n")

    result = audit("--format=json", folder=tmp_path, check=2)

    printed = json.loads(result.stdout)
    assert [unreadable["path"] for unreadable in printed["unreadable"]] == [name]
    assert reason in printed["unreadable"][0]["reason"]
    assert [finding["path"] for finding in printed["findings"]] == ["legacy.py"]


def test_what_is_no_regular_file_is_passed_over(tmp_path, monkeypatch, capsys):
    (tmp_path / "link.py").symlink_to("nowhere.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "real.py").write_text("import functorch\n")
    (tmp_path / "also.py").symlink_to("real.py")

    status, printed = run(monkeypatch, capsys, tmp_path)

    assert (status, printed["unreadable"]) == (1, [])
    assert [f["path"] for f in printed["findings"]] == ["real.py"]


def test_another_encoding_with_a_coding_line_is_read(tmp_path):
    text = "# coding: latin-1\né = 1\nimport functorch; __import__('functorch')\n"
    (tmp_path / "latin.py").write_bytes(text.encode("latin-1"))

    found = findings(folder=tmp_path)

    assert [(f["line"], f["column"]) for f in found] == [(3, 8), (3, 19)]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "legacy.py").write_text(
        "from functorch import vjp, make_functional\nvjp(f, x)\nimport functorch.dim\n"
    )
    (tmp_path / "a,b: 1%.py").write_text("import functorch\n")
    (tmp_path / "old.ipynb").write_text(notebook("x = 1", "import functorch"))
    (tmp_path / "broken.py").write_text("def functorch\n")
    (tmp_path / "requirements.txt").write_text("functorch\n")
    return tmp_path


def test_text(project):
    printed = audit(folder=project, check=2).stdout
    assert re.sub("(unreadable: line 1: Expected).*", r"\1 …", printed) == (
        "a,b: 1%.py:1:8: functorch: use torch.func\n"
        "legacy.py:1:23: functorch.vjp: use torch.func.vjp\n"
        "legacy.py:1:28: functorch.make_functional: rewrite it with torch.func.functional_call\n"
        "legacy.py:3:8: functorch.dim: nothing takes its place; torch.func.vmap comes closest\n"
        "old.ipynb:cell 2:1:8: functorch: use torch.func\n"
        "requirements.txt:1:1: depends on functorch, an empty package on PyPI today: remove it\n"
        "broken.py: unreadable: line 1: Expected …\n"
        "\n"
        "     2  functorch\n"
        "     1  functorch.vjp\n"
        "     1  functorch.make_functional\n"
        "     1  functorch.dim\n"
        "     1  functorch (dependency)\n"
        "     6  in all; `functorch-compat migrate` can rewrite at most 4\n"
        "\n"
        "1 file could not be read; --exclude leaves out, --write-baseline records.\n"
    )


def test_json(project):
    printed = json.loads(audit("--format=json", folder=project, check=2).stdout)

    assert list(printed) == ["version", "findings", "unreadable"]
    assert printed["version"] == 1
    assert printed["findings"][-2] == {
        "path": "old.ipynb",
        "line": 1,
        "column": 8,
        "cell": 2,
        "name": "functorch",
        "replacement": "torch.func",
        "kind": "rename",
        "how": "import",
    }
    dependency = printed["findings"][-1]
    assert (dependency["name"], dependency["how"]) == ("functorch", "declaration")
    (unreadable,) = printed["unreadable"]
    assert list(unreadable) == ["path", "reason", "cell"]


def test_github(project):
    lines = audit("--format=github", folder=project, check=2).stdout.splitlines()

    assert lines[0] == (
        "::error file=a%2Cb%3A 1%25.py,line=1,col=8,title=functorch::functorch: use torch.func"
    )
    assert lines[-3] == (
        "::error file=old.ipynb,title=functorch::cell 2, line 1: functorch: use torch.func"
    )
    assert lines[-1].startswith("::error file=broken.py,title=unreadable::line 1: Expected")


def test_sarif(project):
    printed = json.loads(audit("--format=sarif", folder=project, check=2).stdout)

    schema = json.loads((ROOT / "tests/data/sarif-schema-2.1.0.json").read_text())
    jsonschema.validate(printed, schema)
    (run,) = printed["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert [rules[result["ruleIndex"]] for result in run["results"]] == [
        result["ruleId"] for result in run["results"]
    ]
    first, *_, last, _ = (result["locations"][0]["physicalLocation"] for result in run["results"])
    assert first == {
        "artifactLocation": {"uri": "a%2Cb%3A%201%25.py"},
        "region": {"startLine": 1, "startColumn": 8},
    }
    assert last == {"artifactLocation": {"uri": "old.ipynb"}}
    (notification,) = run["invocations"][0]["toolExecutionNotifications"]
    assert "Expected" in notification["message"]["text"]


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_nothing_found_is_0(form, tmp_path):
    (tmp_path / "new.py").write_text("import torch.func\n")

    result = audit(f"--format={form}", folder=tmp_path, check=0)

    assert result.stderr == ""
    if form == "text":
        assert result.stdout == "No uses of legacy names.\n"
    elif form == "github":
        assert result.stdout == ""
    else:
        json.loads(result.stdout)


def test_without_ruff_it_says_what_to_install(tmp_path):
    (tmp_path / "ruff.py").write_text("raise ImportError\n")

    result = run_python("-m", "functorch_compat", "audit", check=False, PYTHONPATH=str(tmp_path))

    assert result.returncode == 2
    assert result.stderr == (
        "functorch-compat audit: needs ruff: pip install 'functorch-compat[audit]'\n"
    )


@pytest.mark.slow
def test_it_imports_no_torch(project):
    code = (
        "import sys; from functorch_compat.cli import main; main(['audit']); "
        "main(['audit', '--installed']); print('torch' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True
    )

    assert result.stdout.splitlines()[-1] == "False"


@pytest.fixture
def legacy(tmp_path):
    """Return a file with three uses, which are in ``baseline.json``."""
    file = tmp_path / "legacy.py"
    file.write_text("import functorch\nfunctorch.vjp(f, x)\nfunctorch.grad(f)\n")
    audit("--write-baseline=baseline.json", folder=tmp_path, check=0)
    return file


def test_what_is_in_the_baseline_is_not_new(legacy):
    result = audit("--baseline=baseline.json", folder=legacy.parent, check=0)

    assert result.stdout == "No new uses (3 in baseline.json).\n"
    assert result.stderr == ""


def test_a_line_that_moved_is_not_new(legacy):
    baseline = legacy.with_name("baseline.json")
    before = baseline.read_bytes()
    legacy.write_text("\n\nimport functorch\nfunctorch.grad(f)\n\n\n  \nfunctorch.vjp(f, x)\n")

    assert audit("--baseline=baseline.json", folder=legacy.parent, check=0).stderr == ""
    audit("--write-baseline=baseline.json", folder=legacy.parent, check=0)
    assert baseline.read_bytes() == before


def test_a_line_that_is_there_twice_is_new(legacy):
    with legacy.open("a") as file:
        file.write("functorch.vjp(f, x)\n")

    (new,) = findings("--baseline=baseline.json", folder=legacy.parent)
    assert (new["line"], new["name"]) == (4, "functorch.vjp")


def test_what_is_gone_is_told_and_does_not_make_up_for_what_is_new(legacy):
    legacy.write_text("import functorch\nfunctorch.vjp(g, x)\nfunctorch.grad(f)\n")

    result = audit("--baseline=baseline.json", folder=legacy.parent, check=1)
    assert "functorch.vjp" in result.stdout
    assert result.stderr.splitlines() == [
        "gone: legacy.py: functorch.vjp: functorch.vjp(f, x)",
        "baseline.json can shrink by 1: --write-baseline baseline.json writes it again",
    ]


def test_the_baseline_is_readable_and_keeps_its_mode(tmp_path):
    baseline = tmp_path / "baseline.json"
    baseline.write_text("old")
    baseline.chmod(0o600)
    for name in "ba":
        (tmp_path / f"{name}.py").write_text("import functorch\n" * 2)

    audit("--write-baseline", baseline, folder=tmp_path, check=0)

    entry = {"name": "functorch", "text": "import functorch", "count": 2}
    assert json.loads(baseline.read_text()) == {
        "version": 2,
        "findings": [{"path": "a.py", **entry}, {"path": "b.py", **entry}],
        "unreadable": [],
    }
    assert baseline.stat().st_mode & 0o777 == 0o600
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.slow
def test_installed_names_distribution_and_version(tmp_path):
    import torchopt

    found = findings("--installed", folder=tmp_path)
    of_torchopt = [f for f in found if f["distribution"] == f"torchopt {torchopt.__version__}"]

    assert "functorch.vjp" in {f["name"] for f in of_torchopt}
    for finding in of_torchopt:
        file = Path(torchopt.__file__).parent.parent / finding["path"]
        line = file.read_text().splitlines()[finding["line"] - 1]
        assert "functorch" in line[finding["column"] - 1 :]
    assert not [f for f in found if f["distribution"].startswith(("torch ", "functorch"))]


@pytest.mark.slow
def test_installed_reports_the_worst_first_and_what_is_required_and_suggests_no_rewrite(
    an_environment,
):
    for name, uses in (("few", 1), ("many", 3)):
        info = an_environment.site_packages / f"{name}-1.dist-info"
        info.mkdir()
        required = "Requires-Dist: functorch (==0.2)\n" if name == "few" else ""
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{required}"
        )
        (info / "RECORD").write_text(f"{name}.py,,\n{name}-1.dist-info/METADATA,,\n")
        (an_environment.site_packages / f"{name}.py").write_text("import functorch\n" * uses)

    result = an_environment.run(
        *("-m", "functorch_compat", "audit", "--installed"), check=False, PYTHONPATH=str(ROOT)
    )

    headings = [line for line in result.stdout.splitlines() if line.endswith(" of legacy names")]
    assert {*headings} >= {"many 1: 3 uses of legacy names", "few 1: 2 uses of legacy names"}
    counts = [int(heading.split(": ")[1].split()[0]) for heading in headings]
    assert counts == sorted(counts, reverse=True)
    assert "few-1.dist-info/METADATA:1:1: depends on functorch" in result.stdout
    assert "functorch-compat migrate" not in result.stdout + result.stderr


def test_installed_knows_the_owner_of_a_file_below_the_current_folder(tmp_path, monkeypatch):
    info = tmp_path / "lib/legacy-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: legacy\nVersion: 1\n")
    (info / "RECORD").write_text("legacy.py,,\n")
    (tmp_path / "lib/legacy.py").write_text("import functorch\n")
    (tmp_path / "link").symlink_to(tmp_path / "lib")
    monkeypatch.chdir(tmp_path)
    found = [*distributions(path=[str(tmp_path / "link")])]
    monkeypatch.setattr(installed, "distributions", lambda: found)

    (finding,) = installed.audit_installed().findings
    assert (finding.path, finding.distribution) == ("legacy.py", "legacy 1")


fuzzed = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def run_on(folder, name, data, *arguments, capsys):
    """Exit status and JSON of an audit of one file with the data in it."""
    file = folder / name
    file.write_bytes(data)
    capsys.readouterr()
    status = cli.main(["audit", "--format=json", *arguments, str(file)])
    out = capsys.readouterr().out
    return status, json.loads(out) if out else None


@fuzzed
@given(st.binary())
@pytest.mark.parametrize("name", ["legacy.py", "requirements.txt"])
def test_any_bytes_after_a_use(name, tmp_path, capsys, data):
    use = b"import functorch\n" if name == "legacy.py" else b"functorch\n"
    status, printed = run_on(tmp_path, name, use + data, capsys=capsys)

    # Either it is found or the file is listed.
    assert (status, bool(printed["unreadable"])) in {(1, False), (2, True)}
    assert printed["unreadable"] or printed["findings"][0]["line"] == 1


@fuzzed
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_in_a_notebook(tmp_path, capsys, data):
    valid = notebook("import functorch", "x")
    for written in (data, valid.encode().replace(b"x", data)):
        status, printed = run_on(tmp_path, "legacy.ipynb", written, capsys=capsys)
        assert (status, bool(printed["unreadable"])) in {(0, False), (1, False), (2, True)}
        if written is not data:
            assert status != 0


@fuzzed
@given(
    st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps({"version": 1, "findings": value}).encode()
    )
)
def test_any_bytes_as_a_baseline(tmp_path, capsys, data):
    baseline = tmp_path / "baseline.json"
    baseline.write_bytes(data)
    (tmp_path / "legacy.py").write_text("import functorch\n")

    status = cli.main(["audit", "--baseline", str(baseline), str(tmp_path / "legacy.py")])

    printed = capsys.readouterr()
    assert status in (1, 2)
    assert (printed.out == "") == (status == 2)
    assert len(printed.err.splitlines()) == (1 if status == 2 else 0)


def test_paths_that_are_no_text(tmp_path):
    name = os.fsdecode(b"\xff.py")
    try:
        (tmp_path / name).write_text("import functorch\n")
    except OSError:
        pytest.skip("this file system takes no such name")

    result = audit(folder=tmp_path, check=2)

    assert ".py: unreadable: No such file" in result.stdout
