"""The warning has the right category, text and place, and filters can select it."""

import _thread as thread
import pickle
import time
import warnings

import functorch
import pytest
import torch
from conftest import run_python

from functorch_compat import FunctorchDeprecationWarning, deprecation
from functorch_compat.legacy_api import LEGACY_API, MIGRATION_GUIDE


def caught_from(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [w for w in caught if "torch.jit" not in str(w.message)]  # Torch's first jvp raises it.


def square(x):
    return (x**2).sum()


x = torch.ones(3)
module = torch.nn.Linear(3, 1)

CALLS = {
    "vmap": lambda: functorch.vmap(torch.sin),
    "grad": lambda: functorch.grad(square),
    "grad_and_value": lambda: functorch.grad_and_value(square),
    "vjp": lambda: functorch.vjp(torch.sin, x),
    "jvp": lambda: functorch.jvp(torch.sin, (x,), (x,)),
    "jacrev": lambda: functorch.jacrev(torch.sin),
    "jacfwd": lambda: functorch.jacfwd(torch.sin),
    "hessian": lambda: functorch.hessian(square),
    "functionalize": lambda: functorch.functionalize(torch.sin),
    "make_functional": lambda: functorch.make_functional(module),
    "make_functional_with_buffers": lambda: functorch.make_functional_with_buffers(module),
    "combine_state_for_ensemble": lambda: functorch.combine_state_for_ensemble([module, module]),
}
SILENT_CALLS = {
    "FunctionalModule": lambda: functorch.FunctionalModule._create_from(module),
    "FunctionalModuleWithBuffers": lambda: functorch.FunctionalModuleWithBuffers._create_from(
        module
    ),
    "make_fx": lambda: functorch.make_fx(torch.sin)(x),
}


def test_each_function_that_warns_is_called_here():
    assert set(CALLS) == {
        name[len("functorch.") :] for name, api in LEGACY_API.items() if api.warns
    }


@pytest.mark.parametrize("name", CALLS)
def test_each_call_warns_once_in_the_same_words_at_the_callers_line(name):
    (warning,) = caught_from(CALLS[name])

    replacement = LEGACY_API[f"functorch.{name}"].replacement
    assert warning.category is FunctorchDeprecationWarning
    assert str(warning.message).startswith(f"functorch.{name} is deprecated")
    assert f"Please use `{replacement}`" in str(warning.message)
    assert MIGRATION_GUIDE in str(warning.message)
    assert (warning.filename, warning.lineno) == (
        __file__,
        CALLS[name].__code__.co_firstlineno,
    )


@pytest.mark.parametrize("name", SILENT_CALLS)
def test_three_names_stay_silent_as_upstream(name):
    caught = caught_from(SILENT_CALLS[name])

    assert not [w for w in caught if issubclass(w.category, FutureWarning)]


def test_a_legacy_function_that_torch_calls_blames_the_users_line():
    def call():
        torch.func.vmap(functorch.grad(square))(torch.ones(2, 3))
        torch.func.vmap(lambda x: x, randomness="same")(x)
        torch.utils._pytree.tree_map(functorch.grad, [square])

    first, second = caught_from(call)
    lines = [call.__code__.co_firstlineno + 1, call.__code__.co_firstlineno + 3]
    assert [(w.filename, w.lineno) for w in (first, second)] == [(__file__, n) for n in lines]


@pytest.mark.parametrize("depth", [1, 3])
def test_the_users_line_is_found_at_any_depth(depth):
    # Here the functions of this package seem to call each other more often than they do.
    namespace = {"__name__": "functorch_compat.deep.inside", "warn": deprecation.warn}
    exec(
        "def call(depth):\n"
        "    warn('functorch.vjp is deprecated') if depth == 0 else call(depth - 1)",
        namespace,
    )

    (warning,) = caught_from(lambda: namespace["call"](depth))

    assert warning.filename == __file__


def test_a_thread_that_is_started_with_a_legacy_function():
    results = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        thread.start_new_thread(functorch.vjp, (lambda x: results.append(1) or x.sin(), x))
        while not results:
            time.sleep(0.01)

    assert [w.category for w in caught if w.category is FunctorchDeprecationWarning]


def test_every_call_warns():
    def twice():
        for _ in range(2):
            functorch.vjp(torch.sin, x)

    assert len(caught_from(twice)) == 2


def test_vjp_fn_does_not_warn():
    _, vjp_fn = functorch.vjp(torch.sin, x)

    assert not caught_from(lambda: vjp_fn(x))


@pytest.mark.parametrize("category", [DeprecationWarning, FutureWarning])
def test_existing_filters_of_either_kind_match(category):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", category)
        functorch.vjp(torch.sin, x)


def test_the_warning_as_an_error_is_raised_before_anything_runs():
    def func(x):
        raise AssertionError("called")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(FunctorchDeprecationWarning, match=r"^functorch\.vjp is deprecated"):
            functorch.vjp(func, x)


def test_the_warning_survives_pickling():
    # A worker process pickles it, if it is an error there.
    (warning,) = caught_from(CALLS["vjp"])
    copy = pickle.loads(pickle.dumps(warning.message))

    assert type(copy) is FunctorchDeprecationWarning
    assert str(copy) == str(warning.message)


SCRIPT = """
import functorch, torch
functorch.grad(torch.sum)
functorch.vjp(torch.sin, torch.ones(3))
"""


def run_script(tmp_path, *options):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    return run_python(*options, script, check=False)


@pytest.mark.slow
def test_python_shows_it_by_default_in_a_script(tmp_path):
    result = run_script(tmp_path)

    assert result.returncode == 0
    assert "script.py:3: FunctorchDeprecationWarning: functorch.grad is deprecated" in result.stderr
    assert "script.py:4: FunctorchDeprecationWarning: functorch.vjp is deprecated" in result.stderr


@pytest.mark.slow
def test_a_command_line_filter_can_name_one_api(tmp_path):
    result = run_script(tmp_path, "-W", "error:functorch.vjp:DeprecationWarning")

    assert result.returncode == 1
    assert (
        result.stderr.strip()
        .splitlines()[-1]
        .startswith("functorch_compat.FunctorchDeprecationWarning: functorch.vjp is deprecated")
    )


@pytest.mark.slow
def test_a_pytest_filter_can_name_one_api(tmp_path, warm_python):
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings =\n"
        "    error::functorch_compat.FunctorchDeprecationWarning\n"
        "    ignore:functorch.grad:DeprecationWarning\n"
    )
    (tmp_path / "test_legacy.py").write_text(
        "import functorch, torch\n"
        "def test_grad(): functorch.grad(torch.sum)\n"
        "def test_vjp(): functorch.vjp(torch.sin, torch.ones(3))\n"
    )
    result = warm_python("-m", "pytest", "-q", tmp_path, check=False)

    assert "1 failed, 1 passed" in result.stdout
    assert "test_legacy.py::test_vjp" in result.stdout
