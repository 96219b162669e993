"""A mode outside a transform does not change its result, and still applies to the level below."""

import functorch
import pytest
import torch
from conftest import APPLICATIONS, assert_same, modes_left_alone
from torch.autograd import forward_ad
from torch.nn import functional

OUTER_MODES = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "forward AD off": lambda: forward_ad._set_fwd_grad_enabled(False),
    "enable_grad": torch.enable_grad,
}


class Cube(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, cotangents):
        return cotangents * 3 * ctx.saved_tensors[0] ** 2


def attention(x):
    q = x.reshape(1, 1, 3, 1)
    return functional.scaled_dot_product_attention(q, q + 1, q * 2)


def in_place(x):
    y = x * 2
    y.add_(1).mul_(x)
    return y


FUNCTIONS = {
    "sin": torch.sin,
    "softmax": lambda x: x.softmax(0),
    "std": lambda x: x.std(),
    "svdvals": lambda x: torch.linalg.svdvals(x[:, None] * x.sin()),
    "attention": attention,
    "in-place": in_place,
    "autograd.Function": Cube.apply,
    "layer_norm": lambda x: functional.layer_norm(x, (3,)),
    "matmul": lambda x: x.outer(x) @ x,
}

outer_modes = pytest.mark.parametrize("outer_mode", OUTER_MODES.values(), ids=OUTER_MODES)
functions = pytest.mark.parametrize("func", FUNCTIONS.values(), ids=FUNCTIONS)


def evaluated_without_modes(func, x):
    output, vjp_fn = torch.func.vjp(func, x)
    cotangents = torch.linspace(1, 2, output.numel(), dtype=x.dtype, device=x.device)
    cotangents = cotangents.reshape(output.shape)
    return output, cotangents, vjp_fn(cotangents)


@outer_modes
@functions
def test_vjp_and_vjp_fn_inside_a_mode(func, outer_mode, x):
    output, cotangents, products = evaluated_without_modes(func, x)

    with outer_mode(), modes_left_alone():
        actual_output, vjp_fn = functorch.vjp(func, x)
        actual_products = vjp_fn(cotangents)

    assert_same(actual_output, output)
    assert_same(actual_products, products)


@outer_modes
@functions
def test_vjp_alone_inside_a_mode(func, outer_mode, x):
    _, cotangents, products = evaluated_without_modes(func, x)

    with outer_mode():
        _, vjp_fn = functorch.vjp(func, x)

    assert_same(vjp_fn(cotangents), products)


@outer_modes
@functions
def test_vjp_fn_alone_inside_a_mode(func, outer_mode, x):
    _, cotangents, products = evaluated_without_modes(func, x)

    _, vjp_fn = functorch.vjp(func, x)
    with outer_mode(), modes_left_alone():
        actual_products = vjp_fn(cotangents)

    assert_same(actual_products, products)


@outer_modes
def test_aux_and_primals_made_inside_a_mode(outer_mode, x):
    with outer_mode():
        primal = x.clone()
        output, vjp_fn, aux = functorch.vjp(
            lambda x: (x.sin(), {"cos": x.cos(), "step": 3}), primal, has_aux=True
        )
        products = vjp_fn(torch.ones_like(primal))

    assert_same((output, products, aux), (x.sin(), (x.cos(),), {"cos": x.cos(), "step": 3}))


def test_grad_mode_switched_off_by_a_function_without_a_context(x):
    torch.set_grad_enabled(False)
    try:
        output, vjp_fn = functorch.vjp(torch.sin, x)
        products = vjp_fn(torch.ones_like(x))
    finally:
        torch.set_grad_enabled(True)

    assert_same((output, products), (x.sin(), (x.cos(),)))


def test_grad_mode_switched_on_within_inference_mode(x):
    with torch.inference_mode(), torch.enable_grad(), modes_left_alone():
        output, vjp_fn = functorch.vjp(torch.sin, x)
        products = vjp_fn(torch.ones_like(x))

    assert_same((output, products), (x.sin(), (x.cos(),)))


@pytest.mark.parametrize("inner_mode", [torch.no_grad, torch.inference_mode])
def test_a_mode_inside_the_function_is_respected(inner_mode, x):
    def func(x):
        with inner_mode():
            c = x**2
        return x - c

    with torch.inference_mode():
        output, vjp_fn = functorch.vjp(func, x)

    assert_same(output, x - x**2)
    assert_same(vjp_fn(torch.ones_like(x)), (torch.ones_like(x),))


@pytest.mark.parametrize("outer_mode", [torch.no_grad, torch.inference_mode])
def test_the_level_below_does_not_record(outer_mode, x):
    x.requires_grad_()

    with outer_mode():
        output, vjp_fn, aux = functorch.vjp(lambda x: (x.sin(), x.cos()), x, has_aux=True)
        (product,) = vjp_fn(torch.ones_like(x))

    for tensor in (output, product, aux):
        assert not tensor.requires_grad
        assert not tensor.is_inference()  # It can take part in autograd later.


