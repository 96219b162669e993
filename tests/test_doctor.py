"""``functorch-compat doctor`` reports what torch and the shim do, and who answers the import."""

import json
import shutil
import sys
import venv
from pathlib import Path

import pytest
import torch
from conftest import DEVICES, ROOT, TORCH, TORCH_HAS_FUNCTORCH, run_python

import functorch_compat
from functorch_compat import activation, cli
from functorch_compat.doctor import checks as doctor
from functorch_compat.torch_support import DYNAMO_TRACES_TRANSFORMS, INFERENCE_MODE_REACHES_INSIDE

PROMISES = list(doctor._PROMISES)
KEPT_BY_TORCH = {
    "aux objects": False,
    "inference_mode outside": not INFERENCE_MODE_REACHES_INSIDE,
    "vjp_fn inside inference_mode": not INFERENCE_MODE_REACHES_INSIDE,
    "compile": DYNAMO_TRACES_TRANSFORMS,
}


def report(python, **environment):
    result = python("-m", "functorch_compat", "doctor", "--format=json", **environment)
    return json.loads(result.stdout)


@pytest.mark.slow
def test_the_shim_keeps_every_promise_and_torch_those_that_the_design_says(warm_python):
    found = report(warm_python)

    assert (found["torch"], found["active"]) == (torch.__version__, True)
    assert Path(found["functorch"]) == Path(activation.OURS)
    assert found["recorded_into"] is None
    assert found["python"] == "{}.{}.{}".format(*sys.version_info)
    assert [device.partition(":")[0] for device in found["devices"]] == DEVICES
    checks = {(check.pop("device"), check.pop("name")): check for check in found["checks"]}
    assert list(checks) == [(device, name) for device in found["devices"] for name in PROMISES]
    for (_, name), check in checks.items():
        assert check["shim"], check
        assert check["torch"] == KEPT_BY_TORCH.get(name, True), check
        assert bool(check["detail"]) != check["torch"]


def who_answers(python=sys.executable, **environment):
    code = (
        "import json; from functorch_compat.doctor.who_answers import who_answers; "
        "print(json.dumps(who_answers())); import sys; assert 'torch' not in sys.modules"
    )
    return json.loads(run_python("-c", code, python=python, **environment).stdout)


@pytest.mark.parametrize("broken", PROMISES)
def test_a_promise_that_the_shim_breaks_is_found(broken, monkeypatch, capsys):
    kept = doctor._PROMISES[broken]

    def wrong_for_the_shim(vjp, x):
        actual, expected = kept(vjp, x)
        return (kept(vjp, 2 * x)[0] if vjp is functorch_compat.vjp else actual), expected

    monkeypatch.setattr(doctor, "_PROMISES", {broken: wrong_for_the_shim})

    assert cli.main(["doctor"]) == 1
    assert "The shim breaks 1 of 1 promises" in capsys.readouterr().out


def test_modes_left_behind_break_a_promise(monkeypatch):
    def vjp(*args, **kwargs):
        torch.set_grad_enabled(False)
        return torch.func.vjp(*args, **kwargs)

    monkeypatch.setattr(functorch_compat, "vjp", vjp, raising=False)
    try:
        simple = doctor.examine().checks[0]
    finally:
        torch.set_grad_enabled(True)

    assert (simple.name, simple.torch, simple.shim) == ("simple", True, False)
    assert "from (True, False) to (False, False)" in simple.detail


@pytest.mark.slow
def test_it_says_that_the_variable_turned_it_off(python_without_shim):
    found = report(python_without_shim)

    assert not found["active"]
    assert found["reason"] == "FUNCTORCH_COMPAT=off turns it off"
    assert all(check["shim"] for check in found["checks"])


def test_it_says_that_another_functorch_goes_before(tmp_path):
    (tmp_path / "functorch.py").touch()
    file, is_active, reason = who_answers(PYTHONPATH=str(tmp_path))

    assert not is_active
    assert file == str(tmp_path / "functorch.py")
    assert f"{tmp_path}/functorch.py is another functorch" in reason


@pytest.mark.slow
def test_it_says_that_no_start_up_file_is_there(an_environment):
    # This happens after `pip install --target`: Python reads no start-up file there.
    _, is_active, reason = who_answers(an_environment.python, PYTHONPATH=str(ROOT))

    assert not is_active
    assert str(an_environment.site_packages) in reason
    assert "functorch_compat.activate()" in reason


REASON = """
import sys
sys.path[:0] = {folders}
{before}
from functorch_compat.doctor.who_answers import who_answers
print(who_answers()[2])
"""


@pytest.mark.parametrize(
    ("options", "before", "reason"),
    [
        (["-S"], "pass", "Python was started with -S, so it reads no start-up file"),
        ([], "import functorch_compat; functorch_compat.deactivate()", "deactivate() switched it"),
        (
            [],
            "import functorch_compat; sys.meta_path.remove(functorch_compat.FunctorchFinder)",
            "Python was started before the package was installed: restart it, or call",
        ),
    ],
    ids=["-S", "deactivated", "started before"],
)
def test_it_says_why_it_is_not_active(options, before, reason):
    folders = [str(ROOT), str(TORCH.parent)] if options else []
    code = REASON.format(folders=folders, before=before)

    assert reason in run_python(*options, "-c", code).stdout


def test_it_says_that_the_package_is_in_a_zip_archive(tmp_path):
    archive = shutil.make_archive(
        tmp_path / "package", "zip", root_dir=ROOT, base_dir="functorch_compat"
    )
    code = REASON.format(folders=[archive, str(TORCH.parent)], before="pass")

    assert "the package is in a zip archive" in run_python("-S", "-c", code).stdout


def test_a_value_of_the_variable_that_it_does_not_know_is_told():
    _, is_active, reason = who_answers(FUNCTORCH_COMPAT="disabled")

    assert is_active
    assert reason.endswith("the unknown value FUNCTORCH_COMPAT=disabled is ignored")


@pytest.mark.slow
def test_a_user_site_that_is_switched_off_is_not_listed(an_environment):
    code = REASON.format(folders=[], before="pass")
    folder = an_environment.run("-c", "import site; print(site.getusersitepackages())").stdout

    reason = an_environment.run("-s", "-c", code, PYTHONPATH=str(ROOT)).stdout
    assert "is in none of the folders that Python reads at start" in reason
    assert folder.strip() not in reason


@pytest.mark.slow
def test_it_says_where_the_recorder_writes_and_is_not_recorded(warm_python, tmp_path):
    assert report(warm_python, FUNCTORCH_COMPAT_RECORD=str(tmp_path))["recorded_into"] == str(
        tmp_path
    )
    assert list(tmp_path.iterdir()) == []


def test_it_says_whose_the_module_utilities_are():
    owner = "torch" if TORCH_HAS_FUNCTORCH else "functorch-compat"

    assert doctor._source_of_module_utilities() == owner


def test_without_torch_it_says_so_in_one_line(tmp_path):
    venv.create(tmp_path)
    result = run_python(
        *("-m", "functorch_compat", "doctor"),
        python=tmp_path / "bin/python",
        check=False,
        PYTHONPATH=str(ROOT),
    )

    assert (result.returncode, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("functorch-compat doctor: ")
    assert " cannot import torch (" in line
    assert "No module named 'torch'" in line


@pytest.mark.slow
def test_a_reader_that_stops_reading_stops_it_quietly():
    command = f"{sys.executable} -m functorch_compat doctor | true"
    result = run_python("-c", f"import os; os.system({command!r})")

    assert result.stderr == ""
