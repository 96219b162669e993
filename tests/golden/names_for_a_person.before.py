"""What needs a person stays in an import of its own."""

import functorch
import torch
from functorch import combine_state_for_ensemble, make_functional, vmap

func, params = make_functional(model)
functorch.make_functional(functorch.vmap(func))
vmap(combine_state_for_ensemble(models)[0])
