"""How ``import functorch`` reaches the drop-in namespace.

torch's wheel owns the folder ``functorch`` in site-packages, so ours has another name, and a finder
on ``sys.meta_path`` answers for it. The start-up files ``functorch_compat.pth`` and
``functorch_compat.start`` (PEP 829) switch it on in every interpreter. So this module imports only
what Python has loaded by then, and the rest where somebody imports functorch.
"""

import os
import sys

TYPE_CHECKING = False  # what type checkers read as true; importing typing for it is too slow here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Optional

_OURS = os.path.join(os.path.dirname(__file__), "functorch", "__init__.py")


class _FunctorchFinder:
    """Answers for the one name ``functorch``, where torch's own (or none) would have been found."""

    @staticmethod
    def find_spec(
        fullname: str,
        path: "Optional[Sequence[str]]" = None,
        target: "Optional[ModuleType]" = None,
    ) -> "Optional[ModuleSpec]":
        if fullname != "functorch":
            return None
        from importlib.machinery import PathFinder
        from importlib.util import spec_from_file_location

        torchs = _torchs()
        found = PathFinder.find_spec(fullname)
        # What has no origin is a mere folder on sys.path, and gives way to any package.
        if found is not None and found.origin is not None and not _same(found.origin, torchs):
            return None
        folders = [os.path.dirname(file) for file in (_OURS, torchs) if file]
        return spec_from_file_location(fullname, _OURS, submodule_search_locations=folders)


def activate() -> None:
    """Make ``import functorch`` load the drop-in namespace, in this process, from now on.

    Where torch's functorch has been imported before, the next ``import functorch`` loads ours, and
    a ``UserWarning`` says so.
    """
    if not is_active():
        sys.meta_path.insert(0, _FunctorchFinder)
    _unload_the_other()


def deactivate() -> None:
    """Undo :func:`activate`: ``import functorch`` loads torch's own again, if torch still has it.

    Where ours has been imported before, a ``UserWarning`` says so.
    """
    if is_active():
        sys.meta_path.remove(_FunctorchFinder)
    _unload_the_other()


def is_active() -> bool:
    """Whether the drop-in namespace answers ``import functorch``."""
    return _FunctorchFinder in sys.meta_path


def activate_at_startup() -> None:
    """What the start-up files call: :func:`activate`, unless ``FUNCTORCH_COMPAT=off``."""
    if os.environ.get("FUNCTORCH_COMPAT", "").lower() != "off":
        activate()


def _torchs() -> "Optional[str]":
    """The file of torch's own functorch, if torch is installed and has one."""
    from contextlib import suppress
    from importlib.machinery import PathFinder
    from importlib.util import find_spec

    torch = PathFinder.find_spec("torch")
    if torch is None:
        with suppress(ValueError):  # of a stand-in for torch in sys.modules
            torch = find_spec("torch")  # which knows editable installs too
    if torch is None or torch.origin is None:
        return None
    file = os.path.join(os.path.dirname(os.path.dirname(torch.origin)), "functorch", "__init__.py")
    return file if os.path.exists(file) else None


def _same(file: "Optional[str]", other: "Optional[str]") -> bool:
    if file is None or other is None:
        return False
    return os.path.realpath(file) == os.path.realpath(other)


def _unload_the_other() -> None:
    """Make the next ``import functorch`` load ours if the finder is active, and else torch's."""
    loaded = sys.modules.get("functorch")
    if loaded is None:
        return
    other, wanted = (_torchs(), "functorch-compat's") if is_active() else (_OURS, "torch's own")
    if not _same(loaded.__file__, other):
        return
    import warnings
    from contextlib import suppress
    from importlib import import_module

    del sys.modules["functorch"]
    # Submodules stay loaded, and Python sets one on its parent only at the time it loads it.
    submodules = {k: v for k, v in vars(loaded).items() if sys.modules.get(f"functorch.{k}") is v}
    if submodules:
        with suppress(ModuleNotFoundError):  # where this torch has no functorch of its own
            vars(import_module("functorch")).update(submodules)
    warnings.warn(
        f"functorch was imported before: from now on `import functorch` loads {wanted}, and what "
        "was imported earlier stays as it is",
        stacklevel=3,
    )
