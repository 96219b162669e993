"""The commands and the code of the README and of docs/ run as they are written."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT, needs_torchs_functorch

from functorch_compat.deprecation import MESSAGES

# Tests of their own run these, in a project with legacy code.
OTHERS = {ROOT / "docs/auditing.md", ROOT / "docs/migrating.md"}
PAGES = [ROOT / "README.md", *sorted({*(ROOT / "docs").glob("**/*.md")} - OTHERS)]


def blocks(language, *pages):
    fence = re.compile(rf"^```{language}\n(.*?)^```", re.M | re.S)
    return [
        pytest.param(
            code,
            id=f"{page.name}-{number}",
            marks=needs_torchs_functorch if "FUNCTORCH_COMPAT=off" in code else (),
        )
        for page in pages or PAGES
        for number, code in enumerate(fence.findall(page.read_text()), 1)
    ]


@pytest.mark.parametrize("code", blocks("python"))
def test_python(code):
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


@pytest.mark.parametrize("code", blocks("sh"))
def test_shell(code):
    install = r"^pip install \S+ && "
    if "pytest" in code:
        assert f" {code.strip()} " in (ROOT / ".ci/run").read_text()
        return
    # This environment is what the command would install into.
    command = re.sub(install, "", code).replace("functorch-compat ", "python -m functorch_compat ")
    command = command.replace("python ", f"{sys.executable} ")
    result = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if "-W always" in code:
        (quoted,) = blocks("text")[0].values
        assert quoted.strip() in result.stderr.replace(f"{ROOT}/", "")
    if " audit " in code:
        assert result.returncode == 1
        assert result.stdout.startswith(
            "docs/examples/implicit_differentiation.py:8:23: functorch.vjp"
        )
    elif " migrate " in code:
        assert result.returncode == 1
        assert "\n-from functorch import vjp\n+from torch.func import vjp\n" in result.stdout
    elif '-W "error' in code:
        assert result.returncode == 1
        assert "FunctorchDeprecationWarning" in result.stderr
    else:
        assert result.returncode == 0
        expected = "The shim keeps" if "doctor" in code else "agrees with finite differences: True"
        assert expected in result.stdout


def test_the_tests_that_the_pages_name_are_there():
    named = re.findall(r"`(test_\w+\.py)::(\w+)`", (ROOT / "docs/semantics.md").read_text())
    assert len(named) > 10
    for file, name in named:
        assert f"\ndef {name}(" in (ROOT / "tests" / file).read_text(), name


def test_the_start_up_line_is_quoted():
    quoted = blocks("text", ROOT / "docs/SECURITY.md")[0].values[0]
    assert quoted == (ROOT / "functorch_compat.pth").read_text()


def test_the_warning_on_the_start_page_is_ours():
    quoted = blocks("text", ROOT / "docs/index.md")[0].values[0]
    assert quoted == f"FunctorchDeprecationWarning: {MESSAGES['functorch.vjp']}\n"
