"""If one import serves torch 1 and another serves torch 2, only the one for torch 2 stays."""
try:
    from torch.func import vjp
except ImportError:
    from functorch import vjp

try:
    from functorch import jacrev, vmap as vm
except ImportError:
    from torch.func import jacrev
    from torch.func import vmap as vm

try:
    import functorch as ft
except ModuleNotFoundError:
    ft = None

if version >= (2, 0):
    from torch.func import grad
else:
    from functorch import grad

try:
    from functorch import hessian
    has_hessian = True
except ImportError:
    has_hessian = False

from functorch import vmap

print(vjp(f, x), ft.jvp(f), grad(f), vmap(f), vm(f), jacrev(f), hessian(f))
