"""What needs a person stays in an import of its own."""

import functorch
import torch
from functorch import FunctionalModule, dim
from torch.func import vmap

module = FunctionalModule(model, (), {})
functorch.FunctionalModule(torch.func.vmap(module), (), {})
vmap(dim.dims(f))
