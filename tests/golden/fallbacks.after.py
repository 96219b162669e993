"""If one import serves torch 1 and another serves torch 2, only the one for torch 2 stays."""
from torch.func import vjp

from torch.func import jacrev
from torch.func import vmap as vm

try:
    import torch
except ModuleNotFoundError:
    ft = None

from torch.func import grad

try:
    from torch.func import hessian
    has_hessian = True
except ImportError:
    has_hessian = False

from torch.func import vmap

print(vjp(f, x), torch.func.jvp(f), grad(f), vmap(f), vm(f), jacrev(f), hessian(f))
