"""Uses through the module get the new name; torch is imported already."""

import os

import functorch

import torch


def derivative(f, x):
    return functorch.vjp(f, x)[1](torch.ones(3)), functorch.jacrev(f)(x)


class Model:
    transform = staticmethod(functorch.grad)
    both = [functorch . vmap(t) for t in (functorch.jvp,)]
