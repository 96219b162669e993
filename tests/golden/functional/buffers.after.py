"""Buffers, frozen parameters, tied weights, and a keyword argument."""

import copy

import torch


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
        return torch.func.functional_call(model, state, args, kwargs)

    return func, params, buffers


class Tied(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Linear(3, 3)
        self.other = torch.nn.Linear(3, 3)
        self.other.weight = self.one.weight
        self.norm = torch.nn.BatchNorm1d(3, track_running_stats=False)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x, scale=1):
        self.calls += scale
        return self.norm(self.other(self.one(x))) * scale


torch.manual_seed(0)
x = torch.randn(4, 3)
model = Tied()
model, params, buffers = make_functional_with_buffers(model, disable_autograd_tracking=True)
output = model(params, buffers, x, scale=2)
gradients = torch.func.grad(lambda p, b: model(p, b, x).square().sum())(params, (torch.zeros(()),))
result = [len(params), [p.requires_grad for p in params], output, *gradients, *buffers]
