"""``vmap`` keeps its promises, and torch's documented examples work."""

import functorch
import pytest
import torch
from conftest import assert_documented_examples_agree, assert_same


def test_the_documented_examples():
    assert_documented_examples_agree("vmap")


def test_dimensions_and_chunks(x):
    matrix = x.outer(x + 1)

    sums = functorch.vmap(lambda x: (x, x.sum()), in_dims=1, out_dims=(1, 0), chunk_size=2)(matrix)

    torch.testing.assert_close(sums, (matrix, matrix.sum(0)))
    with pytest.raises(ValueError, match="chunk_size"):
        functorch.vmap(torch.sin, chunk_size=0)


def test_randomness(x):
    def func(x):
        return x + torch.rand((), device=x.device)

    same, different = (
        functorch.vmap(func, randomness=randomness)(torch.zeros_like(x))
        for randomness in ("same", "different")
    )
    assert same.unique().numel() == 1
    assert different.unique().numel() == 3
    with pytest.raises(RuntimeError, match="randomness"):
        functorch.vmap(func)(x)


def test_what_it_computes_is_recorded_as_the_mode_outside_says(x):
    x.requires_grad_()
    double = functorch.vmap(lambda x: 2 * x)

    (gradient,) = torch.autograd.grad(double(x).sum(), x)
    assert_same(gradient, torch.full_like(x, 2.0))
    with torch.no_grad():
        assert not double(x).requires_grad
