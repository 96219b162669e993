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

    As :func:`torch.compiler.assume_constant_result` does, which imports all of dynamo first.
    """
    function._dynamo_marked_constant = True
    # Dynamo stores the result under this name among the globals of the code that it compiles: the
    # user's, who may well have a `warn` there, or ours.
    function.__code__ = function.__code__.replace(co_name=f"functorch_compat_{function.__name__}")
    return function


def traced_line() -> tuple[str, int]:
    """The file and line, outside this package and torch, that dynamo is tracing."""
    import torch
    from torch._guards import TracingContext

    # torch 2.0 has no extract_stack.
    stack: list[traceback.FrameSummary] = getattr(TracingContext, "extract_stack", list)()
    traced = ((f.filename, f.lineno or 0) for f in reversed(stack))
    # After a graph break dynamo may be tracing one of our own functions for itself; its caller is
    # then running, below dynamo's own frames.
    running = ((f.f_code.co_filename, lineno) for f, lineno in traceback.walk_stack(None))
    folders = (os.path.dirname(module) + os.sep for module in (__file__, torch.__file__))
    internal = (*folders, contextlib.__file__)
    return next(line for line in chain(traced, running) if not line[0].startswith(internal))
