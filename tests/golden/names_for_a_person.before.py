"""Names that need a person stay in an import of their own."""

import functorch
import torch
from functorch import FunctionalModule, dim, vmap

module = FunctionalModule(model, (), {})
functorch.FunctionalModule(functorch.vmap(module), (), {})
vmap(dim.dims(f))
