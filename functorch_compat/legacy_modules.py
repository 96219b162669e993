"""Completes the legacy modules: names that their own files lack come from the table."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import partial
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

from functorch_compat.legacy_api import LEGACY_API, MODULES, LegacyName


def _rows_in(module: str) -> dict[str, LegacyName]:
    names = {name.rpartition("."): api for name, api in LEGACY_API.items()}
    return {last: api for (parent, _, last), api in names.items() if parent == module}


ROWS = {
    module: _rows_in(module)
    for module in (*MODULES, *(name for name, api in LEGACY_API.items() if api.is_module))
}
"""For each legacy module, the rows of the names that it contains."""


class LegacyModule(ModuleType):
    """A legacy module that also has the names that its own file does not define.

    A name with a row in the table comes from the sources in that row. If torch keeps the module at
    another place today, all other names are read and set there. So an assignment to an option of
    ``functorch._src.config`` still has its effect.
    """

    def __getattr__(self, attribute: str) -> Any:
        if attribute == "__all__":
            return [name for name in dir(self) if not name.startswith("_")]
        module = _legacy_name(self.__name__)
        api = ROWS[module].get(attribute)
        if api is not None and (api.sources or api.warns):
            value = vars(self)[attribute] = look_up(f"{module}.{attribute}")
            return value
        if api is not None and not api.is_module:
            raise AttributeError(gone(f"{module}.{attribute}"))
        home = _home(module, attribute)
        if home is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {attribute!r}")
        try:
            return getattr(home, attribute)
        except AttributeError:
            api = LEGACY_API[module]
            text = f"{module}.{attribute} is gone, if it ever existed: PyTorch has {module} as "
            text += f"{api.replacement} today, and that has no such name. Use instead:\ntorch.func"
            raise AttributeError(text) from None

    def __setattr__(self, attribute: str, value: object) -> None:
        home = _home(_legacy_name(self.__name__), attribute)
        super().__setattr__(attribute, value) if home is None else setattr(home, attribute, value)

    def __delattr__(self, attribute: str) -> None:
        home = _home(_legacy_name(self.__name__), attribute)
        super().__delattr__(attribute) if home is None else delattr(home, attribute)

    def __dir__(self) -> list[str]:
        module = _legacy_name(self.__name__)
        rows = [n for n, api in ROWS[module].items() if not api.is_module or api.sources]
        names = {*vars(self), *(name for name in rows if hasattr(self, name))}
        names -= {"__getattr__", "__dir__"}  # complete() sets these on functorch itself.
        home = _home(module)
        at_home = [name for name in dir(home) if home and not name.startswith("__")]
        return sorted(names.union(at_home))


class LegacyLoader(Loader):
    """Loads a legacy module without a file of its own, or the module ``target`` in its place."""

    def __init__(self, target: str | None = None) -> None:
        self.target = target

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return a new legacy module, or None if the module ``target`` takes its place."""
        return LegacyModule(spec.name) if self.target is None else None

    def exec_module(self, module: ModuleType) -> None:
        """Import the ``target``, or check that this torch has something to serve for the module.

        Raises:
            ImportError: If this torch has nothing to serve.
        """
        name = module.__name__
        if self.target is not None:
            sys.modules[name] = import_module(self.target)
        elif name in LEGACY_API and LEGACY_API[name].kind != "rewrite" and _home(name) is None:
            raise ImportError(gone(name), name=name)


def complete(module: ModuleType) -> None:
    """Turn a module that was loaded from a file into a legacy module."""
    if _legacy_name(module.__name__) == "functorch":
        # It stays a plain module, because Python reads the attributes of a plain module faster.
        for name in ("__getattr__", "__dir__"):
            vars(module)[name] = partial(vars(LegacyModule)[name], module)
    else:
        module.__class__ = LegacyModule
        # If a module has a path, `from module import name` asks our finder too. The finder's error
        # says what to use.
        vars(module).setdefault("__path__", [])


def put_functions(module: ModuleType) -> None:
    """Put the functions that warn into the ``__dict__`` of ``module``.

    Before torch 2.4, Dynamo looks nowhere else.
    """
    for attribute, api in ROWS[_legacy_name(module.__name__)].items():
        if api.warns:
            getattr(module, attribute)  # __getattr__ stores what it finds.


def look_up(name: str) -> Any:
    """Return the object that a legacy name stands for on this torch.

    Raises:
        AttributeError: If this torch lacks the object. The text says what to use instead.
    """
    api = LEGACY_API[name]
    if api.warns:
        return getattr(import_module("functorch_compat.transforms"), name.rpartition(".")[2])
    import_module("torch")  # If torch itself is broken, that error must show, not ours.
    for source in api.sources:
        with suppress(ImportError, AttributeError):
            return resolve_name(source)
    raise AttributeError(gone(name))


def gone(name: str) -> str:
    """Return the error text for a legacy name that this torch lacks."""
    api = LEGACY_API[name]
    dropped = f"PyTorch {api.gone} dropped it" if api.gone else "this PyTorch does not have it"
    return f"{name} is gone: {dropped}. Use instead:\n{api.recipe or api.replacement}"


def _home(module: str, attribute: str = "") -> ModuleType | None:
    """Return the module of torch that holds an attribute of a legacy module, or None."""
    api = LEGACY_API.get(module)
    if api is None or api.kind != "rename" or attribute in ROWS[module]:
        return None
    if attribute.startswith("__"):
        return None
    with suppress(ImportError):  # This torch may be older than the new place.
        return import_module(api.replacement)
    return None


def _legacy_name(name: str) -> str:
    """Return the name that a module has in the table.

    The drop-in namespace can also be loaded as ``functorch_compat.functorch``.
    """
    return name[len("functorch_compat.") :] if name.startswith("functorch_compat.") else name
