"""``grad`` and ``grad_and_value`` keep their promises, and torch's examples work."""

import functorch
import torch
from conftest import assert_documented_examples_agree, assert_same


def test_the_documented_examples():
    values = assert_documented_examples_agree("grad")

    assert_same(values["cos_x"], values["x"].cos())


def test_grad_and_value_returns_the_gradient_and_the_value(x):
    gradient, value = functorch.grad_and_value(lambda x: (x**3).sum())(x)

    assert_same((gradient, value), (3 * x**2, (x**3).sum()))


def test_gradients_are_with_respect_to_each_of_the_argnums(x):
    def func(x, y, scale=2.0):
        return (scale * x * y["y"]).sum()

    gradients = functorch.grad(func, argnums=(0, 1))(x, {"y": x + 1}, scale=3.0)
    gradient, value = functorch.grad_and_value(func, argnums=1)(x, {"y": x + 1}, scale=3.0)

    assert_same(gradients, (3 * (x + 1), {"y": 3 * x}))
    assert_same(gradient, {"y": 3 * x})
    assert_same(value, func(x, {"y": x + 1}, scale=3.0))


def test_grad_composes_with_vmap_for_per_sample_gradients(x):
    batch = torch.stack([x, x + 1])

    gradients = functorch.vmap(functorch.grad(lambda x, w: (x * w).sum(), 1), (0, None))(batch, x)

    assert_same(gradients, batch)


def test_the_second_gradient_agrees_with_finite_differences(x):
    gradient = functorch.grad(lambda x: (x.tanh() * x).sum())

    assert torch.autograd.gradcheck(gradient, x.requires_grad_())
