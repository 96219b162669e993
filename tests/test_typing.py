"""Type checkers mark each legacy call, infer its types, and find nothing else to say."""

import json
import re
import subprocess
import sys
import sysconfig
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import ROOT, TORCH_HAS_FUNCTORCH, run_python

from functorch_compat.deprecation import MESSAGES

pytestmark = pytest.mark.slow

STUBS = ROOT / "functorch_compat/stubs"
# Each `assert_type` in the samples checks an inferred type. A type checker reports failures.
SAMPLES = [ROOT / "tests/typing/legacy.py", ROOT / "tests/typing/untyped.py"]

pytest.importorskip("mypy", reason="mypy is not installed")
pytest.importorskip("pyright", reason="pyright is not installed")


class Report(NamedTuple):
    """A report of a type checker about a line."""

    file: str
    line: int
    rule: str
    subject: str
    text: str


MARKED = [
    (sample.name, number, MESSAGES[f"functorch.{name}"])
    for sample in SAMPLES
    for number, line in enumerate(sample.read_text().splitlines(), 1)
    for name in re.findall(r"# deprecated: (\w+)$", line)
]


@pytest.fixture(scope="module")
def python(an_environment, wheel, tmp_path_factory):
    """Return the Python of an environment with torch and only the stubs of the wheel."""
    tree = tmp_path_factory.mktemp("tree")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        # pyright would prefer these stubs, which an editable install does not update.
        if path.name != "functorch-stubs":
            (tree / path.name).symlink_to(path)
    an_environment.install(wheel)
    an_environment.sees(tree)
    return an_environment.python


@pytest.fixture(scope="module")
def mypy(python, tmp_path_factory):
    """Return the reports of mypy about the samples."""
    # The types of these packages are irrelevant here, and take ten seconds.
    irrelevant = "[mypy-torch._dynamo.*,torch._inductor.*,torch.distributed.*]"
    config = tmp_path_factory.mktemp("mypy") / "mypy.ini"
    config.write_text(f"[mypy]\n{irrelevant}\nfollow_imports = skip\n")
    options = ("--strict", "--enable-error-code", "deprecated", "--output", "json")
    result = run_python(
        *("-m", "mypy", *options, "--python-executable", python, "--config-file", config),
        *SAMPLES,
        check=False,
    )
    reports = []
    for found in map(json.loads, result.stdout.splitlines()):
        subject, _, text = found["message"].partition(" is deprecated: ")
        name = found["file"].rpartition("/")[2]
        reports.append(Report(name, found["line"], found["code"], subject, text))
    return reports


@pytest.fixture(scope="module")
def pyright(python, tmp_path_factory):
    """Return the reports of pyright about the samples."""
    folder = tmp_path_factory.mktemp("pyright")
    for sample in SAMPLES:
        (folder / sample.name).write_bytes(sample.read_bytes())
    (folder / "pyrightconfig.json").write_text('{"reportDeprecated": "warning"}')
    command = [sys.executable, "-m", "pyright", "--pythonpath", python, "--outputjson"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    reports = []
    for found in json.loads(result.stdout)["generalDiagnostics"]:
        subject, _, text = found["message"].partition("\n")
        name, line = found["file"].rpartition("/")[2], found["range"]["start"]["line"] + 1
        reports.append(Report(name, line, found["rule"], subject, text.strip()))
    if not TORCH_HAS_FUNCTORCH:  # pyright then reports a missing folder at each import.
        reports = [report for report in reports if report.rule != "reportMissingModuleSource"]
    return reports


def test_mypy(mypy):
    assert {report for report in mypy if report.rule != "deprecated"} == set()
    assert sorted((report.file, report.line, report.text) for report in mypy) == MARKED


def test_pyright(pyright):
    assert {report for report in pyright if report.rule != "reportDeprecated"} == set()
    assert sorted((report.file, report.line, report.text) for report in pyright) == MARKED


def test_each_overload_is_called_with_an_untyped_argument(mypy):
    stub = (STUBS / "functorch/__init__.pyi").read_text()
    # A function that takes any argument needs no sample.
    signatures = re.findall(
        r"^(?:class|def) ([a-zA-Z]\w*)\((?!\*args: Any, \*\*kwargs)", stub, re.M
    )
    # The subject contains the signature.
    subjects = {report.subject for report in mypy if report.file == "untyped.py"}

    assert Counter(re.search(r"functorch\.(\w+)$", s)[1] for s in subjects) == Counter(signatures)


def test_the_stubs_outlive_the_private_files_of_torch():
    assert "torch._" not in (STUBS / "functorch/__init__.pyi").read_text()


def test_the_stubs_have_the_signatures_of_the_functions(tmp_path):
    # A type checker would not see the submodules; __all__ has those that are loaded; make_fx has
    # other options in each torch.
    (tmp_path / "allowed").write_text(
        r"""
functorch\.(_C|_src|compile|dim|einops|experimental)\b.*
functorch\.__all__
functorch\.make_fx
"""
    )
    # Torch's own types are irrelevant here, and take half a minute.
    (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-torch.*]\nfollow_imports = skip\n")
    result = run_python(
        *("-m", "mypy.stubtest", "functorch", "--concise"),
        *("--allowlist", tmp_path / "allowed", "--ignore-unused-allowlist"),
        *("--mypy-config-file", tmp_path / "mypy.ini", "--ignore-disjoint-bases"),
        check=False,
        MYPYPATH=str(STUBS),
    )

    print(result.stdout, result.stderr)
    # mypy compares the default with the type variable, not with its bound.
    default = re.compile(r'"(argnums|has_aux)" has a default value of type Literal\[(0|False)\]')
    assert [line for line in result.stdout.splitlines() if not default.search(line)] == []
