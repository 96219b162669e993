"""Here the function is a child of a module. The new function could not be one, so it stays."""

import torch
from functorch import make_functional


class Wrapped(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.f, self.params = make_functional(model)


class Plain:
    def __init__(self, model):
        self.f, self.params = make_functional(model)


torch.manual_seed(0)
plain = Plain(torch.nn.Linear(2, 2))
result = [*Wrapped(torch.nn.Linear(2, 2)).state_dict(), plain.f(plain.params, torch.ones(2))]
