"""A linearised model: parts that are hidden from the module, and parts that nothing needs."""

import torch
from functorch import jvp, make_functional_with_buffers
from torch import nn


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
