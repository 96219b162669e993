"""Each snippet of docs/auditing.md does what the page says of it, in a project with legacy code."""

import json
import re
import sys

import pytest
import yaml
from conftest import ROOT
from pages import blocks, shell

PAGE = ROOT / "docs/auditing.md"
LEGACY = """\
import functorch
import torch


def derivative(x: torch.Tensor) -> torch.Tensor:
    y = torch.sin(x)
    _, vjp_fn = functorch.vjp(torch.sin, x)
    return torch.neg(vjp_fn(y)[0])


if __name__ == "__main__":
    derivative(torch.ones(3))
"""
TEST = """\
import torch
from legacy import derivative


def test_derivative():
    assert derivative(torch.zeros(3)).tolist() == [0, 0, 0]
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "legacy.py").write_text(LEGACY)
    (tmp_path / "test_legacy.py").write_text(TEST)
    # Where mypy and pyright find the stubs also in an editable install.
    (tmp_path / "typings").symlink_to(ROOT / "functorch_compat/stubs")
    return tmp_path


@pytest.mark.parametrize(("info", "code"), blocks(PAGE, "sh"))
def test_command(info, code, project):
    if code.startswith("pip install"):
        assert "[audit]" in code
        return
    if "--baseline" in code:
        shell("functorch-compat audit --write-baseline functorch-baseline.json", project)
    result = shell(code, project)

    expected = 1 if info == "exit=1" else 0
    assert result.returncode == expected, result.stdout + result.stderr
    if "--installed" in code:
        assert re.search(r"^torchopt [\d.]+: \d+ uses of legacy names$", result.stdout, re.M)
    elif expected == 1:
        assert "functorch.vjp" in result.stdout + result.stderr


def test_quoted_output(project):
    ((_, quoted),) = (block.values for block in blocks(PAGE, "text"))

    assert shell("functorch-compat audit", project).stdout.startswith(quoted)


def test_quoted_json(project):
    ((_, quoted),) = (block.values for block in blocks(PAGE, "json"))
    quoted = json.loads(quoted)

    printed = json.loads(shell("functorch-compat audit --format json", project).stdout)

    assert printed.keys() == quoted.keys()
    assert printed["findings"][1:] == quoted["findings"]


@pytest.mark.parametrize(("_", "code"), blocks(PAGE, "toml"))
def test_setting(_, code, project):
    (project / "pyproject.toml").write_text(code)
    command = f"pyright --pythonpath {sys.executable}" if "pyright" in code else "pytest ."

    result = shell(command, project)

    assert result.returncode == 1
    assert "functorch.vjp is deprecated" in result.stdout


def test_workflow_and_hook(project):
    workflow, hook = (yaml.safe_load(block.values[1]) for block in blocks(PAGE, "yaml"))
    (hooked,) = hook["repos"][0]["hooks"]
    (offered,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    *_, audit, upload = workflow["jobs"]["audit"]["steps"]

    result = shell(audit["run"], project)
    assert result.returncode == 0, result.stderr
    report = json.loads((project / upload["with"]["sarif_file"]).read_text())
    assert [found["ruleId"] for found in report["runs"][0]["results"]] == [
        "functorch",
        "functorch.vjp",
    ]

    assert hooked["id"] == offered["id"]
    command = " ".join([offered["entry"], *hooked["args"]])
    assert shell(command, project).returncode == 2  # there is no baseline yet
    shell("functorch-compat audit --write-baseline functorch-baseline.json", project)
    assert shell(command, project).returncode == 0
