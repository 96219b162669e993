"""Any nesting of transforms, inside any modes, gives the same as ``torch.func`` outside of modes.

This runs more examples: ``pytest tests/test_properties.py --hypothesis-profile=thorough``.
"""

import contextlib

import functorch
import torch
from conftest import DEVICES, assert_same, modes_left_alone
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._pytree import tree_flatten, tree_map

MODES = {
    "no_grad": torch.no_grad,
    "enable_grad": torch.enable_grad,
    "inference_mode": torch.inference_mode,
    "no inference_mode": lambda: torch.inference_mode(False),
    "no forward AD": lambda: torch.autograd.forward_ad._set_fwd_grad_enabled(False),
}
UNARY = ["sin", "tanh", "exp", "square", "softmax", "cumsum", "neg"]

modes = st.lists(st.sampled_from(sorted(MODES)), max_size=3)
devices = st.sampled_from(DEVICES)


def pytrees(leaves):
    keys = st.sampled_from("abc")
    return st.recursive(
        leaves,
        lambda children: st.one_of(
            st.lists(children, max_size=3),
            st.lists(children, max_size=3).map(tuple),
            st.dictionaries(keys, children, max_size=3),
        ),
        max_leaves=5,
    )


def has_a_leaf(tree):
    return bool(tree_flatten(tree)[0])


tensors = st.lists(st.integers(-3, 3), min_size=3, max_size=3).map(
    lambda numbers: torch.tensor(numbers, dtype=torch.float64) / 2
)
# A formula computes an output. It has a function, and the numbers of two leaves of the primals.
formulas = st.tuples(st.sampled_from(UNARY), st.integers(0, 9), st.integers(0, 9))
objects = st.one_of(st.none(), st.integers(), st.text(max_size=3), st.just(len))


def evaluated(formula, leaves):
    operation, one, other = formula
    arguments = (0,) if operation in ("softmax", "cumsum") else ()
    x = getattr(leaves[one % len(leaves)], operation)(*arguments)
    return x * leaves[other % len(leaves)]


def is_formula(node):
    return isinstance(node, tuple) and len(node) == 3 and node[0] in UNARY


def substituted(tree, leaves):
    """Return the tree with the value of each formula in it."""
    if is_formula(tree):
        return evaluated(tree, leaves)
    if isinstance(tree, dict):
        return {key: substituted(value, leaves) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return type(tree)(substituted(value, leaves) for value in tree)
    return tree


@contextlib.contextmanager
def inside(names):
    with modes_left_alone(), contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(MODES[name]())
        before = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
        yield
        assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == before


@given(
    primals=st.lists(pytrees(tensors).filter(has_a_leaf), min_size=1, max_size=3),
    outputs=pytrees(formulas).filter(has_a_leaf),
    around_vjp=modes,
    around_vjp_fn=modes,
    device=devices,
)
def test_vjp_of_any_pytrees(primals, outputs, around_vjp, around_vjp_fn, device):
    primals = tree_map(lambda x: x.to(device), primals)

    def func(*primals):
        return substituted(outputs, tree_flatten(primals)[0])

    expected, torch_vjp_fn = torch.func.vjp(func, *primals)
    cotangents = tree_map(lambda x: x.detach().cos(), expected)
    with inside(around_vjp):
        output, vjp_fn = functorch.vjp(func, *primals)
    with inside(around_vjp_fn):
        products = vjp_fn(cotangents)

    assert_same(output, expected)
    assert_same(products, torch_vjp_fn(cotangents))


@given(x=tensors, aux=pytrees(st.one_of(formulas, objects)), around=modes, device=devices)
def test_aux_of_any_pytree(x, aux, around, device):
    x = x.to(device)

    def func(x):
        return x.sin(), substituted(aux, [x])

    with inside(around):
        output, vjp_fn, returned = functorch.vjp(func, x, has_aux=True)
        (product,) = vjp_fn(x)

    assert_same(output, x.sin())
    assert_same(product, x * x.cos())
    _assert_same_objects(returned, substituted(aux, [x]))


def _assert_same_objects(actual, expected):
    actual_leaves, actual_spec = tree_flatten(actual)
    expected_leaves, expected_spec = tree_flatten(expected)
    assert actual_spec == expected_spec
    for one, other in zip(actual_leaves, expected_leaves):
        if isinstance(other, torch.Tensor):
            assert not torch._C._functorch.is_functorch_wrapped_tensor(one)
            assert_same(one, other)
        else:
            assert one is other


LAYERS = {
    "vjp": lambda api, func: lambda x: api.vjp(func, x)[1](x.cos())[0],
    "grad": lambda api, func: api.grad(lambda x: func(x).sum()),
    "vmap": lambda api, func: lambda x: api.vmap(func)(torch.stack([x, x + 1])).sum(0),
    "jvp": lambda api, func: lambda x: api.jvp(func, (x,), (x.sin(),))[1],
    "jacrev": lambda api, func: lambda x: api.jacrev(func)(x).sum(0),
    "jacfwd": lambda api, func: lambda x: api.jacfwd(func)(x).sum(0),
    "no_grad": lambda api, func: lambda x: x + _without_grad(func, x),
}


def _without_grad(func, x):
    with torch.no_grad():
        return func(x)


@given(
    x=tensors,
    operation=st.sampled_from(UNARY),
    layers=st.lists(st.sampled_from(sorted(LAYERS)), min_size=1, max_size=3),
    around=modes,
    device=devices,
)
def test_any_nesting(x, operation, layers, around, device):
    x = x.to(device)

    def nested(api):
        func = lambda x: evaluated((operation, 0, 0), [x])  # noqa: E731
        for layer in layers:
            func = LAYERS[layer](api, func)
        return func(x)

    expected = nested(torch.func)
    with inside(around):
        actual = nested(functorch)

    assert_same(actual, expected)
