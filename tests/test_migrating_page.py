"""The steps in docs/migrating.md lead to an audit without findings. Its recipes are correct."""

import re

import pytest
from conftest import ROOT, assert_same
from pages import blocks

from functorch_compat.migrate.reasons import Reason

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs/migrating.md"
LEGACY = """\
import functorch
import torch
from functorch import make_functional, vmap as vm


def derivative(x: torch.Tensor) -> torch.Tensor:
    _, vjp_fn = functorch.vjp(torch.sin, x)
    return vjp_fn(torch.ones_like(x))[0]


def batched(x: torch.Tensor) -> torch.Tensor:
    func, params = make_functional(torch.nn.Identity())
    return vm(lambda x: func(params, x))(x)
"""
TEST = """\
import torch
from legacy import batched, derivative


def test_legacy():
    assert derivative(torch.zeros(3)).tolist() == [1, 1, 1]
    assert batched(torch.ones(3)).tolist() == [1, 1, 1]
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "legacy.py").write_text(LEGACY)
    (tmp_path / "test_legacy.py").write_text(TEST)
    return tmp_path


@pytest.mark.parametrize(("info", "code"), blocks(PAGE, "sh"))
def test_command(info, code, project, shell):
    if code.startswith("pip install"):
        assert "[migrate]" in code
        return
    result = shell(code, project)
    assert result.returncode == (1 if info == "exit=1" else 0), result.stdout + result.stderr


def test_the_diff_is_the_one_that_is_printed(project, shell):
    ((_, quoted),) = (block.values for block in blocks(PAGE, "diff"))
    printed = shell("functorch-compat migrate", project).stdout

    hunk = re.sub(r"^ ", "", quoted, flags=re.M)
    assert hunk in re.sub(r"^ ", "", printed, flags=re.M)


def test_the_steps_lead_to_zero(project, shell):
    shell("functorch-compat migrate --write", project)

    audit = shell("functorch-compat audit", project)
    assert (audit.returncode, audit.stdout) == (0, "No uses of legacy names.\n")
    strict = "pytest -W error::functorch_compat.FunctorchDeprecationWarning"
    assert shell(strict, project).returncode == 0


RECIPES = [block.values for block in blocks(PAGE, "python")]


@pytest.mark.parametrize("before", range(0, len(RECIPES), 2))
def test_before_and_after_give_the_same(before):
    results = []
    for info, code in RECIPES[before : before + 2]:
        assert info == ("after" if results else "before")
        namespace = {}
        exec(code, namespace)
        results.append(namespace["result"])

    assert "functorch" not in RECIPES[before + 1][1]
    assert_same(*results)


def test_every_reason_that_is_printed_is_explained():
    table = PAGE.read_text().partition("| reason | what to do |\n| --- | --- |\n")[2]
    rows = [f"| {one.text} | {one.advice} |" for one in Reason if one is not Reason.SILENCED]
    assert table.partition("\n\n")[0].split("\n") == rows
