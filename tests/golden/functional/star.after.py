"""A star import becomes an import of the names that are used."""
from torch.func import grad, jacrev
from torch.fx.experimental.proxy_tensor import make_fx
import torch


def second(f, vmap):
    """A parameter is no use of the import."""
    return grad(grad(f)), vmap


def traced(f, x, hessian=None):
    return make_fx(f)(x)(x), hessian


x = torch.tensor(1.0)
result = [second(torch.sin, 0)[0](x), jacrev(torch.cos)(x), traced(torch.exp, x)[0]]
