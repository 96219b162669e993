"""An import that something else may take the place of is left alone."""
try:
    from torch.func import vjp
except ImportError:
    from torch.func import vjp

try:
    import functorch as ft
except ModuleNotFoundError:
    ft = None

if version >= (2, 0):
    from torch.func import grad
else:
    from torch.func import grad

from torch.func import vmap

print(vjp(f, x), ft.jvp(f), grad(f), vmap(f))
