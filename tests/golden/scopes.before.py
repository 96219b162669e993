"""A variable called functorch is not the module, nor is a string or a comment."""
import functorch
import torch


def parameter(functorch):  # functorch.vjp of something else
    return functorch.vjp("functorch.vjp")


def local(x):
    functorch = x
    return [functorch.grad() for _ in "1"], (lambda functorch: functorch.vmap())(x)


def outer():
    return functorch.vjp(f, x)


def hidden(torch):
    return functorch.jvp(torch, x)


{functorch.grad for torch in "1"}
print(f"{functorch.hessian(f)} functorch.hessian {x} {functorch.jacfwd(f)!r:>{9}}")
