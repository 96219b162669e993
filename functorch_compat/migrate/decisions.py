"""Defines the decisions about a use, and writes names of torch at the place of a use."""

from __future__ import annotations

from typing import NamedTuple, Union

from functorch_compat.edits import Edit
from functorch_compat.migrate.imports import Imports, around, first
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.uses import Use

# `import torch` loads these modules on every release.
LOADED = ("torch", "torch.func", "torch._ops")


class Need(NamedTuple):
    """An import that has to be added at the place of the legacy import."""

    module: str
    name: str = ""
    """The name that is imported from the module. It is empty for the module itself."""
    local: str = ""
    """The local name, if it differs from the imported name."""

    @property
    def text(self) -> str:
        """Return the import as a statement."""
        renamed = f" as {self.local}" if self.local not in ("", self.name) else ""
        if self.name:
            return f"from {self.module} import {self.name}{renamed}"
        return f"import {self.module}{renamed}"


class Helper(NamedTuple):
    """A function that has to be defined after the legacy import."""

    text: str


class Replaced(NamedTuple):
    """The decision to rewrite a use."""

    edits: tuple[Edit, ...] = ()
    requires: tuple[Need | Helper, ...] = ()
    note: str = ""
    """A fact that a person should know about the new code."""


class Kept(NamedTuple):
    """The decision to leave a use for a person."""

    reason: Reason
    offset: int | None = None
    """The offset of the code that prevents the rewrite, if one place does."""


Decision = Union[Replaced, Kept]


class Spelling(NamedTuple):
    """The text for a dotted name at some place, and the imports that the text needs."""

    text: str
    needs: tuple[Need, ...] = ()


def spell(name: str, use: Use, names: Imports) -> Spelling | Kept:
    """Return the spelling of a name of torch at the place of the use.

    If ``import torch`` is enough to load it, the spelling is the dotted name. Otherwise it is the
    last part alone, imported from its module.
    """
    module, _, last = name.rpartition(".")
    if module in LOADED:
        return _dotted(name, "torch", use, names)
    if last in names.code.taken and not _is_only_imported(last, use, names):
        return _dotted(name, module, use, names)
    return Spelling(last, (Need(module, last),))


def _is_only_imported(local: str, use: Use, names: Imports) -> bool:
    """Return whether a local name is unused and bound only by imports of the same legacy name.

    Such imports are removed, so a second run would find the name free. The first run has to give
    the same result.
    """
    if local in names.code.named:
        return False
    scopes = {scope for scope in names.code.scopes.values() if scope}
    bound = [assignment for scope in scopes for assignment in scope.assignments[local]]
    imports = [names.imports_of(assignment) for assignment in bound]
    return all(imports) and all(
        one.bound == use.name and not names.accesses(one) for found in imports for one in found
    )


def spell_short(name: str, use: Use, names: Imports) -> Spelling | Kept:
    """Return the spelling of a name as the file spells such names, a short one if possible."""
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
    """Return the spelling of the dotted name of a module at the place of the use."""
    return _dotted(name, name, use, names)


def _dotted(name: str, module: str, use: Use, names: Imports) -> Spelling | Kept:
    assert use.access is not None
    torch = names.root_of_torch if module == "torch" else "torch"
    text = torch + name[len("torch") :]
    bound = use.access.scope[torch]
    if not all(names.is_import_of("torch", assignment) for assignment in bound):
        return Kept(Reason.SHADOWED)
    # Python looks up the name in this scope, if the name is bound at all.
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
    if any(outside):  # An import there would hide the other torch.
        return Kept(Reason.SHADOWED)
    return Spelling(text, (Need(module, "", "" if torch == "torch" else torch),))
