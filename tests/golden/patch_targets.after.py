"""A patch target is rewritten with the calls that it is for, if it is exactly a name that moved."""
import torch._functorch.vmap
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from unittest.mock import patch


def derivative(x):
    """Return it.

    >>> import functorch
    >>> functorch.vjp(f, x)
    """
    return torch.func.vjp(f, x), torch._functorch.vmap.unwrap(x), make_fx(f)


def test_derivative(monkeypatch):
    monkeypatch.setattr('torch.func.vjp', f)
    with patch("torch.func.vjp") as patched:
        derivative(x)
    with patch("functorch.vjp.inner"), patch(r"torch.func.vjp"):
        print("functorch.vjp")
    with patch("functorch.make_fx"):
        pass


derivative(x)
