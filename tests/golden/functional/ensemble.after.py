"""The stacked parameters of an ensemble are detached."""

import copy

import torch
from torch.func import functional_call, stack_module_state, vmap

torch.manual_seed(0)
models = [torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).eval() for _ in "123"]
copied = copy.deepcopy(models[0])
stacked = stack_module_state(models)
names, buffer_names = map(list, stacked)
params = tuple(p.detach() for p in stacked[0].values())
buffers = tuple(stacked[1].values())


def fmodel(params, buffers, *args, **kwargs):
    state = dict(zip(names, params)), dict(zip(buffer_names, buffers))
    return functional_call(copied, state, args, kwargs)


[p.requires_grad_() for p in params]
output = vmap(fmodel, in_dims=(0, 0, None))(params, buffers, torch.ones(5, 3))
output.sum().backward()
result = [output, len(params), params[0].is_leaf, *(p.grad for p in params), *buffers]
