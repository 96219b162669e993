"""A star import becomes one of the names that are used, where nothing else gives or takes one."""
from torch.func import grad, jacrev
from torch.fx.experimental.proxy_tensor import make_fx
import os


def second(f, vmap):
    """A parameter is no use of the import."""
    return grad(grad(f)), vmap, make_fx(f)


def first(hessian=None):
    return hessian, jacrev(f), print
