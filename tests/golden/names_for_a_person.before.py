"""What needs a person stays in an import of its own."""

import functorch
import torch
from functorch import FunctionalModule, dim, vmap

module = FunctionalModule(model, (), {})
functorch.FunctionalModule(functorch.vmap(module), (), {})
vmap(dim.dims(f))
