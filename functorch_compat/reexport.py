"""Fills the modules that stand in for torch's ``functorch.*``, from the table of legacy names."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from functorch_compat.legacy_api import LEGACY_API


def reexport(namespace: dict[str, Any], **more: str) -> Callable[[str], object]:
    """Give a legacy module ``__all__``, ``__dir__``, and a ``__getattr__`` that asks torch.

    A name is looked up on its first use. If torch has it no more, an ``ImportError`` says so, for
    that name alone. ``more`` are names that are not in the table, with their sources.
    """
    module = _legacy_name(namespace)
    table = {n.rpartition("."): api for n, api in LEGACY_API.items() if api.source or api.warns}
    public = {name: api.source for (parent, _, name), api in table.items() if parent == module}
    sources = {**public, **more}

    def __getattr__(name: str) -> object:
        if name not in sources:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        source = sources[name]
        if source is None:  # one of ours, which warns
            value = getattr(import_module("functorch_compat.transforms"), name)
        else:
            import_module("torch")  # whose own failure is another error than the one below
            try:
                value = getattr(import_module(source), name)
            except (AttributeError, ImportError) as error:
                text = f"{module}.{name} is {source}.{name}, which this torch does not have"
                raise ImportError(text, name=module) from error
        namespace[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*namespace, *sources})

    namespace.update(__all__=list(public), __getattr__=__getattr__, __dir__=__dir__)
    return __getattr__


def reexport_all(namespace: dict[str, Any]) -> None:
    """Give a legacy module every name of the torch module that replaces it."""
    source = import_module(LEGACY_API[_legacy_name(namespace)].replacement)
    namespace.update({k: v for k, v in vars(source).items() if not k.startswith("__")})


def removed(namespace: dict[str, Any]) -> ImportError:
    """The error of a legacy module that torch has no more."""
    module = _legacy_name(namespace)
    text = f"{module} is not part of this torch any more. Use instead:\n{LEGACY_API[module].recipe}"
    return ImportError(text, name=module)


def _legacy_name(namespace: dict[str, Any]) -> str:
    """The name of the module to its users, who reach ours as ``functorch_compat.functorch`` too."""
    name: str = namespace["__name__"]
    return name[len("functorch_compat.") :] if name.startswith("functorch_compat.") else name
