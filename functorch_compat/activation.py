"""Which ``functorch`` an ``import functorch`` loads.

torch's wheel owns the folder ``functorch`` in site-packages, so ours has another name, and a finder
on ``sys.meta_path`` answers for it.
"""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, spec_from_file_location

from functorch_compat import FunctorchFinder

PACKAGE = os.path.dirname(__file__)
OURS = os.path.join(PACKAGE, "functorch", "__init__.py")
FALLBACKS = os.path.join(PACKAGE, "fallbacks")


def activate() -> None:
    """Make ``import functorch`` load the drop-in namespace, in this process, from now on.

    Where torch's functorch has been imported before, the next ``import functorch`` loads ours, and
    a ``UserWarning`` says so.
    """
    if not is_active():
        sys.meta_path.insert(0, FunctorchFinder)
    _unload(_torchs(), "functorch-compat's")


def deactivate() -> None:
    """Undo :func:`activate`: ``import functorch`` loads torch's own again, if torch still has it.

    Where ours has been imported before, a ``UserWarning`` says so.
    """
    if is_active():
        sys.meta_path.remove(FunctorchFinder)
    _unload(OURS, "torch's own")


def is_active() -> bool:
    """Whether ``import functorch`` finds the drop-in namespace."""
    return FunctorchFinder in sys.meta_path


def find_functorch() -> ModuleSpec | None:
    """Find the drop-in namespace, where torch's own functorch (or none) would have been found."""
    torchs = _torchs()
    found = PathFinder.find_spec("functorch")
    # What has no origin is a mere folder on sys.path, and gives way to any package.
    if found is not None and found.origin is not None and not _same(found.origin, torchs):
        return None
    # Torch's own submodules as long as it has them.
    folders = [os.path.dirname(file) for file in (OURS, torchs) if file] + [FALLBACKS]
    return spec_from_file_location("functorch", OURS, submodule_search_locations=folders)


def _unload(unwanted: str | None, wanted: str) -> None:
    """Make the next ``import functorch`` look for it anew, if the ``unwanted`` file was loaded.

    Submodules that are torch's stay.
    """
    loaded = sys.modules.get("functorch")
    if loaded is None or not _same(getattr(loaded, "__file__", None), unwanted):
        return
    del sys.modules["functorch"]
    for name, module in list(sys.modules.items()):
        file = vars(module).get("__file__") if name.startswith("functorch.") else None
        if file and file.startswith(PACKAGE + os.sep):
            del sys.modules[name]
    # Python sets a submodule on its parent only at the time it loads it.
    submodules = {k: v for k, v in vars(loaded).items() if sys.modules.get(f"functorch.{k}") is v}
    if submodules:
        with suppress(ModuleNotFoundError):  # where this torch has no functorch of its own
            vars(import_module("functorch")).update(submodules)
    warnings.warn(
        f"functorch was imported before: from now on `import functorch` loads {wanted}, and what "
        "was imported earlier stays as it is",
        stacklevel=3,
    )


def _torchs() -> str | None:
    """The file of torch's own functorch, if torch is installed and has one."""
    torch = PathFinder.find_spec("torch")
    if torch is None:
        with suppress(ValueError):  # of a stand-in for torch in sys.modules
            torch = find_spec("torch")  # which knows editable installs too
    if torch is None or torch.origin is None:
        return None
    file = os.path.join(os.path.dirname(os.path.dirname(torch.origin)), "functorch", "__init__.py")
    return file if os.path.exists(file) else None


def _same(file: str | None, other: str | None) -> bool:
    if file is None or other is None:
        return False
    return os.path.realpath(file) == os.path.realpath(other)
