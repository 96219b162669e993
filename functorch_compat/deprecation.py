"""The deprecation warning: its category, its texts, and the one function that raises it."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from functorch_compat import dynamo
from functorch_compat.legacy_api import LEGACY_API, MIGRATION_GUIDE


class FunctorchDeprecationWarning(DeprecationWarning, FutureWarning):
    """A legacy functorch name was used.

    Python's tools know a deprecation as ``DeprecationWarning``; torch warned with
    ``FutureWarning``. Existing filters for either keep matching.
    """

    __module__ = "functorch_compat"  # its public place, which an error message then names


MESSAGES = {
    name: f"{name} is deprecated since PyTorch {api.since} and will be deleted in a future version "
    f"of PyTorch. Please use `{api.replacement}` instead; see the migration guide: "
    f"{MIGRATION_GUIDE}"
    for name, api in LEGACY_API.items()
}

REFUSED_AUX = {
    name: f"{name} was given an aux that `{api.replacement}` refuses, because not all "
    "of its leaves are Tensors. Before you migrate, hand those objects out another way, through a "
    f"closure, say; see the migration guide: {MIGRATION_GUIDE}"
    for name, api in LEGACY_API.items()
    if api.warns
}


@dynamo.runs_while_tracing
def warn(message: str) -> None:
    """Warn at the last line of the stack that is in neither torch nor this package."""
    frame: FrameType | None = sys._getframe(1)
    if _package(frame) != "functorch_compat":  # Dynamo calls this, while it traces the caller.
        _warn_at(*dynamo.traced_line(), message)
        return
    stacklevel = 2
    while _package(frame) in ("functorch_compat", "torch"):
        frame = frame.f_back if frame else None
        stacklevel += 1
    warnings.warn(message, FunctorchDeprecationWarning, stacklevel=stacklevel)


def _package(frame: FrameType | None) -> str:
    name: str = frame.f_globals.get("__name__", "") if frame else ""
    return name.partition(".")[0]


def _warn_at(filename: str, lineno: int, message: str) -> None:
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
