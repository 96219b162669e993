"""The deprecation warning: its category, its texts, and the one function that raises it."""

from __future__ import annotations

import sys
import warnings

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
def warn(message: str, stacklevel: int = 3) -> None:
    """Warn at the line that called the function that calls this one, or further up the stack."""
    if sys._getframe(1).f_globals["__package__"] == __package__:
        warnings.warn(message, FunctorchDeprecationWarning, stacklevel=stacklevel)
    else:  # it is dynamo that calls this, while it traces the call
        _warn_at(*dynamo.traced_line(), message)


def _warn_at(filename: str, lineno: int, message: str) -> None:
    # The module and its registry are what `warnings.warn` takes from the caller's frame. Code that
    # has no file of its own (a notebook's cell, say) runs in __main__. No attribute is asked for:
    # a lazy module would answer with an import.
    namespaces = [getattr(module, "__dict__", {}) for module in list(sys.modules.values())]
    main = vars(sys.modules["__main__"])
    namespace = next((n for n in namespaces if n.get("__file__") == filename), main)
    registry = namespace.setdefault("__warningregistry__", {})
    warnings.warn_explicit(
        message, FunctorchDeprecationWarning, filename, lineno, namespace["__name__"], registry
    )
