"""The drop-in ``functorch`` namespace, found by :mod:`functorch_compat.activation`."""

from contextlib import suppress as _suppress
from importlib import import_module as _import_module

from functorch_compat.legacy_api import LEGACY_API as _LEGACY_API

_TABLE = {name.partition(".")[2]: api for name, api in _LEGACY_API.items()}

__all__ = list(_TABLE)


def __getattr__(name: str) -> object:
    if name == "__version__":
        value = _import_module("torch").__version__
    elif name in _TABLE:
        module = _TABLE[name].silent_source or "functorch_compat.transforms"
        value = getattr(_import_module(module), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})


# Dynamo before torch 2.4 looks names up in the module's __dict__, so the functions are put there.
# What goes wrong here is left for the first use to say: torch may be broken, or half-imported.
with _suppress(Exception):
    _import_module("torch")
    for _name, _api in _TABLE.items():
        if not _api.silent_source:
            __getattr__(_name)
