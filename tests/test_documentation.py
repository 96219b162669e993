"""The shim keeps each promise in the documentation of ``functorch.vjp``."""

import collections
import inspect
from typing import NamedTuple

import functorch
import pytest
import torch
from conftest import assert_same


class Pair(NamedTuple):
    first: object
    second: object


class Registered:
    """A container that pytree knows only because it is registered."""

    def __init__(self, first, second):
        self.first, self.second = first, second


register = getattr(torch.utils._pytree, "register_pytree_node", None)
(register or torch.utils._pytree._register_pytree_node)(
    Registered,
    lambda node: ([node.first, node.second], None),
    lambda children, _: Registered(*children),
)


def test_a_simple_case_behaves_as_grad_does(x):
    output, vjp_fn = functorch.vjp(lambda x: x.sin().sum(), x)

    (product,) = vjp_fn(torch.ones_like(output))

    assert_same(output, x.sin().sum())
    assert_same(product, x.cos())
    assert_same(product, torch.func.grad(lambda x: x.sin().sum())(x))


def test_several_outputs_take_a_cotangent_each(x):
    _, vjp_fn = functorch.vjp(lambda x: (x.sin(), x.cos()), x)

    (product,) = vjp_fn((torch.full_like(x, 2.0), torch.full_like(x, 3.0)))

    torch.testing.assert_close(product, 2 * x.cos() - 3 * x.sin())


@pytest.mark.parametrize(
    "struct",
    [
        pytest.param(lambda a, b: {"first": a, "second": b}, id="dict"),
        pytest.param(lambda a, b: [a, b], id="list"),
        pytest.param(lambda a, b: (a, b), id="tuple"),
        pytest.param(Pair, id="namedtuple"),
        pytest.param(lambda a, b: collections.OrderedDict([("z", a), ("a", b)]), id="OrderedDict"),
        pytest.param(lambda a, b: {"nested": [(a,), {"deep": [b]}]}, id="nested"),
        pytest.param(Registered, id="registered"),
    ],
)
def test_outputs_and_primals_can_be_python_structs(struct, x):
    y = x + 1

    def func(primals):
        a, b = torch.utils._pytree.tree_flatten(primals)[0]
        return struct(a * b, a.sin())

    output, vjp_fn = functorch.vjp(func, struct(x, y))
    (product,) = vjp_fn(struct(torch.ones_like(x), torch.full_like(x, 2.0)))

    assert_same(output, struct(x * y, x.sin()))
    assert_same(product, struct(y + 2 * x.cos(), x))


def test_products_are_with_respect_to_each_of_the_primals(device):
    a = torch.randn(2, 3, dtype=torch.float64, device=device)
    b = torch.randn(3, 4, dtype=torch.float64, device=device)
    cotangents = torch.randn(2, 4, dtype=torch.float64, device=device)

    _, vjp_fn = functorch.vjp(torch.matmul, a, b)
    products = vjp_fn(cotangents)

    assert type(products) is tuple
    torch.testing.assert_close(products, (cotangents @ b.T, a.T @ cotangents))


def test_kwargs_use_their_default_value(x):
    _, vjp_fn = functorch.vjp(lambda x, scale=4.0: x * scale, x)

    assert_same(vjp_fn(torch.ones_like(x)), (torch.full_like(x, 4.0),))


def test_has_aux_returns_the_second_element_undifferentiated(x):
    output, vjp_fn, aux = functorch.vjp(lambda x: (x.sin(), x.exp()), x, has_aux=True)

    assert_same((output, aux), (x.sin(), x.exp()))
    assert_same(vjp_fn(torch.ones_like(x)), (x.cos(),))


def test_vjp_fn_can_be_called_again_and_keeps_its_own_arguments(x):
    _, vjp_fn = functorch.vjp(torch.sin, x)
    cotangents = torch.ones_like(x, requires_grad=True)

    first = vjp_fn(cotangents)[0]
    second = vjp_fn(cotangents, create_graph=False)[0]
    third = vjp_fn(cotangents, retain_graph=False)[0]

    assert_same(first.detach(), second)
    assert_same(second, third.detach())
    assert (first.requires_grad, second.requires_grad) == (True, False)


def test_no_grad_inside_the_function_is_respected(x):
    def func(x):
        with torch.no_grad():
            c = x**2
        return x - c

    output, vjp_fn = functorch.vjp(func, x)

    assert_same(output, x - x**2)
    assert_same(vjp_fn(torch.ones_like(x)), (torch.ones_like(x),))


def test_the_gradients_agree_with_finite_differences(device):
    primals = tuple(
        torch.rand(3, 3, dtype=torch.float64, device=device, requires_grad=True) for _ in range(2)
    )

    def products(a, b, cotangents):
        return functorch.vjp(lambda a, b: torch.tanh(a @ b).cumprod(0), a, b)[1](cotangents)

    assert torch.autograd.gradcheck(products, (*primals, torch.ones_like(primals[0])))


def test_the_signature_is_the_documented_one():
    def documented(func, *primals, has_aux=False): ...

    def shape(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert shape(functorch.vjp) == shape(documented) == shape(torch.func.vjp)
