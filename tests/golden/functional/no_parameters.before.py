"""A model without parameters or buffers, inside a function; a result that nothing needs."""

import torch
from functorch import make_functional_with_buffers as functional


def outputs(x):
    func, params, _ = functional(torch.nn.Tanh())
    return params, func(params, (), x)


result = outputs(torch.ones(3))
