"""``vjp`` composes with everything that ``torch.func.vjp`` composes with."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import functorch
import pytest
import torch
from conftest import assert_same


def both(use):
    """Return the results of ``use`` with our ``vjp`` and with that of ``torch.func``."""
    return use(functorch.vjp), use(torch.func.vjp)


def product(vjp, func, x):
    output, vjp_fn = vjp(func, x)
    return vjp_fn(torch.ones_like(output))[0]


def test_nested(x):
    def second_derivative(vjp):
        return product(vjp, lambda x: product(vjp, torch.sin, x), x)

    actual, expected = both(second_derivative)

    assert_same(actual, expected)
    torch.testing.assert_close(actual, -x.sin())


def test_under_vmap(x):
    batch = torch.stack([x, x + 1])

    actual, expected = both(
        lambda vjp: torch.func.vmap(lambda x: product(vjp, torch.sin, x))(batch)
    )

    assert_same(actual, expected)
    assert_same(actual, batch.cos())


def test_over_vmap(x):
    batch = torch.stack([x, x + 1])
    actual, expected = both(lambda vjp: product(vjp, torch.func.vmap(torch.sin), batch))

    assert_same(actual, expected)
    assert_same(actual, batch.cos())


def test_vmap_of_vjp_fn_is_the_jacobian(x):
    def jacobian(vjp):
        _, vjp_fn = vjp(lambda x: x.outer(x).sum(0), x)
        return torch.func.vmap(vjp_fn)(torch.eye(3, dtype=x.dtype, device=x.device))[0]

    actual, expected = both(jacobian)

    assert_same(actual, expected)
    torch.testing.assert_close(actual, torch.func.jacrev(lambda x: x.outer(x).sum(0))(x))


@pytest.mark.parametrize("transform", [torch.func.grad, torch.func.jacrev, torch.func.jacfwd])
def test_under_other_transforms(transform, x):
    def hessian_sum(vjp):
        func = lambda x: product(vjp, torch.sin, x)  # noqa: E731
        return transform(lambda x: func(x).sum())(x)

    actual, expected = both(hessian_sum)

    assert_same(actual, expected)
    torch.testing.assert_close(actual, -x.sin())


def test_under_and_over_jvp(x):
    tangents = (torch.full_like(x, 2.0),)

    def under(vjp):
        return torch.func.jvp(lambda x: product(vjp, torch.sin, x), (x,), tangents)[1]

    def over(vjp):
        return product(vjp, lambda x: torch.func.jvp(torch.sin, (x,), tangents)[1], x)

    for use in (under, over):
        actual, expected = both(use)
        assert_same(actual, expected)
        torch.testing.assert_close(actual, -2 * x.sin())


def test_autograd_inside_the_function(x):
    def func(x):
        return torch.autograd.grad(x.sin().sum(), x, create_graph=True)[0]

    actual, expected = both(lambda vjp: product(vjp, func, x))

    assert_same(actual, expected)
    torch.testing.assert_close(actual, -x.sin())


def test_autograd_through_the_products_reaches_closed_over_parameters(x):
    module = torch.nn.Linear(3, 3, dtype=x.dtype, device=x.device)

    product(functorch.vjp, lambda x: module(x).tanh(), x).sum().backward()
    actual = [p.grad.clone() for p in module.parameters()]
    module.zero_grad()
    product(torch.func.vjp, lambda x: module(x).tanh(), x).sum().backward()

    assert_same(actual, [p.grad for p in module.parameters()])
    assert actual[0].abs().sum() > 0


def test_module_parameters_as_a_primal(x):
    module = torch.nn.Linear(3, 2, dtype=x.dtype, device=x.device)
    parameters = dict(module.named_parameters())

    _, vjp_fn = functorch.vjp(lambda p: torch.func.functional_call(module, p, (x,)), parameters)
    (products,) = vjp_fn(torch.ones_like(module(x)))

    assert_same(products, {"weight": x.expand(2, 3), "bias": torch.ones_like(module.bias)})


def test_each_thread_has_its_own_levels(x):
    with ThreadPoolExecutor(4) as pool:
        products = pool.map(lambda i: product(functorch.vjp, torch.sin, x * i), range(20))

    assert_same(list(products), [(x * i).cos() for i in range(20)])


class Tagged(torch.Tensor):
    """A Tensor subclass that keeps its class through every operation."""


KINDS = {
    "float16": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "float32": lambda x: x.float(),
    "complex": lambda x: torch.complex(x, x + 1),
    "empty": lambda x: x[:0],
    "scalar": lambda x: x[0],
    "strided": lambda x: x.repeat(2)[::2],
    "parameter": torch.nn.Parameter,
    "subclass": lambda x: x.as_subclass(Tagged),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_kinds_of_tensors(kind, x):
    actual, expected = both(lambda vjp: product(vjp, lambda x: x * x, kind(x)))

    assert type(actual) is type(expected)
    assert actual.dtype == kind(x).dtype
    torch.testing.assert_close(
        torch.Tensor(actual.detach()) if isinstance(actual, Tagged) else actual,
        torch.Tensor(expected.detach()) if isinstance(expected, Tagged) else expected,
        rtol=0,
        atol=0,
    )
    assert torch.equal(actual.resolve_conj(), 2 * kind(x).conj().resolve_conj())


# Each function of x, and its product with cotangents of ones, worked out by hand.
FUNCTIONS = {
    "the primal itself": (lambda x: x, lambda x: torch.ones_like(x)),
    "a view of it": (lambda x: x[1:], lambda x: torch.tensor([0, 1, 1]).to(x)),
    "nothing of it": (lambda x: torch.ones_like(x), lambda x: torch.zeros_like(x)),
    "a detached copy": (lambda x: x.detach() * x, lambda x: x),
    "a view changed in place": (lambda x: changed_in_place(x), lambda x: x.new_tensor([2, 10, 2])),
    "what it printed": (lambda x: x * float(len(repr(x)) > 0), lambda x: torch.ones_like(x)),
    "a named tuple": (lambda x: Named(x * 2, x * 3), lambda x: torch.full_like(x, 5)),
}


class Named(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


def changed_in_place(x):
    y = x * 2
    y[1:2].mul_(5)
    return y


@pytest.mark.parametrize(("func", "expected"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_functions_of_every_sort(func, expected, x):
    output, vjp_fn = functorch.vjp(func, x)
    (actual,) = vjp_fn(torch.utils._pytree.tree_map(torch.ones_like, output))

    assert type(output) is type(func(x))
    assert_same(output, func(x))
    assert_same(actual, expected(x))


def test_a_primal_that_the_output_does_not_use_has_a_product_of_zeros(x):
    _, vjp_fn = functorch.vjp(lambda x, y: x * 2, x, x + 1)

    assert_same(vjp_fn(x), (x * 2, torch.zeros_like(x)))


def test_autocast_inside_the_function(x):
    weight = torch.outer(x, x).float()

    def func(x):
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            return weight @ x

    def use(vjp):
        output, vjp_fn = vjp(func, x.float())
        return output, vjp_fn(torch.ones_like(output))

    actual, expected = both(use)

    assert_same(actual, expected)
    assert actual[0].dtype == torch.bfloat16
    assert actual[1][0].dtype == torch.float32
    torch.testing.assert_close(actual[1][0], weight.sum(0), rtol=0.02, atol=0.02)


def test_sparse(x):
    sparse = x.to_sparse()

    output, vjp_fn = functorch.vjp(lambda x: (x * 2).to_sparse(), x)
    (product_of_dense,) = vjp_fn(sparse)
    _, vjp_fn = functorch.vjp(lambda x: x * 2, sparse)
    (product_of_sparse,) = vjp_fn(sparse)

    assert output.is_sparse
    assert product_of_sparse.is_sparse
    for tensor in (output, product_of_dense, product_of_sparse):
        assert_same(tensor.to_dense(), x * 2)
