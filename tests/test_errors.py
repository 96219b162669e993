"""A bad call raises the same error as ``torch.func.vjp``, and leaves no level behind."""

import functorch
import pytest
import torch


def wrong_cotangents(vjp, x):
    _, vjp_fn = vjp(lambda x: {"a": x.sin()}, x)
    vjp_fn([torch.ones_like(x)])


def wrong_shape(vjp, x):
    _, vjp_fn = vjp(torch.sin, x)
    vjp_fn(torch.ones(7, dtype=x.dtype, device=x.device))


def second_call_without_graph(vjp, x):
    _, vjp_fn = vjp(torch.exp, x)
    vjp_fn(torch.ones_like(x), retain_graph=False)
    vjp_fn(torch.ones_like(x))


def failing(x):
    raise LookupError("in the function")


def in_place_on_a_closure(vjp, x):
    y = x.clone()
    vjp(lambda x: y.add_(x), x)


def saved_tensor_hooks(vjp, x):
    with torch.autograd.graph.save_on_cpu():
        vjp(torch.sin, x)


BAD_CALLS = {
    "no function": lambda vjp, x: vjp(),
    "not a function": lambda vjp, x: vjp(3, x),
    "unknown keyword": lambda vjp, x: vjp(torch.sin, x, argnums=0),
    "no primals": lambda vjp, x: vjp(lambda: 1),
    "primal is no tensor": lambda vjp, x: vjp(torch.sin, 1.0),
    "one primal is no tensor": lambda vjp, x: vjp(torch.mul, x, 2.0),
    "integer primal": lambda vjp, x: vjp(lambda x: x * 1.0, x.long()),
    "output is no tensor": lambda vjp, x: vjp(lambda x: 1.0, x),
    "output has another leaf": lambda vjp, x: vjp(lambda x: (x, None), x),
    "empty output": lambda vjp, x: vjp(lambda x: (), x),
    "integer output": lambda vjp, x: vjp(lambda x: x.long(), x),
    "error in the function": lambda vjp, x: vjp(failing, x),
    "too many primals": lambda vjp, x: vjp(lambda x: x, x, x),
    "wrong cotangents": wrong_cotangents,
    "wrong shape": wrong_shape,
    "no cotangents": lambda vjp, x: vjp(torch.sin, x)[1](),
    "two cotangents": lambda vjp, x: vjp(lambda x: (x, x), x)[1](x, x, x, x),
    "graph is freed": second_call_without_graph,
    "in-place on a closure": in_place_on_a_closure,
    "saved tensor hooks": saved_tensor_hooks,
    "aux without a pair": lambda vjp, x: vjp(torch.sin, x, has_aux=True),
    "aux and bad output": lambda vjp, x: vjp(lambda x: (1, x), x, has_aux=True),
}


@pytest.mark.parametrize("bad_call", BAD_CALLS.values(), ids=BAD_CALLS)
def test_the_error_is_that_of_torch_func(bad_call, x):
    with pytest.raises(Exception) as expected:  # noqa: PT011
        bad_call(torch.func.vjp, x)
    with pytest.raises(type(expected.value)) as actual:
        bad_call(functorch.vjp, x)

    assert type(actual.value) is type(expected.value)
    assert str(actual.value) == str(expected.value)
