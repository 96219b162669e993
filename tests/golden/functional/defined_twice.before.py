"""A second import of the name needs no second function."""

import torch
from functorch import make_functional, vmap

torch.manual_seed(0)
model = torch.nn.Linear(3, 2)
func, params = make_functional(model)

from functorch import make_functional, vmap

other, others = make_functional(model, disable_autograd_tracking=True)
x = torch.ones(4, 3)
result = [vmap(func, (None, 0))(params, x), vmap(other, (None, 0))(others, x)]
