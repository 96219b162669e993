"""What differs while ``torch.compile`` traces the shim.

Dynamo inlines our functions into the user's graph. It cannot trace ``warnings.warn``, and the
frames that it reads are not on Python's stack.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from itertools import chain
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Any)


def runs_while_tracing(function: _Function) -> _Function:
    """Make dynamo call ``function`` once, while it traces, and take the result for a constant.

    :func:`torch.compiler.assume_constant_result` does the same, but imports all of dynamo first.
    """
    function._dynamo_marked_constant = True
    # Dynamo stores the result under this name among the globals of the code that it compiles. That
    # code may be the user's, who may well have a global `warn`.
    function.__code__ = function.__code__.replace(co_name=f"functorch_compat_{function.__name__}")
    return function


def traced_line() -> tuple[str, int]:
    """Return the file and line of the user's code that dynamo is tracing."""
    import torch
    from torch._guards import TracingContext

    from functorch_compat.torch_support import DYNAMO_TELLS_ITS_STACK

    stack: list[traceback.FrameSummary] = []
    if DYNAMO_TELLS_ITS_STACK:
        stack = TracingContext.extract_stack()  # type: ignore[no-untyped-call, unused-ignore]
    traced = ((f.filename, f.lineno or 0) for f in reversed(stack))
    # After a graph break Dynamo may trace one of our functions as a frame of its own. The user's
    # frame is then on the real stack, under Dynamo's.
    running = ((f.f_code.co_filename, lineno) for f, lineno in traceback.walk_stack(None))
    folders = (os.path.dirname(module) + os.sep for module in (__file__, torch.__file__))
    internal = (*folders, contextlib.__file__)
    return next(line for line in chain(traced, running) if not line[0].startswith(internal))
