"""What the benchmarks compare: who computes the products, on which workload."""

import warnings

import functorch
import torch
from torch._functorch import deprecated

READY_MESSAGE = "functorch.vjp is deprecated. Please use `torch.func.vjp` instead"


def floor(func, *primals, has_aux=False):
    """The least that a deprecated name can cost."""
    warnings.warn(READY_MESSAGE, DeprecationWarning, stacklevel=2)
    return torch.func.vjp(func, *primals, has_aux=has_aux)


CONTENDERS = {
    "torch.func": torch.func.vjp,
    "floor": floor,
    "shim": functorch.vjp,
    "shipped": deprecated.vjp,
}

WORKLOADS = {
    "3 elements": (torch.sin, torch.ones(3), {}),
    "3 elements, has_aux": (lambda x: (x.sin(), x.cos()), torch.ones(3), {"has_aux": True}),
    "1000x1000": (torch.sin, torch.ones(1000, 1000), {}),
    "1000x1000, has_aux": (
        lambda x: (x.sin(), x.cos()),
        torch.ones(1000, 1000),
        {"has_aux": True},
    ),
}


def call(contender, workload):
    """What a legacy program does: it asks for ``vjp`` and for one product."""
    vjp = CONTENDERS[contender]
    func, x, options = WORKLOADS[workload]
    return lambda: vjp(func, x, **options)
