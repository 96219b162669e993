"""Makes the warning work while ``torch.compile`` traces the shim.

Dynamo inlines our functions into the user's graph. It cannot trace ``warnings.warn``. The frames
that it traces are not on Python's stack.
"""

from __future__ import annotations

import contextlib
import os
import traceback
from itertools import chain
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Any)


def runs_while_tracing(function: _Function) -> _Function:
    """Make Dynamo call ``function`` once, while it traces, and treat the result as a constant.

    :func:`torch.compiler.assume_constant_result` does the same, but first imports all of Dynamo.
    """
    function._dynamo_marked_constant = True
    # Dynamo stores the result as a global variable of the code that it compiles, under this name.
    # That code may be the user's, and may have a global `warn` of its own.
    function.__code__ = function.__code__.replace(co_name=f"functorch_compat_{function.__name__}")
    return function


def traced_line() -> tuple[str, int]:
    """Return the file and the line of the user's code that Dynamo is tracing."""
    import torch
    from torch._guards import TracingContext

    from functorch_compat.torch_support import DYNAMO_TELLS_ITS_STACK

    stack: list[traceback.FrameSummary] = []
    if DYNAMO_TELLS_ITS_STACK:
        stack = TracingContext.extract_stack()  # type: ignore[attr-defined, no-untyped-call, unused-ignore]
    traced = ((f.filename, f.lineno or 0) for f in reversed(stack))
    # After a graph break Dynamo may trace one of our functions as a frame of its own. The user's
    # frame is then on the real stack, under Dynamo's.
    running = ((f.f_code.co_filename, lineno) for f, lineno in traceback.walk_stack(None))
    folders = (os.path.dirname(module) + os.sep for module in (__file__, torch.__file__))
    internal = (*folders, contextlib.__file__)
    return next(line for line in chain(traced, running) if not line[0].startswith(internal))
