"""Keeps code written for ``functorch`` running on ``torch.func``, and helps its owners to leave it.

This file is part of every interpreter start (see :mod:`functorch_compat.activation`): it imports
neither torch nor anything else that costs time. The legacy names are looked up on first use.
"""

from functorch_compat.activation import activate, deactivate, is_active

TYPE_CHECKING = False  # what type checkers read as true; importing typing for it is too slow here
if TYPE_CHECKING:
    from functorch_compat.deprecation import FunctorchDeprecationWarning
    from functorch_compat.transforms import *  # noqa: F403

__version__ = "0.1.0"
__all__ = ["FunctorchDeprecationWarning", "activate", "deactivate", "is_active"]


def __getattr__(name: str) -> object:
    if name == "FunctorchDeprecationWarning":
        from functorch_compat.deprecation import FunctorchDeprecationWarning

        return FunctorchDeprecationWarning

    from functorch_compat.legacy_api import LEGACY_API

    if f"functorch.{name}" in LEGACY_API:
        import functorch_compat.functorch as namespace

        return getattr(namespace, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
