"""The level guard: an inference mode outside a transform has no effect inside it.

Torch does this itself from 2.12 on. Before 2.12, a transform that is called inside
``torch.inference_mode()`` returns zeros or raises. For many operations, the function that
``torch.func.vjp`` returns raises there too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from functorch_compat.torch_support import DYNAMO_TRACES_TRANSFORMS

_R = TypeVar("_R")


def is_tracing() -> bool:
    """Return whether Dynamo is tracing this code, which it can do from torch 2.3 on."""
    return DYNAMO_TRACES_TRANSFORMS and torch.compiler.is_dynamo_compiling()


def outside_inference_mode(function: Callable[..., _R], /, *args: Any, **kwargs: Any) -> _R:
    """Call ``function`` with inference mode off and every other mode unchanged.

    ``torch.inference_mode(False)`` alone would also switch on grad mode and forward AD. The level
    below the transform would then record the operations of ``function``.
    """
    if is_tracing():
        # Dynamo can neither trace the calls below nor recompile when their results change. It can
        # do both for grad mode, which inference mode switches off.
        if torch.is_grad_enabled():
            return function(*args, **kwargs)
        with torch.inference_mode(False), torch.no_grad():
            return function(*args, **kwargs)

    if not torch.is_inference_mode_enabled():
        return function(*args, **kwargs)
    grad_mode, forward_ad_mode = torch.is_grad_enabled(), torch._C._is_fwd_grad_enabled()
    with (
        torch.inference_mode(False),
        torch.set_grad_enabled(grad_mode),
        torch.autograd.forward_ad._set_fwd_grad_enabled(forward_ad_mode),
    ):
        return function(*args, **kwargs)
