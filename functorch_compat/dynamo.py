"""What differs while ``torch.compile`` traces the shim.

Dynamo inlines our functions into the user's graph. It cannot trace ``warnings.warn``, and the
frames that it reads are not on Python's stack.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def runs_while_tracing(function: _Function) -> _Function:
    """Make dynamo call ``function`` once, while it traces, and take the result for a constant.

    As :func:`torch.compiler.assume_constant_result` does, which imports all of dynamo first.
    """
    function._dynamo_marked_constant = True  # type: ignore[attr-defined]
    return function


_torch_is_before: dict[str, bool] = {}


@runs_while_tracing
def torch_is_before(version: str) -> bool:
    """Whether the installed torch is older than ``version``, pre-releases of it included."""
    if version not in _torch_is_before:
        import torch

        _torch_is_before[version] = torch.__version__ < version
    return _torch_is_before[version]


def is_tracing() -> bool:
    """Whether dynamo is tracing the calling code.

    Before torch 2.3 dynamo gives every function transform back to the interpreter.
    """
    import torch

    return not torch_is_before("2.3") and torch.compiler.is_dynamo_compiling()


def caller() -> tuple[str, int]:
    """The file and line, outside this package and torch, of the call that dynamo is tracing."""
    import torch
    from torch._guards import TracingContext

    traced = ((f.filename, f.lineno or 0) for f in reversed(TracingContext.extract_stack()))
    # After a graph break dynamo may be tracing one of our own functions for itself; its caller is
    # then running, below dynamo's own frames.
    running = ((f.f_code.co_filename, lineno) for f, lineno in traceback.walk_stack(None))
    internal = (os.path.dirname(__file__), os.path.dirname(torch.__file__), contextlib.__file__)
    return next(place for place in chain(traced, running) if not place[0].startswith(internal))
