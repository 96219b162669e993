"""Each snippet of docs/auditing.md does what the page says of it, in a project with legacy code."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from pages import blocks

from functorch_compat import cli
from functorch_compat.audit.scope import KINDS

pytestmark = pytest.mark.slow

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
    # Torch's own types are irrelevant here, and take ten seconds.
    (tmp_path / "mypy.ini").write_text("[mypy]\n[mypy-torch.*]\nfollow_imports = skip\n")
    # Where mypy and pyright find the stubs also in an editable install.
    (tmp_path / "typings").symlink_to(ROOT / "functorch_compat/stubs")
    return tmp_path


@pytest.mark.parametrize(("info", "code"), blocks(PAGE, "sh"))
def test_command(info, code, project, shell):
    if code.startswith("pip install"):
        assert "--no-deps" in code
        return
    if "audit --baseline" in code:
        shell("functorch-compat audit --write-baseline functorch-baseline.json", project)
    elif "--functorch-baseline" in code:
        shell("pytest --functorch-write-baseline functorch-run.json", project)
    result = shell(code, project)

    expected = 1 if info == "exit=1" else 0
    assert result.returncode == expected, result.stdout + result.stderr
    if "--installed" in code:
        assert re.search(r"^torchopt [\d.]+: \d+ uses of legacy names$", result.stdout, re.M)
    elif expected == 1:
        assert "functorch.vjp" in result.stdout + result.stderr


def test_quoted_output(project, shell):
    (_, of_source), (_, of_run) = (block.values for block in blocks(PAGE, "text"))

    assert shell("functorch-compat audit", project).stdout.startswith(of_source)
    assert f"= functorch audit =\n{of_run}" in re.sub(
        "=+", "=", shell("pytest --functorch-audit", project).stdout
    )


def test_quoted_json(project, shell):
    ((_, quoted),) = (block.values for block in blocks(PAGE, "json"))
    quoted = json.loads(quoted)

    printed = json.loads(shell("functorch-compat audit --format json", project).stdout)

    assert printed.keys() == quoted.keys()
    assert printed["findings"][1:] == quoted["findings"]


@pytest.mark.parametrize(("_", "code"), blocks(PAGE, "toml"))
def test_setting(_, code, project, shell):
    (project / "pyproject.toml").write_text(code)
    if "functorch-compat" in code:
        (project / "src").mkdir()
        (project / "tests").mkdir()
        shell("functorch-compat audit --write-baseline functorch-baseline.json", project)
        assert shell("functorch-compat audit", project).returncode == 0
        (project / "src" / "legacy.py").write_text(LEGACY)
        (project / "src" / "vendored").mkdir()
        (project / "src" / "vendored" / "legacy.py").write_text(LEGACY)
        result = shell("functorch-compat audit", project)
        assert result.returncode == 1
        assert "2  new in all (0 in functorch-baseline.json)" in result.stdout
        return
    if "functorch_baseline" in code:
        shell("pytest . --functorch-write-baseline=functorch-run.json", project)
        assert shell("pytest .", project).returncode == 0
        (project / "legacy.py").write_text(
            LEGACY.replace("torch.sin(x)", "functorch.vmap(torch.sin)(x)")
        )
        result = shell("pytest .", project)
        assert result.returncode == 1
        assert "legacy.py:6: functorch.vmap: use torch.func.vmap (1 call)" in result.stdout
        return
    if "oldlib" in code:
        (project / "oldlib").mkdir()
        (project / "oldlib/__init__.py").write_text(LEGACY)
        (project / "test_oldlib.py").write_text(TEST.replace("legacy", "oldlib"))
        assert "1 failed, 1 passed" in shell("pytest .", project).stdout
    command = f"pyright --pythonpath {sys.executable}" if "pyright" in code else "pytest ."

    result = shell(command, project)

    assert result.returncode == 1
    assert "functorch.vjp is deprecated" in result.stdout


WORKFLOW, HOOK = (yaml.safe_load(block.values[1]) for block in blocks(PAGE, "yaml"))


def test_workflow(project, shell):
    *_, audit, upload = WORKFLOW["jobs"]["audit"]["steps"]
    file = project / upload["with"]["sarif_file"]

    # The job fails, and the report is uploaded all the same.
    assert shell(audit["run"], project).returncode == 1
    assert upload["if"] == "always()"
    (report,) = json.loads(file.read_text())["runs"]
    assert [found["ruleId"] for found in report["results"]] == ["functorch", "functorch.vjp"]

    (project / "legacy.py").write_text("")
    assert shell(audit["run"], project).returncode == 0
    (report,) = json.loads(file.read_text())["runs"]
    assert report["results"] == []


def test_the_install_brings_no_torch():
    install = WORKFLOW["jobs"]["audit"]["steps"][-3]["run"]
    ((_, first), *_) = (block.values for block in blocks(PAGE, "sh"))
    assert install == first.strip()

    light, others = install.split(" && ")
    assert light == "pip install --no-deps functorch-compat"
    extra = {
        requirement.name.lower()
        for requirement in map(Requirement, requires("functorch-compat") or ())
        if requirement.marker and requirement.marker.evaluate({"extra": "audit"})
    }
    before_3_11 = {"tomli"}
    assert {*others.lower().split()[2:]} == extra | before_3_11


# pre-commit, as a user runs it.


@pytest.fixture(scope="module")
def offered(tmp_path_factory):
    """A repository that offers the hook: that of this project, as it is here."""
    folder = tmp_path_factory.mktemp("offered")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    commit_all(folder)
    return folder


def commit_all(folder):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--no-verify", "-m", "x"]):
        subprocess.run([*git, *command], cwd=folder, check=True)


def test_pre_commit(offered, project, monkeypatch):
    monkeypatch.setenv("PRE_COMMIT_HOME", str(offered.parent / "cache"))
    # The command is not on PATH.
    scripts = str(Path(sys.executable).parent)
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if folder != scripts]
    monkeypatch.setenv("PATH", os.pathsep.join(path))
    (project / "typings").unlink()
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=offered, capture_output=True, text=True, check=True
    ).stdout.strip()
    repository = {**HOOK["repos"][0], "repo": str(offered), "rev": revision}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repository]}))
    cli.main(["audit", "--write-baseline", str(project / "functorch-baseline.json"), str(project)])
    commit_all(project)

    def hook(*arguments):
        command = [sys.executable, "-m", "pre_commit", "run", *arguments]
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    status, said = hook("--all-files")
    assert status == 0, said
    assert "No new uses (2 in functorch-baseline.json)." in said
    # What git does not track is not looked at, what is staged is.
    (project / "scratch.py").write_text("import functorch\n")
    assert hook("--all-files")[0] == 0
    subprocess.run(["git", "add", "scratch.py"], cwd=project, check=True)
    status, said = hook()
    assert status == 1
    assert "scratch.py:1:8: functorch: use torch.func" in said
    # It tells when the baseline can shrink.
    (project / "scratch.py").write_text("")
    (project / "legacy.py").write_text("import functorch\n")
    subprocess.run(["git", "add", "-A"], cwd=project, check=True)
    status, said = hook()
    assert status == 0, said
    assert "functorch-baseline.json can shrink by 1" in said

    environment = next((offered.parent / "cache").glob("repo*/py_env*"))
    assert not [*environment.glob("lib/python*/site-packages/torch")]


def test_the_hook_is_for_every_kind_of_file():
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for glob in KINDS:
        path = f"inner/{glob.replace('[Dd]', 'd').replace('*', 'x')}"
        assert re.search(hook["files"], path), path
        assert Path(path).match(glob)
    assert not re.search(hook["files"], "README.md")