def test_the_level_below_records_where_nothing_forbids_it(x):
    x.requires_grad_()

    output, vjp_fn = functorch.vjp(torch.sin, x)
    (product,) = vjp_fn(torch.ones_like(x))
    (second_derivative,) = torch.autograd.grad(product.sum(), x)

    assert output.requires_grad
    assert_same(second_derivative, -x.sin())


@pytest.mark.parametrize("outer_mode", [torch.no_grad, torch.inference_mode])
def test_an_outer_grad_does_not_differentiate_through_the_mode(outer_mode, x):
    def func(x):
        with outer_mode():
            output, vjp_fn = functorch.vjp(torch.sin, x)
            (product,) = vjp_fn(torch.ones_like(x))
        return (x + output + product).sum()

    assert_same(torch.func.grad(func)(x), torch.ones_like(x))


def test_an_outer_forward_ad_goes_on_through_vjp(x):
    tangent = torch.full_like(x, 2.0)

    with forward_ad.dual_level():
        output, vjp_fn = functorch.vjp(torch.sin, forward_ad.make_dual(x, tangent))
        (product,) = vjp_fn(torch.ones_like(x))
        tangents = [forward_ad.unpack_dual(t).tangent for t in (output, product)]

    torch.testing.assert_close(tangents, [tangent * x.cos(), -tangent * x.sin()])


@pytest.mark.parametrize(
    "outer_mode", [torch.inference_mode, OUTER_MODES["forward AD off"]], ids=["inference", "off"]
)
def test_forward_ad_switched_off_outside_stays_off_below(outer_mode, x):
    with forward_ad.dual_level():
        dual = forward_ad.make_dual(x, torch.ones_like(x))
        with outer_mode():
            output, vjp_fn = functorch.vjp(torch.sin, dual)
            (product,) = vjp_fn(torch.ones_like(x))
        tangents = [forward_ad.unpack_dual(t).tangent for t in (output, product)]

    assert tangents == [None, None]


@outer_modes
def test_jvp_inside_the_function_works_in_a_mode(outer_mode, x):
    def func(x):
        return torch.func.jvp(torch.sin, (x,), (torch.ones_like(x),))[1]

    with outer_mode():
        output, vjp_fn = functorch.vjp(func, x)
        products = vjp_fn(torch.ones_like(x))

    torch.testing.assert_close((output, products), (x.cos(), (-x.sin(),)))


MOST_FUNCTIONS = {name: FUNCTIONS[name] for name in ("sin", "softmax", "std", "in-place")}
DIFFERENTIATING = [name for name in APPLICATIONS if name not in ("vmap", "functionalize")]


@outer_modes
@pytest.mark.parametrize("func", MOST_FUNCTIONS.values(), ids=MOST_FUNCTIONS)
def test_each_transform_inside_a_mode(apply, func, outer_mode, x):
    expected = apply(torch.func, func, x)

    with outer_mode(), modes_left_alone():
        actual = apply(functorch, func, x)
        primal_made_inside = apply(functorch, func, x.clone())

    assert_same(actual, expected)
    assert_same(primal_made_inside, expected)


@outer_modes
@pytest.mark.parametrize("name", ["grad", "grad_and_value", "jacrev", "jacfwd", "hessian"])
def test_a_function_transformed_outside_and_called_inside_a_mode(name, outer_mode, x):
    def func(x):
        return x.std()

    transformed = getattr(functorch, name)(func)
    with outer_mode(), modes_left_alone():
        actual = transformed(x)

    assert_same(actual, getattr(torch.func, name)(func)(x))


@pytest.mark.parametrize("outer_mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", DIFFERENTIATING)
def test_the_level_below_no_transform_records(name, outer_mode, x):
    x.requires_grad_()

    with outer_mode():
        results = APPLICATIONS[name](functorch, torch.sin, x)

    for tensor in torch.utils._pytree.tree_flatten(results)[0]:
        assert not tensor.requires_grad
        assert not tensor.is_inference()


@pytest.mark.parametrize("outer_mode", [torch.no_grad, torch.inference_mode])
def test_a_method_made_by_a_transform_is_bound_and_named(outer_mode, x):
    class Model:
        scale = 3.0

        def loss(self, x):
            return (self.scale * x**2).sum()

        gradient = functorch.grad(loss, argnums=1)
        gradient_and_steps = functorch.grad(lambda self, x: (self.loss(x), 7), 1, has_aux=True)

    with outer_mode():
        assert_same(Model().gradient(x), 6 * x)
        assert Model().gradient_and_steps(x)[1] == 7
    assert Model.gradient.__name__ == "loss"


@pytest.mark.parametrize("name", ["grad", "grad_and_value", "jacrev", "jacfwd"])
def test_a_function_with_aux_keeps_its_name(name):
    def loss(x):
        return x.sum(), None

    assert getattr(functorch, name)(loss, has_aux=True).__name__ == "loss"


@outer_modes
def test_an_error_inside_any_transform_leaves_the_mode(apply, outer_mode, x):
    def func(x):
        if x is not None:
            raise LookupError("in the function")

    with outer_mode(), modes_left_alone(), pytest.raises(LookupError, match="in the function"):
        apply(functorch, func, x)
