"""The commands and the code of the README and of docs/ run as they are written."""

import re

import pytest
from conftest import ROOT, needs_torchs_functorch, run_python

from functorch_compat.deprecation import MESSAGES

pytestmark = pytest.mark.slow

# These pages have tests of their own.
OTHERS = {ROOT / f"docs/{name}.md" for name in ("auditing", "install", "migrating", "tutorial")}
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
def test_python(code, warm_python):
    warm_python("-W", "ignore", "-c", code)


# What a command prints, and its exit status, by a part of the command. The first that fits counts.
EXPECTED = {
    " audit --installed": (1, r"^torchopt [\d.]+: \d+ uses of legacy names$"),
    " audit ": (1, r"^docs/examples/implicit_differentiation.py:8:23: functorch.vjp"),
    " migrate ": (1, r"^-from functorch import vjp\n\+from torch.func import vjp$"),
    " doctor --format=json": (0, r'^  "active": true,$'),
    " doctor": (0, r"^The shim keeps all 15 promises"),
    '-W "error': (1, "FunctorchDeprecationWarning"),
    "implicit_differentiation.py": (0, "^agrees with finite differences: True$"),
}


def commands():
    """Return each command once, although several pages may name it."""
    found = {}
    for block in blocks("sh"):
        (code,) = block.values
        # Installing into this environment would prove nothing: tests/test_install_page.py does it.
        command = re.sub(r"^pip install [^&]*(&& )?", "", code)
        if command and "pytest" not in command:
            found.setdefault(command, pytest.param(command, id=block.id, marks=block.marks))
    return [*found.values()]


@pytest.mark.parametrize("code", commands())
def test_shell(code, shell):
    result = shell(code, ROOT)

    status, text = next(value for part, value in EXPECTED.items() if part in code)
    assert result.returncode == status, result.stderr
    assert re.search(text, result.stdout + result.stderr, re.M)


def test_the_output_in_the_readme_is_all_that_the_example_prints_first():
    (quoted,) = blocks("text", ROOT / "README.md")[0].values
    example = "docs/examples/implicit_differentiation.py"
    stderr = run_python(example, cwd=ROOT).stderr.replace(f"{ROOT}/", "")
    assert stderr.startswith(quoted)
    assert stderr.count("Warning:") == stderr.count("FunctorchDeprecationWarning:") == 2


def test_the_commands_that_install_are_those_that_other_tests_run():
    installs = {
        block.values[0].strip() for block in blocks("sh") if "pip install" in block.values[0]
    }
    test = 'pip install -e ".[test]" && pytest -n auto'
    assert f"\n{test} " in (ROOT / ".ci/run").read_text()
    elsewhere = (ROOT / "docs/install.md").read_text()
    for command in installs - {test}:
        assert "&& " in command or f"```sh\n{command}\n```" in elsewhere, command


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
