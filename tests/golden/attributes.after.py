"""Uses through the module get the new name; torch is imported already."""

import os

import torch


def derivative(f, x):
    return torch.func.vjp(f, x)[1](torch.ones(3)), torch.func.jacrev(f)(x)


class Model:
    transform = staticmethod(torch.func.grad)
    both = [torch.func.vmap(t) for t in (torch.func.jvp,)]
