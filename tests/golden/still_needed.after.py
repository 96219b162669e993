"""An import goes only when nothing needs it any more."""
import functorch as used_in_a_string
import functorch as bare
import functorch.compile as public
import functorch as patched
import torch

__all__ = ["public"]

print(torch.func.vjp(f, x))
torch.func.vjp(f, bare)
patched.hessian = torch.func.grad


def annotated(x: "used_in_a_string.FunctionalModule"):
    return torch.func.vjp(f, x)
