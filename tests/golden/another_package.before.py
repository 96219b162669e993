"""Where another package may have the name, a rewrite would take it away."""

import torch

try:
    import functorch
except ImportError:
    import mylib as functorch

curvature = functorch.hessian(f)(x)
