"""The drop-in ``functorch`` namespace, loaded by :mod:`functorch_compat.activation`.

Importing it imports no torch, and so works at any moment, also in the middle of torch's own import.
"""

from importlib import import_module

from functorch_compat import transforms
from functorch_compat.legacy_api import LEGACY_API

_TABLE = {name.partition(".")[2]: api for name, api in LEGACY_API.items()}

_SILENT = {name: api.silent_source for name, api in _TABLE.items() if api.silent_source}

__all__ = list(_TABLE)

# Attributes, not answers of __getattr__: dynamo before torch 2.4 reads the module's __dict__.
globals().update((name, getattr(transforms, name)) for name in _TABLE if name not in _SILENT)


def __getattr__(name: str) -> object:
    if name == "__version__":
        value = import_module("torch").__version__
    elif name in _SILENT:
        value = getattr(import_module(_SILENT[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
