"""Decides which ``functorch`` an ``import functorch`` loads.

The folder ``site-packages/functorch`` belongs to torch's wheel. So our folder has another name, and
a finder on ``sys.meta_path`` leads ``import functorch`` to it.
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
"""``activate`` or ``deactivate``: the function that this process called last, if it called one."""


def activate() -> None:
    """Make ``import functorch`` load the drop-in namespace, in this process, from now on.

    If torch's own functorch is already loaded, the next ``import functorch`` loads ours, and a
    ``UserWarning`` says that earlier imports stay as they are.
    """
    global last_switch
    last_switch = "activate"
    add_finders()
    _unload(_file_of_torchs_functorch(), "functorch-compat's")
    for name, module in _loaded_submodules():
        if name.startswith("functorch._src"):  # We always serve these, never torch.
            del sys.modules[name]
        elif name in ROWS and not isinstance(module, LegacyModule):
            complete(module)


def deactivate() -> None:
    """Undo :func:`activate`: ``import functorch`` loads torch's own again, if torch still has it.

    If ours is already loaded, a ``UserWarning`` says that earlier imports stay as they are.
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
    """Return the spec of ``functorch`` or of a module in it, or None if we do not serve it.

    Raises:
        ImportError: If ``from module import name`` asks for a name that this torch lacks.
    """
    if name == "functorch":
        return _find_functorch()
    parent, _, attribute = name.rpartition(".")
    module = sys.modules.get(parent)
    if not isinstance(module, LegacyModule) and getattr(module, "__file__", None) != OURS:
        return None  # The module belongs to another functorch.
    if name in ROWS:
        return _find_submodule(name, path)
    if name in LEGACY_API or parent in LEGACY_API:
        try:
            getattr(module, attribute)
        except AttributeError as error:
            # Python's own error says only that it cannot import the name. Ours says what to use.
            if " is gone" in str(error):
                raise ImportError(str(error), name=name) from None
    return None


def find_module_utilities() -> ModuleSpec:
    """Return a spec that loads our module utilities under the name of torch's."""
    ours = "functorch_compat.fallbacks.make_functional"
    return ModuleSpec("torch._functorch.make_functional", LegacyLoader(ours))


def _find_functorch() -> ModuleSpec | None:
    """Return the spec of the drop-in namespace, or None if another functorch goes before ours.

    Ours takes the place of torch's own functorch, or of none.
    """
    file_of_torch = _file_of_torchs_functorch()
    found = PathFinder.find_spec("functorch")
    # A folder without __init__.py has no origin. Python prefers any package to such a folder.
    if found is not None and found.origin is not None and not _same(found.origin, file_of_torch):
        return None
    loader = None if os.path.exists(OURS) else get_importer(PACKAGE)
    if loader is not None and not isinstance(loader, zipimporter):
        return None  # This package was uninstalled while the process was running.
    spec = spec_from_file_location("functorch", OURS, loader=loader, submodule_search_locations=[])
    if spec is not None:
        # The submodules are torch's own files while torch has them. We have no such files.
        spec.submodule_search_locations = [os.path.dirname(file_of_torch)] if file_of_torch else []
    return spec


def _find_submodule(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Return the spec of a legacy module: torch's own file, completed, or one from the table."""
    # torch's own functorch._src lacks most names, and the classes that old pickles need.
    in_src = name.startswith("functorch._src")
    found = None if in_src else PathFinder.find_spec(name, path)
    if found is None:
        api = LEGACY_API.get(name)
        if api is not None and api.sources:
            # The parent module also has it as an attribute, which must be the same object.
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
    """Make the next ``import functorch`` search again, if it had loaded the ``unwanted`` file.

    Submodules that are torch's own files stay loaded.
    """
    loaded = sys.modules.get("functorch")
    if loaded is None or not _same(getattr(loaded, "__file__", None), unwanted):
        return
    del sys.modules["functorch"]
    for name, module in _loaded_submodules():
        spec = vars(module).get("__spec__")
        if spec is not None and isinstance(spec.loader, LegacyLoader):
            del sys.modules[name]
    # Python binds a submodule to its parent only while it loads the submodule.
    submodules = {k: v for k, v in vars(loaded).items() if sys.modules.get(f"functorch.{k}") is v}
    if submodules:
        with suppress(ModuleNotFoundError):  # This torch may have no functorch of its own.
            vars(import_module("functorch")).update(submodules)
    warnings.warn(
        f"functorch was imported before. From now on `import functorch` loads {wanted} functorch. "
        "Objects that were imported earlier stay as they are.",
        stacklevel=3,
    )


def _loaded_submodules() -> list[tuple[str, ModuleType]]:
    """Return the loaded submodules of functorch, with their names."""
    # Tests may put objects into sys.modules that are no modules.
    modules = [(name, m) for name, m in sys.modules.items() if name.startswith("functorch.")]
    return [(name, module) for name, module in modules if isinstance(module, ModuleType)]


def _file_of_torchs_functorch() -> str | None:
    """Return the file of torch's own functorch, or None if there is none."""
    torch = PathFinder.find_spec("torch")
    if torch is None:
        with suppress(ValueError):  # A stand-in for torch in sys.modules has no spec.
            torch = find_spec("torch")  # Unlike PathFinder, this finds editable installs.
    if torch is None or torch.origin is None:
        return None
    file = os.path.join(os.path.dirname(os.path.dirname(torch.origin)), "functorch", "__init__.py")
    return file if os.path.exists(file) else None


def _same(file: str | None, other: str | None) -> bool:
    if file is None or other is None:
        return False
    return os.path.realpath(file) == os.path.realpath(other)
