"""Imports in blocks and between semicolons."""
import torch
if fast:
    pass
else: pass
import sys; from torch.func import vjp; from torch.fx.experimental.proxy_tensor import make_fx
if one: pass
def f():
    # what functorch was for

    # what follows
    from torch.func import vmap  # type: ignore
    return torch.func.hessian(vmap)
torch.func.jvp(f); f(), vjp(f), make_fx(f)
