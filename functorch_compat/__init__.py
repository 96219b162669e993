"""Keeps code written for ``functorch`` running on ``torch.func``, and helps its owners to leave it.

The start-up files ``functorch_compat.pth`` and ``functorch_compat.start`` (PEP 829) load this file
in every interpreter. So it is small, and whatever it offers is imported on first use.
"""

import os
import sys

TYPE_CHECKING = False  # what type checkers read as true; importing typing for it is too slow here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Optional

    import functorch
    from functorch import *  # noqa: F403

    from functorch_compat.activation import activate, deactivate, is_active
    from functorch_compat.deprecation import FunctorchDeprecationWarning

__version__ = "0.1.0"
__all__ = ["FunctorchDeprecationWarning", "activate", "deactivate", "is_active"]
if TYPE_CHECKING:
    __all__ += functorch.__all__


class FunctorchFinder:
    """Has ``import functorch`` find the drop-in namespace, and leaves every other name alone."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Optional[Sequence[str]]" = None,
        target: "Optional[ModuleType]" = None,
    ) -> "Optional[ModuleSpec]":
        if fullname != "functorch":
            return None
        from functorch_compat.activation import find_functorch

        return find_functorch()


def activate_at_startup() -> None:
    """What the start-up files call."""
    off = os.environ.get("FUNCTORCH_COMPAT", "").lower() == "off"
    if not off and FunctorchFinder not in sys.meta_path:
        sys.meta_path.insert(0, FunctorchFinder)


def __getattr__(name: str) -> object:
    from importlib import import_module

    from functorch_compat.legacy_api import LEGACY_API

    if name in ("activate", "deactivate", "is_active"):
        return getattr(import_module("functorch_compat.activation"), name)
    if name == "FunctorchDeprecationWarning":
        return getattr(import_module("functorch_compat.deprecation"), name)
    if f"functorch.{name}" in LEGACY_API:
        return getattr(import_module("functorch_compat.functorch"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
