"""Keeps code for ``functorch`` running on ``torch.func``, and helps its owners to migrate.

The start-up files ``functorch_compat.pth`` and ``functorch_compat.start`` (PEP 829) load this file
in every interpreter. So this file is small, and imports what it offers on first use.

pytest rewrites the modules of a plugin's package, but this one is imported before it can. This word
tells it not to try: PYTEST_DONT_REWRITE.
"""

import os
import sys

# Type checkers take this name for True. Importing typing for it would slow down every start.
TYPE_CHECKING = False
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


OFF = ("off", "0", "false", "no")
"""These values of ``FUNCTORCH_COMPAT`` switch everything off, in upper and in lower case."""


class FunctorchFinder:
    """Finds the drop-in namespace for ``import functorch``. It answers for no other name."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Optional[Sequence[str]]" = None,
        target: "Optional[ModuleType]" = None,
    ) -> "Optional[ModuleSpec]":
        if fullname.partition(".")[0] != "functorch":
            return None
        try:
            from functorch_compat import activation
        except Exception:  # This package was uninstalled or upgraded while the process was running.
            return None
        return activation.find(fullname, path)


class ModuleUtilitiesFinder:
    """Finds our module utilities for old pickles, after torch has deleted its own.

    Python asks this finder last, so it answers only if torch has no such module.
    """

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Optional[Sequence[str]]" = None,
        target: "Optional[ModuleType]" = None,
    ) -> "Optional[ModuleSpec]":
        if fullname != "torch._functorch.make_functional":
            return None
        try:
            from functorch_compat import activation
        except Exception:  # This package was uninstalled or upgraded, as above.
            return None
        return activation.find_module_utilities()


def activate_at_startup() -> None:
    """Activate the shim, unless ``FUNCTORCH_COMPAT`` is off. The start-up files call this."""
    if os.environ.get("FUNCTORCH_COMPAT", "").strip().lower() not in OFF:
        add_finders()
    if os.environ.get("FUNCTORCH_COMPAT_RECORD"):
        # The processes that this one starts may have another current folder.
        os.environ["FUNCTORCH_COMPAT_RECORD"] = os.path.abspath(
            os.environ["FUNCTORCH_COMPAT_RECORD"]
        )


def add_finders() -> None:
    """Put our finders on ``sys.meta_path``, unless they are already there."""
    if FunctorchFinder not in sys.meta_path:
        sys.meta_path.insert(0, FunctorchFinder)
    if ModuleUtilitiesFinder not in sys.meta_path:
        sys.meta_path.append(ModuleUtilitiesFinder)


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
