"""What a rule can decide of a use, and how it writes a name of torch at the place of the use."""

from __future__ import annotations

from typing import NamedTuple, Union

from functorch_compat.edits import Edit
from functorch_compat.migrate.imports import Imports, around, first
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.uses import Use

# What `import torch` loads on every release.
LOADED = ("torch", "torch.func", "torch._ops")


class Need(NamedTuple):
    """An import that has to be where the import of the legacy name is."""

    module: str
    name: str = ""
    """What is imported from the module, if it is not the module itself."""
    local: str = ""
    """What it is called there, if not by its own name."""

    @property
    def text(self) -> str:
        """The import."""
        renamed = f" as {self.local}" if self.local not in ("", self.name) else ""
        if self.name:
            return f"from {self.module} import {self.name}{renamed}"
        return f"import {self.module}{renamed}"


class Helper(NamedTuple):
    """A function that has to be defined behind the import of the legacy name."""

    text: str


class Replaced(NamedTuple):
    """A use can be rewritten."""

    edits: tuple[Edit, ...] = ()
    requires: tuple[Need | Helper, ...] = ()
    note: str = ""
    """What a person should know of it."""


class Kept(NamedTuple):
    """A use is left for a person."""

    reason: Reason
    offset: int | None = None
    """Where in the code stands what is in the way, if one thing is."""


Decision = Union[Replaced, Kept]


class Spelling(NamedTuple):
    """How a dotted name is written at some place."""

    text: str
    needs: tuple[Need, ...] = ()


def spell(name: str, use: Use, names: Imports) -> Spelling | Kept:
    """Write a dotted name of torch where the use is.

    It stays a dotted name where ``import torch`` is enough for it. Elsewhere the name alone is
    written, and imported from its module.
    """
    module, _, last = name.rpartition(".")
    if module in LOADED:
        return _dotted(name, "torch", use, names)
    if last in names.code.taken and not _is_only_imported(last, use, names):
        return _dotted(name, module, use, names)
    return Spelling(last, (Need(module, last),))


def _is_only_imported(local: str, use: Use, names: Imports) -> bool:
    """Whether only imports of the same legacy name bind a local name, and nothing uses it.

    Such imports go, so that the name is free in a second run. The first one has to give the same.
    """
    if local in names.code.named:
        return False
    scopes = {scope for scope in names.code.scopes.values() if scope}
    bound = [assignment for scope in scopes for assignment in scope.assignments[local]]
    imports = [names.behind(assignment) for assignment in bound]
    return all(imports) and all(
        one.bound == use.name and not names.accesses(one) for behind in imports for one in behind
    )


def spell_short(name: str, use: Use, names: Imports) -> Spelling | Kept:
    """Write a name the way that the file writes such names, best as a short one."""
    module, _, last = name.rpartition(".")
    for one in names.at_top(name):
        if one.bound == name:
            return Spelling(one.local)
        if module != "torch.func":
            return Spelling(f"{one.local}.{last}")
    if module == first(module) and module not in names.code.taken:
        return Spelling(name, (Need(module),))
    if use.access is not None and module == "torch.func":
        dotted = _dotted(name, "torch", use, names)
        if isinstance(dotted, Spelling):
            return dotted
    local = names.code.free(last)
    return Spelling(local, (Need(module, last, local),))


def spell_module(name: str, use: Use, names: Imports) -> Spelling | Kept:
    """Write the dotted name of a module where the use is."""
    return _dotted(name, name, use, names)


def _dotted(name: str, module: str, use: Use, names: Imports) -> Spelling | Kept:
    assert use.access is not None
    torch = names.root_of_torch if module == "torch" else "torch"
    text = torch + name[len("torch") :]
    bound = use.access.scope[torch]
    if not all(names.is_import_of("torch", assignment) for assignment in bound):
        return Kept(Reason.SHADOWED)
    # Where the name is looked up, if anywhere.
    scope = next((assignment.scope for assignment in bound), None)
    there = [one for one in names.torch if one.scope is scope and one.local == torch]
    offset = names.code.offset(use.node)
    if any(one.loads(module) and names.is_sure(one, offset) for one in there):
        return Spelling(text)
    if any(scope and scope not in around(one.scope) for one in use.imports):
        return Kept(Reason.SHADOWED)
    outside = [names.looks_outside(one.scope, torch) for one in use.imports]
    if module == "torch" and all(outside):
        return Spelling(text)
    if any(outside):  # an import there would hide the other torch
        return Kept(Reason.SHADOWED)
    return Spelling(text, (Need(module, "", "" if torch == "torch" else torch),))
