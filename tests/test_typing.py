"""Type checkers mark each legacy call, infer its types, and find nothing else to say."""

import json
import subprocess
import sys

import pytest
from conftest import ROOT, TORCH_HAS_FUNCTORCH, run_python

from functorch_compat.deprecation import MESSAGES

SAMPLE = ROOT / "tests/typing/legacy.py"
MARKED = [
    number
    for number, line in enumerate(SAMPLE.read_text().splitlines(), 1)
    if line.endswith("# deprecated")
]

pytest.importorskip("mypy", reason="mypy is not installed")
pytest.importorskip("pyright", reason="pyright is not installed")


@pytest.fixture(scope="module")
def python(an_environment, wheel):
    an_environment.install(wheel)
    return an_environment.python


def test_mypy(python):
    options = ("--strict", "--enable-error-code", "deprecated", "--output", "json")
    result = run_python(
        *("-m", "mypy", *options, "--python-executable", python, "--config-file=", SAMPLE),
        check=False,
    )

    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [report["line"] for report in found] == MARKED
    assert {report["code"] for report in found} == {"deprecated"}
    assert all(any(text in report["message"] for text in MESSAGES.values()) for report in found)


def test_pyright(python, tmp_path):
    sample = tmp_path / SAMPLE.name
    sample.write_bytes(SAMPLE.read_bytes())
    (tmp_path / "pyrightconfig.json").write_text('{"reportDeprecated": "warning"}')
    command = [sys.executable, "-m", "pyright", "--pythonpath", python, "--outputjson"]

    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    found = json.loads(result.stdout)["generalDiagnostics"]
    if not TORCH_HAS_FUNCTORCH:  # it then misses the folder beside the stubs, at each import
        found = [report for report in found if report["rule"] != "reportMissingModuleSource"]
    assert [report["range"]["start"]["line"] + 1 for report in found] == MARKED
    assert {report["rule"] for report in found} == {"reportDeprecated"}
    assert all(report["message"].split("\n")[1].strip() in MESSAGES.values() for report in found)


def test_the_stubs_have_the_signatures_of_the_functions(tmp_path):
    # A type checker would not see these submodules; make_fx has other options in each torch.
    (tmp_path / "allowed").write_text(
        r"functorch\.(_src|compile|dim|einops|experimental)\b.*"
        + "\n"
        + r"functorch\.make_fx"
        + "\n"
    )
    result = run_python(
        *("-m", "mypy.stubtest", "functorch", "--allowlist", tmp_path / "allowed"),
        *("--ignore-unused-allowlist", "--ignore-disjoint-bases"),
        check=False,
        MYPYPATH=str(ROOT / "functorch_compat/stubs"),
    )

    assert result.returncode == 0, result.stdout
