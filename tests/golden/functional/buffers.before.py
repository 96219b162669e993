"""Buffers, frozen parameters, tied weights, and a keyword argument."""

import functorch
import torch


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
model, params, buffers = functorch.make_functional_with_buffers(model, disable_autograd_tracking=True)
output = model(params, buffers, x, scale=2)
gradients = functorch.grad(lambda p, b: model(p, b, x).square().sum())(params, (torch.zeros(()),))
result = [len(params), [p.requires_grad for p in params], output, *gradients, *buffers]
