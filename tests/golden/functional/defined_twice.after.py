"""A second import of the name needs no second function."""

import copy

import torch
from torch.func import functional_call, vmap


def make_functional(model, disable_autograd_tracking=False):
    """Return a function that calls a copy of the model, and the parameters of the copy."""
    model = copy.deepcopy(model)
    names = [name for name, _ in model.named_parameters()]
    params = tuple(model.parameters())
    if disable_autograd_tracking:
        model.requires_grad_(False)

    def func(params, *args, **kwargs):
        return functional_call(model, dict(zip(names, params)), args, kwargs)

    return func, params


torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
func, params = make_functional(model)

other, others = make_functional(model, disable_autograd_tracking=True)
x = torch.ones(4, 3)
result = [vmap(func, (None, 0))(params, x), vmap(other, (None, 0))(others, x)]
