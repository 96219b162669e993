"""``jvp`` keeps its promises, and torch's examples of ``vjp`` and ``jvp`` work."""

import functorch
import pytest
import torch
from conftest import assert_documented_examples_agree, assert_same


@pytest.mark.parametrize("name", ["vjp", "jvp"])
def test_the_documented_examples(name):
    assert_documented_examples_agree(name)


def test_jvp_returns_the_output_and_the_products(x):
    output, products = functorch.jvp(lambda x, y: x * y["y"], (x, {"y": x + 1}), (x, {"y": x}))

    assert_same(output, x * (x + 1))
    torch.testing.assert_close(products, x * (x + 1) + x * x)


def test_strict_refuses_an_output_that_does_not_depend_on_the_primals(x):
    def constant(x):
        return torch.ones(3, device=x.device)

    output, products = functorch.jvp(constant, (x,), (x,))
    assert_same(products, torch.zeros_like(output))
    with pytest.raises(RuntimeError, match="independent of the inputs"):
        functorch.jvp(constant, (x,), (x,), strict=True)
