"""A linearised model: parts that are hidden from the module, and parts that nothing needs."""

import copy

import torch
from torch import nn
from torch.func import functional_call, jvp


def make_functional_with_buffers(model, disable_autograd_tracking=False):
    """Return a function that calls a copy of the model, its parameters and its buffers."""
    model = copy.deepcopy(model)
    names = [name for name, _ in model.named_parameters()]
    buffer_names = [name for name, _ in model.named_buffers()]
    params, buffers = tuple(model.parameters()), tuple(model.buffers())
    if disable_autograd_tracking:
        model.requires_grad_(False)

    def func(params, buffers, *args, **kwargs):
        state = dict(zip(names, params)), dict(zip(buffer_names, buffers))
        return functional_call(model, state, args, kwargs)

    return func, params, buffers


class Linearised(nn.Module):
    def __init__(self, model):
        super().__init__()
        func0, params0, self.buffers0 = make_functional_with_buffers(
            model.eval(), disable_autograd_tracking=True
        )
        self.func0 = lambda params, x: func0(params, self.buffers0, x)
        _, params, _ = make_functional_with_buffers(model, disable_autograd_tracking=True)
        self.params = nn.ParameterList(params)
        self.params0 = nn.ParameterList(params0)

    def forward(self, x):
        dparams = [p - p0 + 1 for p, p0 in zip(self.params, self.params0)]
        return jvp(lambda p: self.func0(p, x), (tuple(self.params0),), (tuple(dparams),))


torch.manual_seed(0)
linearised = Linearised(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))
result = [*linearised(torch.ones(4, 3)), *linearised.state_dict()]
