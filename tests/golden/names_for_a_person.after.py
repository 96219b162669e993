"""What needs a person stays in an import of its own."""

import functorch
import torch
from functorch import combine_state_for_ensemble, make_functional
from torch.func import vmap

func, params = make_functional(model)
functorch.make_functional(torch.func.vmap(func))
vmap(combine_state_for_ensemble(models)[0])
