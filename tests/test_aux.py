"""With ``has_aux``, the aux may be any object."""

import collections
import warnings
from typing import NamedTuple

import functorch
import pytest
import torch
from conftest import assert_same

from functorch_compat import FunctorchDeprecationWarning


class Solution(NamedTuple):
    state: object
    steps: int


def sine(x):
    return x.sin()


def loss(x):
    return x.sin().sum()


def with_aux(func, aux_of):
    return lambda x: (func(x), aux_of(x))


def separate_value(result):
    gradients, (value, aux) = result
    return gradients, value, aux


# For each transform: a function to try it on, and a call of it. The last result is the aux.
TRANSFORMS = {
    "vjp": (sine, lambda api, func, x, **options: api.vjp(func, x, **options)),
    "jvp": (sine, lambda api, func, x, **options: api.jvp(func, (x,), (x + 1,), **options)),
    "grad": (loss, lambda api, func, x, **options: api.grad(func, **options)(x)),
    "grad_and_value": (
        loss,
        lambda api, func, x, **options: separate_value(api.grad_and_value(func, **options)(x)),
    ),
    "jacrev": (sine, lambda api, func, x, **options: api.jacrev(func, **options)(x)),
    "jacfwd": (sine, lambda api, func, x, **options: api.jacfwd(func, **options)(x)),
}


@pytest.fixture(params=TRANSFORMS)
def transform(request):
    return request.param


def call_with_aux(transform, aux_of, x):
    """Call a transform with ``has_aux``, and return the aux and the texts of the warnings."""
    func, call = TRANSFORMS[transform]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        *results, aux = call(functorch, with_aux(func, aux_of), x, has_aux=True)
    caught = [w for w in caught if w.category is FunctorchDeprecationWarning]
    assert all((w.filename, w.lineno) == (__file__, caught[0].lineno) for w in caught)

    *expected, _ = call(torch.func, with_aux(func, torch.Tensor.clone), x, has_aux=True)
    if transform == "vjp":  # It returns a function.
        results[1], expected[1] = (
            vjp_fn(torch.ones_like(x)) for vjp_fn in (results[1], expected[1])
        )
    assert_same(results, expected)
    return aux, [str(w.message) for w in caught]


ACCEPTED = {
    "tensor": lambda x: x * 2,
    "tuple": lambda x: (x * 2, (x * 3,)),
    "dict": lambda x: {"a": [x * 2], "b": x * 3},
    "OrderedDict": lambda x: collections.OrderedDict(z=x * 2, a=x * 3),
    "namedtuple": lambda x: Solution(x * 2, x * 3),
    "return type": lambda x: torch.stack([x, x * 2]).max(0),
    "nothing": lambda x: (),
    "constant": lambda x: torch.ones(2, dtype=torch.int64),
}


@pytest.mark.parametrize("aux_of", ACCEPTED.values(), ids=ACCEPTED)
def test_tensors_come_back_as_from_torch_func(transform, aux_of, x):
    func, call = TRANSFORMS[transform]
    aux, messages = call_with_aux(transform, aux_of, x)

    assert_same(aux, call(torch.func, with_aux(func, aux_of), x, has_aux=True)[-1])
    torch.testing.assert_close(aux, aux_of(x))
    assert len(messages) == 1  # Nothing has to change before the migration.


marker = object()

REFUSED = {
    "None": lambda x: None,
    "number": lambda x: 3,
    "string": lambda x: "converged",
    "object": lambda x: marker,
    "set": lambda x: {1, 2},
    "function": lambda x: torch.sin,
    "size": lambda x: x.shape,
    "dict": lambda x: {"step": 3, "residual": x * 2, "history": [x * 3, None]},
    "tuple": lambda x: (None, x * 2, "converged", x * 3),
    "namedtuple": lambda x: Solution({"x": x * 2}, 7),
}


@pytest.mark.parametrize("aux_of", REFUSED.values(), ids=REFUSED)
def test_torch_func_refuses_what_is_let_through_here(transform, aux_of, x):
    func, call = TRANSFORMS[transform]

    with pytest.raises(RuntimeError, match="Expected tensors"):
        call(torch.func, with_aux(func, aux_of), x, has_aux=True)


@pytest.mark.parametrize("aux_of", REFUSED.values(), ids=REFUSED)
def test_any_other_object_comes_back_as_given(transform, aux_of, x):
    aux, messages = call_with_aux(transform, aux_of, x)

    leaves, spec = torch.utils._pytree.tree_flatten(aux)
    expected_leaves, expected_spec = torch.utils._pytree.tree_flatten(aux_of(x))
    assert spec == expected_spec
    for leaf, expected in zip(leaves, expected_leaves):
        if isinstance(expected, torch.Tensor):
            assert_same(leaf, expected)
        else:
            assert leaf == expected
    assert len(messages) == 2
    assert messages[1].startswith(
        f"functorch.{transform} was given an aux that `torch.func.{transform}` refuses"
    )


def test_an_object_keeps_its_identity(transform, x):
    history = [1, 2]

    mixed, _ = call_with_aux(transform, lambda x: {"marker": marker, "x": x}, x)
    without_tensors, _ = call_with_aux(transform, lambda x: history, x)

    assert mixed["marker"] is marker
    assert without_tensors is history


def test_tensors_in_a_mixed_aux_are_unwrapped(transform, x):
    aux, _ = call_with_aux(transform, lambda x: {"step": 3, "exp": x.exp()}, x)

    assert not torch._C._functorch.is_functorch_wrapped_tensor(aux["exp"])
    assert not aux["exp"].requires_grad


def test_aux_of_an_inner_level_stays_part_of_the_outer(x):
    def func(x):
        _, _, aux = functorch.vjp(lambda y: (y.sin(), {"step": 3, "cube": y**3}), x, has_aux=True)
        return aux["cube"].sum()

    torch.testing.assert_close(torch.func.grad(func)(x), 3 * x**2)


def test_only_the_second_warning_made_an_error_raises_after_the_call(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "functorch.vjp was given an aux")
        with pytest.raises(FunctorchDeprecationWarning, match=r"refuses.*Before you migrate"):
            functorch.vjp(lambda x: (x.sin(), None), x, has_aux=True)


@pytest.mark.parametrize("returned", [1, (1, 2, 3), [1, 2], None])
def test_has_aux_without_a_pair_is_the_same_error_as_from_torch_func(transform, returned, x):
    _, call = TRANSFORMS[transform]
    with pytest.raises(Exception) as expected:  # noqa: PT011
        call(torch.func, lambda x: returned, x, has_aux=True)
    with pytest.raises(type(expected.value)) as actual:
        call(functorch, lambda x: returned, x, has_aux=True)

    assert str(actual.value) == str(expected.value)


def test_a_transformed_function_can_be_called_again_and_from_within_itself(x):
    def func(x, depth):
        inner = transformed(x, depth - 1)[1] if depth else "the end"
        return x.sin().sum(), {"depth": depth, "inner": inner}

    transformed = functorch.grad(func, has_aux=True)

    for _ in range(2):
        gradient, aux = transformed(x, 2)
        assert_same(gradient, x.cos())
        assert aux == {"depth": 2, "inner": {"depth": 1, "inner": {"depth": 0, "inner": "the end"}}}
