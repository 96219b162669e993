"""The pytest plugin: the audit of a test run, and a run that fails on new uses."""

import json

import pytest
from conftest import run_python

pytestmark = pytest.mark.slow

# It returns a list, because a pool passes a tensor through a socket in TMPDIR, whose path is often
# too long for a socket.
LEGACY = """\
import functorch
import torch


def derivative():
    return functorch.vjp(torch.sin, torch.ones(3))[0].tolist()
"""
TESTS = """\
import multiprocessing
import subprocess
import sys

import pytest
from legacy import derivative


@pytest.mark.parametrize("number", range(5))
def test_here(number):
    derivative()


def test_in_a_subprocess(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import functorch, torch\\nfunctorch.grad(torch.sum)\\n")
    subprocess.run([sys.executable, script], cwd=tmp_path, check=True)


def test_in_a_spawned_worker():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(derivative)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose tests use functorch, and whose settings silence all warnings about it."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "legacy.py").write_text(LEGACY)
    (project / "test_legacy.py").write_text(TESTS)
    (project / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nfilterwarnings = ["ignore::DeprecationWarning"]\n'
    )
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return project


def run(python, project, *options, status=0, **environment):
    """Run pytest as a user does, and return the lines of its output."""
    command = ("-m", "pytest", "--quiet", *options)
    result = python(*command, cwd=project, check=False, **environment)
    assert result.returncode == status, result.stdout + result.stderr
    assert not [*project.parent.glob("temporary/functorch-audit-*")]
    return (result.stdout + result.stderr).splitlines()


def test_every_process_is_audited_with_xdist_and_without(warm_python, project):
    lines = run(
        run_python,
        project,
        "-W",
        "error::pytest.PytestAssertRewriteWarning",
        "--functorch-write-baseline=alone.json",
        "--functorch-report=report.json",
        FUNCTORCH_COMPAT_RECORD="mine",
    )
    assert "No new uses (2 in alone.json)." in lines
    report = json.loads((project / "report.json").read_text())
    assert {(one["path"], one["line"]): one["count"] for one in report["findings"]} == {
        ("legacy.py", 6): 6,
        ("<temporary>/script.py", 2): 1,
    }
    # Who wants the records has them too.
    assert (
        run_python(
            *("-m", "functorch_compat", "audit", "--recorded=mine", "--format=json"),
            cwd=project,
            check=False,
        ).stdout
        == (project / "report.json").read_text()
    )

    run(warm_python, project, "-n", "2", "--functorch-write-baseline=xdist.json")
    assert (project / "xdist.json").read_bytes() == (project / "alone.json").read_bytes()


def test_a_new_line_fails_and_a_moved_one_does_not(warm_python, project):
    (project / "test_legacy.py").write_text(
        "from legacy import derivative\n\n\ndef test_here():\n    derivative()\n"
    )
    with (project / "pyproject.toml").open("a") as settings:
        settings.write('functorch_baseline = "baseline.json"\n')

    lines = run(warm_python, project, status=4)
    assert lines[-2:] == [
        "ERROR: baseline.json cannot be read (No such file or directory): "
        "--functorch-write-baseline baseline.json writes it",
        "",
    ]
    run(warm_python, project, "--functorch-write-baseline=baseline.json")
    (project / "legacy.py").write_text(f"# Moved.\n{LEGACY}")
    (project / "inner").mkdir()
    # Neither the current folder nor a project among temporary files makes a line new.
    lines = run(warm_python, project / "inner", "..", TMPDIR=str(project.parent))
    assert "No new uses (1 in ../baseline.json)." in lines

    with (project / "test_legacy.py").open("a") as tests:
        tests.write("    import functorch; functorch.grad(derivative)\n")
    lines = run(warm_python, project, status=1)
    assert "test_legacy.py:6: functorch.grad: use torch.func.grad (1 call)" in lines
    assert not [line for line in lines if line.startswith("legacy.py:")]
    assert "1 passed" in lines[-1]


def test_a_run_without_the_shim_says_that_it_records_nothing(python_without_shim, project):
    lines = run(
        *(python_without_shim, project, "--functorch-audit", "--ignore=test_legacy.py"), status=5
    )
    assert "The shim is not active, so calls were not recorded: activate it." in lines


def test_it_does_nothing_until_asked(tmp_path):
    code = (
        "import sys, pytest; before = {*sys.modules}; import functorch_compat.pytest_plugin; "
        "print(*{*sys.modules} - before)"
    )
    assert run_python("-c", code).stdout == "functorch_compat.pytest_plugin\n"

    (tmp_path / "test_nothing.py").write_text(
        "import os, sys\n\n\ndef test():\n"
        "    assert 'FUNCTORCH_COMPAT_RECORD' not in os.environ\n"
        "    assert 'functorch_compat.deprecation' not in sys.modules\n"
    )
    assert "functorch audit" not in run_python("-m", "pytest", cwd=tmp_path).stdout
