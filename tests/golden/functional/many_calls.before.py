"""Several calls, a loop, and a result that is not unpacked need a function."""

import torch
from functorch import make_functional

torch.manual_seed(0)
models = [torch.nn.Linear(3, 2) for _ in range(3)]
functions = []
for model in models:
    func, params = make_functional(model)
    functions.append((func, params))
everything = make_functional(torch.nn.Linear(2, 2), True)
result = [func(params, torch.ones(3)) for func, params in functions]
result += [p.requires_grad for p in everything[1]]
