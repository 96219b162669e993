"""Names that need a person stay in an import of their own."""

import functorch
import torch
from functorch import FunctionalModule, dim
from torch.func import vmap

module = FunctionalModule(model, (), {})
functorch.FunctionalModule(torch.func.vmap(module), (), {})
vmap(dim.dims(f))
