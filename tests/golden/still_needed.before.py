"""An import goes only when nothing needs it any more."""
import functorch
import functorch as used_in_a_string
import functorch as bare
import functorch.compile as public
import functorch as patched
import torch

__all__ = ["public"]

print(functorch.vjp(f, x))
bare.vjp(f, bare)
patched.hessian = patched.grad


def annotated(x: "used_in_a_string.FunctionalModule"):
    return used_in_a_string.vjp(f, x)
