"""Several calls, a loop, and a result that is not unpacked need a function."""

import copy

import torch
from torch.func import functional_call


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
models = [torch.nn.Linear(3, 2) for _ in range(3)]
functions = []
for model in models:
    func, params = make_functional(model)
    functions.append((func, params))
everything = make_functional(torch.nn.Linear(2, 2), True)
result = [func(params, torch.ones(3)) for func, params in functions]
result += [p.requires_grad for p in everything[1]]
