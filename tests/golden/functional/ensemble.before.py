"""The stacked parameters of an ensemble are detached."""

import torch
from functorch import combine_state_for_ensemble, vmap

torch.manual_seed(0)
models = [torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).eval() for _ in "123"]
fmodel, params, buffers = combine_state_for_ensemble(models)
[p.requires_grad_() for p in params]
output = vmap(fmodel, in_dims=(0, 0, None))(params, buffers, torch.ones(5, 3))
output.sum().backward()
result = [output, len(params), params[0].is_leaf, *(p.grad for p in params), *buffers]
