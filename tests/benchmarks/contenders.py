"""Defines what the benchmarks compare: the functions, and the calls."""

import tempfile
import warnings
from types import SimpleNamespace

import functorch
import torch
from torch._functorch import deprecated

from functorch_compat import deprecation
from functorch_compat.recording import Recorder

TRANSFORMS = [
    "vjp",
    "grad",
    "grad_and_value",
    "jvp",
    "jacrev",
    "jacfwd",
    "hessian",
    "vmap",
    "functionalize",
]


def floor(name):
    """The least that a deprecated function can cost."""
    function = getattr(torch.func, name)
    message = f"functorch.{name} is deprecated. Please use `torch.func.{name}` instead"

    def warn_and_delegate(*args, **kwargs):
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return function(*args, **kwargs)

    return warn_and_delegate


CONTENDERS = {
    "torch.func": torch.func,
    "floor": SimpleNamespace(**{name: floor(name) for name in TRANSFORMS}),
    "shim": functorch,
    "recorder on": functorch,
    "shipped": deprecated,
}

RECORDER = Recorder(tempfile.gettempdir())
RECORDER.write = lambda: None  # Nobody wants to read it.


def switch_recorder(contender):
    deprecation.recorder = RECORDER if contender == "recorder on" else None


def loss(x):
    return x.sin().sum()


def loss_and_aux(x):
    return x.sin().sum(), x.cos()


def sine_and_aux(x):
    return x.sin(), x.cos()


# Each case has a name and does what a legacy program does: make the transform, and call it once.
SMALL = {
    "vjp": lambda api, x: api.vjp(torch.sin, x),
    "vjp, has_aux": lambda api, x: api.vjp(sine_and_aux, x, has_aux=True),
    "grad": lambda api, x: api.grad(loss)(x),
    "grad, has_aux": lambda api, x: api.grad(loss_and_aux, has_aux=True)(x),
    "grad_and_value": lambda api, x: api.grad_and_value(loss)(x),
    "jvp": lambda api, x: api.jvp(torch.sin, (x,), (x,)),
    "jvp, has_aux": lambda api, x: api.jvp(sine_and_aux, (x,), (x,), has_aux=True),
    "jacrev": lambda api, x: api.jacrev(torch.sin)(x),
    "jacrev, has_aux": lambda api, x: api.jacrev(sine_and_aux, has_aux=True)(x),
    "jacfwd": lambda api, x: api.jacfwd(torch.sin)(x),
    "hessian": lambda api, x: api.hessian(loss)(x),
    "vmap": lambda api, x: api.vmap(torch.sin)(x),
    "functionalize": lambda api, x: api.functionalize(torch.sin)(x),
}
LARGE = {name: SMALL[name] for name in ("vjp", "vjp, has_aux")}
WORKLOADS = {
    **{name: (work, torch.ones(3)) for name, work in SMALL.items()},
    **{f"{name}, 1000x1000": (work, torch.ones(1000, 1000)) for name, work in LARGE.items()},
}
