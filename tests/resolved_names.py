"""Runs code with stand-ins for functorch and torch, and returns the names that it used."""

import ast
import builtins

from functorch_compat.legacy_api import LEGACY_API, MODULES

# `import torch` does not load these modules.
ON_REQUEST = {
    api.replacement if api.is_module else api.replacement.rpartition(".")[0]
    for api in LEGACY_API.values()
    if api.kind == "rename"
} - {"torch", "torch.func", "torch._ops"}


class _Name:
    """A stand-in for any object with a dotted name. It records calls of it and of its results."""

    def __init__(self, name, session):
        vars(self).update(_name=name, _session=session)

    def __getattr__(self, attribute):
        if (attribute, self._name) == ("__all__", "functorch"):
            return [name.partition(".")[2] for name in LEGACY_API if name.count(".") == 1]
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        name = f"{self._name}.{attribute}"
        if name in ON_REQUEST and name not in self._session.imported:
            raise AttributeError(f"{name} is not imported")
        return _Name(name, self._session)

    def __setattr__(self, attribute, value):
        self._session.used.append(f"{self._name}.{attribute} = {getattr(value, '_name', value)}")

    def __call__(self, *args, **kwargs):
        self._session.used.append(self._name)
        return _Name("result", self._session)

    def __getitem__(self, key):
        return self

    def __iter__(self):
        return iter([self, self])


class _Session:
    def __init__(self):
        self.used, self.imported = [], set()

    def import_(self, name, globals=None, locals=None, fromlist=(), level=0):
        if name.partition(".")[0] not in ("functorch", "torch"):
            return builtins.__import__(name, globals, locals, fromlist, level)
        parts = name.split(".")
        self.imported |= {".".join(parts[:n]) for n in range(1, len(parts) + 1)}
        self.imported |= {f"{name}.{member}" for member in fromlist or ()}
        return _Name(name if fromlist else parts[0], self)


def renamed(name):
    """Return the new name of a legacy name that migrates by a mere rename."""
    prefix = name
    while prefix not in LEGACY_API and "." in prefix:
        prefix = prefix.rpartition(".")[0]
    api = LEGACY_API.get(prefix)
    renames = api is not None and api.kind == "rename" and (api.is_module or prefix == name)
    return api.replacement + name[len(prefix) :] if renames and prefix not in MODULES else name


def names_used(code, **variables):
    """Return the dotted names that the code called or assigned to, in order, as new names."""
    session = _Session()
    free = _Name("free", session)
    namespace = {
        "__builtins__": {**vars(builtins), "__import__": session.import_},
        **dict.fromkeys(["f", "x", "m", "model", "models", "patch"], free),
        **variables,
    }
    exec(compile(ast.parse(code), "code", "exec"), namespace)
    return [" = ".join(map(renamed, name.split(" = "))) for name in session.used]
