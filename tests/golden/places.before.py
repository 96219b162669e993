"""Imports in blocks and between semicolons."""
import torch
if fast:
    import functorch
else: import functorch
import sys; import functorch.experimental; from functorch import vjp, make_fx
if one: from functorch import grad, make_functional
def f():
    # what functorch was for
    import functorch  # here

    # what follows
    from functorch import vmap, make_fx  # type: ignore
    return functorch.hessian(vmap)
functorch.experimental.jvp(f); f(), vjp(f), make_fx(f)
