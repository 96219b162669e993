"""``jacrev``, ``jacfwd`` and ``hessian`` keep their promises, and torch's examples work."""

import functorch
import pytest
import torch
from conftest import assert_documented_examples_agree, assert_same


@pytest.mark.parametrize("name", ["jacrev", "jacfwd", "hessian"])
def test_the_documented_examples(name):
    assert_documented_examples_agree(name)


@pytest.mark.parametrize("name", ["jacrev", "jacfwd"])
def test_the_jacobian_is_that_of_each_argnum(name, x):
    jacobian = getattr(functorch, name)(lambda x, y: {"product": x * y}, argnums=(0, 1))(x, x + 1)

    expected = {"product": (torch.diag(x + 1), torch.diag(x))}
    torch.testing.assert_close(jacobian, expected)


def test_jacrev_in_chunks(x):
    whole = functorch.jacrev(lambda x: x.outer(x))(x)

    assert_same(functorch.jacrev(lambda x: x.outer(x), chunk_size=2)(x), whole)
    with pytest.raises(ValueError, match="chunk_size"):
        functorch.jacrev(torch.sin, chunk_size=0)


def test_jacfwd_with_random_functions(x):
    def func(x):
        return x * torch.rand(3, dtype=x.dtype, device=x.device)

    torch.manual_seed(0)
    jacobian = functorch.jacfwd(func, randomness="same")(x)
    torch.manual_seed(0)
    assert_same(jacobian, torch.diag(torch.rand(3, dtype=x.dtype, device=x.device)))
    with pytest.raises(RuntimeError, match="randomness"):
        functorch.jacfwd(func)(x)


def test_the_hessian_of_an_argnum(x):
    hessian = functorch.hessian(lambda y, x: (x**3).sum() + y.sum(), argnums=1)(x, x)

    torch.testing.assert_close(hessian, torch.diag(6 * x))
