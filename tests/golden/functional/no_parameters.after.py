"""A model without parameters or buffers, inside a function; a result that nothing needs."""

import copy

import torch
from torch.func import functional_call


def outputs(x):
    copied = copy.deepcopy(torch.nn.Tanh())
    names = [name for name, _ in copied.named_parameters()]
    buffer_names = [name for name, _ in copied.named_buffers()]
    params = tuple(copied.parameters())

    def func(params, buffers, *args, **kwargs):
        state = dict(zip(names, params)), dict(zip(buffer_names, buffers))
        return functional_call(copied, state, args, kwargs)

    return params, func(params, (), x)


result = outputs(torch.ones(3))
