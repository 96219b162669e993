"""One call that is unpacked is written out: tuples stay tuples, and the model is copied."""

import copy

import torch
from torch.func import functional_call, grad

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(), torch.nn.Linear(3, 2)).eval()
copied = copy.deepcopy(model)
names = [name for name, _ in copied.named_parameters()]
params = tuple(copied.parameters())


def func(params, *args, **kwargs):
    return functional_call(copied, dict(zip(names, params)), args, kwargs)


model.train()
model[0].weight.data.zero_()


def loss(params, x):
    return func(params, x).square().sum()


gradients = grad(loss)(params, torch.ones(3))
result = [isinstance(params, tuple), params[0].requires_grad]
result += [p - 0.1 * g for p, g in zip(params, gradients)]
