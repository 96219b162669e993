"""Which ``functorch`` an ``import functorch`` loads.

torch's wheel owns the folder ``functorch`` in site-packages, so ours has another name, and a finder
on ``sys.meta_path`` answers for it.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, spec_from_file_location
from pkgutil import get_importer
from types import ModuleType
from zipimport import zipimporter

from functorch_compat import FunctorchFinder, ModuleUtilitiesFinder, add_finders
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.legacy_modules import ROWS, LegacyLoader, LegacyModule, complete

PACKAGE = os.path.dirname(__file__)
OURS = os.path.join(PACKAGE, "functorch", "__init__.py")

last_switch: str | None = None
"""The name of the function that was called last: ``activate`` or ``deactivate``."""


def activate() -> None:
    """Make ``import functorch`` load the drop-in namespace, in this process, from now on.

    Where torch's functorch has been imported before, the next ``import functorch`` loads ours, and
    a ``UserWarning`` says so.
    """
    global last_switch
    last_switch = "activate"
    add_finders()
    _unload(_file_of_torchs_functorch(), "functorch-compat's")
    for name, module in _loaded_submodules():
        if name.startswith("functorch._src"):  # These are ours, whatever torch has.
            del sys.modules[name]
        elif name in ROWS and not isinstance(module, LegacyModule):
            complete(module)


def deactivate() -> None:
    """Undo :func:`activate`: ``import functorch`` loads torch's own again, if torch still has it.

    Where ours has been imported before, a ``UserWarning`` says so.
    """
    global last_switch
    last_switch = "deactivate"
    for finder in (FunctorchFinder, ModuleUtilitiesFinder):
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
    _unload(OURS, "torch's own")
    for _, module in _loaded_submodules():
        if isinstance(module, LegacyModule):
            module.__class__ = ModuleType  # type: ignore[assignment]


def is_active() -> bool:
    """Return whether ``import functorch`` finds the drop-in namespace."""
    return FunctorchFinder in sys.meta_path


def find(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Find ``functorch``, or a module in it.

    Raises:
        ImportError: Where ``from module import name`` asks for a name that this torch lacks.
    """
    if name == "functorch":
        return _find_functorch()
    parent, _, attribute = name.rpartition(".")
    module = sys.modules.get(parent)
    if not isinstance(module, LegacyModule) and getattr(module, "__file__", None) != OURS:
        return None  # It belongs to another functorch.
    if name in ROWS:
        return _find_submodule(name, path)
    if name in LEGACY_API or parent in LEGACY_API:
        try:
            getattr(module, attribute)
        except AttributeError as error:
            # Otherwise Python says no more than that it cannot import the name.
            if " is gone" in str(error):
                raise ImportError(str(error), name=name) from None
    return None


def find_module_utilities() -> ModuleSpec:
    """Find our module utilities, for whoever asks for those of torch."""
    ours = "functorch_compat.fallbacks.make_functional"
    return ModuleSpec("torch._functorch.make_functional", LegacyLoader(ours))


def _find_functorch() -> ModuleSpec | None:
    """Find the drop-in namespace, where torch's own functorch (or none) would have been found."""
    torchs = _file_of_torchs_functorch()
    found = PathFinder.find_spec("functorch")
    # A mere folder on sys.path has no origin. It gives way to any package.
    if found is not None and found.origin is not None and not _same(found.origin, torchs):
        return None
    loader = None if os.path.exists(OURS) else get_importer(PACKAGE)
    if loader is not None and not isinstance(loader, zipimporter):
        return None  # This package was uninstalled while the process was running.
    spec = spec_from_file_location("functorch", OURS, loader=loader, submodule_search_locations=[])
    if spec is not None:
        # Submodules are torch's own files as long as it has them. Of ours there are none.
        spec.submodule_search_locations = [os.path.dirname(torchs)] if torchs else []
    return spec


def _find_submodule(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Find a legacy module: the file that torch has, completed, or else one from the table."""
    # torch's own functorch._src has a few names of each module, and not the classes of old pickles.
    in_src = name.startswith("functorch._src")
    found = None if in_src else PathFinder.find_spec(name, path)
    if found is None:
        api = LEGACY_API.get(name)
        if api is not None and api.sources:
            # Its parent has it as an attribute too, which must be the same object.
            return ModuleSpec(name, LegacyLoader(api.replacement))
        return ModuleSpec(name, LegacyLoader(), is_package=True)
    loader = found.loader
    if loader is not None:
        execute = loader.exec_module

        def execute_and_complete(module: ModuleType) -> None:
            execute(module)
            complete(module)

        loader.exec_module = execute_and_complete  # type: ignore[method-assign]
    return found


def _unload(unwanted: str | None, wanted: str) -> None:
    """Make the next ``import functorch`` look for it anew, if the ``unwanted`` file was loaded.

    Submodules that are torch's stay.
    """
    loaded = sys.modules.get("functorch")
    if loaded is None or not _same(getattr(loaded, "__file__", None), unwanted):
        return
    del sys.modules["functorch"]
    for name, module in _loaded_submodules():
        spec = vars(module).get("__spec__")
        if spec is not None and isinstance(spec.loader, LegacyLoader):
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


def _loaded_submodules() -> list[tuple[str, ModuleType]]:
    """Return the modules in functorch that are loaded. A test may have put other objects there."""
    modules = [(name, m) for name, m in sys.modules.items() if name.startswith("functorch.")]
    return [(name, module) for name, module in modules if isinstance(module, ModuleType)]


def _file_of_torchs_functorch() -> str | None:
    """Return the file of torch's own functorch, if torch is installed and has one."""
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
