"""``has_aux``: aux is any object."""

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


def vjp_with_aux(aux_of, x):
    """Call ``vjp`` for the sine, and return the aux and the texts of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        output, vjp_fn, aux = functorch.vjp(lambda x: (x.sin(), aux_of(x)), x, has_aux=True)
        assert_same((output, vjp_fn(torch.ones_like(x))), (x.sin(), (x.cos(),)))
    assert all(w.category is FunctorchDeprecationWarning for w in caught)
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
def test_tensors_come_back_as_from_torch_func(aux_of, x):
    aux, messages = vjp_with_aux(aux_of, x)

    assert_same(aux, aux_of(x))
    assert_same(aux, torch.func.vjp(lambda x: (x.sin(), aux_of(x)), x, has_aux=True)[2])
    assert len(messages) == 1  # nothing has to change before this migrates


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
def test_any_other_object_comes_back_as_given(aux_of, x):
    with pytest.raises(RuntimeError, match="Expected tensors"):
        torch.func.vjp(lambda x: (x.sin(), aux_of(x)), x, has_aux=True)

    aux, messages = vjp_with_aux(aux_of, x)

    leaves, spec = torch.utils._pytree.tree_flatten(aux)
    expected_leaves, expected_spec = torch.utils._pytree.tree_flatten(aux_of(x))
    assert spec == expected_spec
    for leaf, expected in zip(leaves, expected_leaves):
        if isinstance(expected, torch.Tensor):
            assert_same(leaf, expected)
        else:
            assert leaf == expected
    assert len(messages) == 2
    assert messages[1].startswith("functorch.vjp was given an aux that `torch.func.vjp` refuses")


def test_an_object_keeps_its_identity(x):
    history = [1, 2]

    mixed, _ = vjp_with_aux(lambda x: {"marker": marker, "x": x}, x)
    without_tensors, _ = vjp_with_aux(lambda x: history, x)

    assert mixed["marker"] is marker
    assert without_tensors is history


def test_tensors_in_a_mixed_aux_are_unwrapped(x):
    aux, _ = vjp_with_aux(lambda x: {"step": 3, "exp": x.exp()}, x)

    assert not torch._C._functorch.is_functorch_wrapped_tensor(aux["exp"])
    assert not aux["exp"].requires_grad


def test_aux_of_an_inner_level_stays_part_of_the_outer(x):
    def func(x):
        _, _, aux = functorch.vjp(lambda y: (y.sin(), {"step": 3, "cube": y**3}), x, has_aux=True)
        return aux["cube"].sum()

    torch.testing.assert_close(torch.func.grad(func)(x), 3 * x**2)


def test_both_warnings_name_the_callers_line(x):
    with pytest.warns(FunctorchDeprecationWarning) as caught:
        functorch.vjp(lambda x: (x.sin(), None), x, has_aux=True)

    assert [w.filename for w in caught] == [__file__] * 2
    assert caught[0].lineno == caught[1].lineno


def test_only_the_second_warning_made_an_error_raises_after_the_call(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "functorch.vjp was given an aux")
        with pytest.raises(FunctorchDeprecationWarning, match=r"refuses.*Before you migrate"):
            functorch.vjp(lambda x: (x.sin(), None), x, has_aux=True)


@pytest.mark.parametrize("returned", [1, (1, 2, 3), [1, 2], None])
def test_has_aux_without_a_pair_is_the_same_error_as_from_torch_func(returned, x):
    with pytest.raises(RuntimeError) as expected:
        torch.func.vjp(lambda x: returned, x, has_aux=True)
    with pytest.raises(RuntimeError) as actual:
        functorch.vjp(lambda x: returned, x, has_aux=True)

    assert str(actual.value) == str(expected.value)
