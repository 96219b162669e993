"""One call that is unpacked is written out: tuples stay tuples, and the model is copied."""

import torch
from functorch import grad, make_functional

torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout(), torch.nn.Linear(3, 2)).eval()
func, params = make_functional(model)
model.train()
model[0].weight.data.zero_()


def loss(params, x):
    return func(params, x).square().sum()


gradients = grad(loss)(params, torch.ones(3))
result = [isinstance(params, tuple), params[0].requires_grad]
result += [p - 0.1 * g for p, g in zip(params, gradients)]
