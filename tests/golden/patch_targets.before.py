"""A patch target is rewritten with the calls that it is for, if it is exactly a name that moved."""
import functorch
import functorch._src.vmap
import torch
from functorch import make_fx
from unittest.mock import patch


def derivative(x):
    """Return it.

    >>> import functorch
    >>> functorch.vjp(f, x)
    """
    return functorch.vjp(f, x), functorch._src.vmap.unwrap(x), make_fx(f)


def test_derivative(monkeypatch):
    monkeypatch.setattr('functorch.vjp', f)
    with patch("functorch.vjp") as patched:
        derivative(x)
    with patch("functorch.vjp.inner"), patch(r"functorch.vjp"):
        print("functorch.vjp")
    with patch("functorch.make_fx"):
        pass


derivative(x)
