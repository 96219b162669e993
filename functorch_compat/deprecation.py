"""The deprecation warning: its category, its texts, and the one function that warns and records."""

from __future__ import annotations

import os
import sys
import warnings
from typing import TYPE_CHECKING

from functorch_compat import dynamo
from functorch_compat.legacy_api import LEGACY_API, MIGRATION_GUIDE

if TYPE_CHECKING:
    from functorch_compat.recording import Recorder


class FunctorchDeprecationWarning(DeprecationWarning, FutureWarning):
    """A legacy functorch name was used.

    Python's tools know a deprecation as ``DeprecationWarning``; torch warned with
    ``FutureWarning``. Existing filters for either keep matching.
    """

    __module__ = "functorch_compat"  # Error messages then name the public place.


MESSAGES = {
    name: f"{name} is deprecated since PyTorch {api.since} and will be deleted in a future version "
    f"of PyTorch. Please use `{api.replacement}` instead; see the migration guide: "
    f"{MIGRATION_GUIDE}"
    for name, api in LEGACY_API.items()
}

_INTERNAL = ("functorch_compat.", "torch.")  # Modules whose names begin so are not the user's.

REFUSED_AUX = {
    name: f"{name} was given an aux that `{api.replacement}` refuses, because not all "
    "of its leaves are Tensors. Before you migrate, hand those objects out another way, through a "
    f"closure, say; see the migration guide: {MIGRATION_GUIDE}"
    for name, api in LEGACY_API.items()
    if api.warns
}


def _recorder_of_this_run() -> Recorder | None:
    """Return a recorder, if the environment asks for one."""
    folder = os.environ.get("FUNCTORCH_COMPAT_RECORD")
    if not folder:
        return None
    try:
        from functorch_compat.recording import Recorder

        return Recorder(folder)
    except Exception as error:  # The import of functorch must not fail.
        print(f"functorch-compat: nothing will be recorded: {error}", file=sys.stderr)
        return None


recorder = _recorder_of_this_run()
"""Counts the calls of legacy names, if it is there."""

_NAMES = {message: name for name, message in MESSAGES.items()}


@dynamo.runs_while_tracing
def warn(message: str) -> None:
    """Warn at the last line of the stack that is in neither torch nor this package."""
    # Most often that is the line of the caller's caller, which this check confirms at little cost.
    try:
        is_user = "torch" not in sys._getframe(2).f_globals.get("__name__", "")
    except TypeError:  # The name of the module is not a string.
        is_user = True
    except ValueError:  # A thread was started with a legacy function, so there is no such line.
        warnings.warn(message, FunctorchDeprecationWarning, stacklevel=3)
        return
    if is_user:
        depth = 3
    elif sys._getframe(1).f_globals["__name__"].startswith("functorch_compat."):
        depth = _depth_of_user()
    else:  # Dynamo calls this function while it traces the caller.
        _warn_at(*dynamo.traced_line(), message)
        return
    if recorder is not None:
        frame = sys._getframe(depth - 1)
        _record(message, frame.f_code.co_filename, frame.f_lineno)
    warnings.warn(message, FunctorchDeprecationWarning, stacklevel=depth)


def _record(message: str, filename: str, lineno: int) -> None:
    """Count a call, whatever the filters do with its warning. A second warning does not count."""
    if recorder is not None and message in _NAMES:
        recorder.count(_NAMES[message], filename, lineno)


def _depth_of_user() -> int:
    """Return the stacklevel of the user's frame, as seen from :func:`warn`."""
    frame, depth = sys._getframe(2), 2
    while frame.f_back and str(frame.f_globals.get("__name__")).startswith(_INTERNAL):
        frame, depth = frame.f_back, depth + 1
    return depth


def _warn_at(filename: str, lineno: int, message: str) -> None:
    _record(message, filename, lineno)
    # `warnings.warn` takes the module and its registry from the caller's frame. Code without a file
    # of its own, such as a notebook's cell, runs in __main__. Modules are searched through their
    # __dict__, because a lazy module would answer getattr with an import.
    namespaces = [getattr(module, "__dict__", {}) for module in list(sys.modules.values())]
    main = vars(sys.modules["__main__"])
    namespace = next((n for n in namespaces if n.get("__file__") == filename), main)
    registry = namespace.setdefault("__warningregistry__", {})
    warnings.warn_explicit(
        message, FunctorchDeprecationWarning, filename, lineno, namespace["__name__"], registry
    )
