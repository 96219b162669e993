"""Finds the uses of legacy names: imports, and attributes of legacy modules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import Access

from functorch_compat.legacy_api import LEGACY_API, MODULES, LegacyName
from functorch_compat.migrate.imports import Import, Imports, assignments, first, is_none, root


@dataclass(frozen=True, eq=False)
class Use:
    """A use of a legacy name."""

    name: str
    """The full dotted name. It is that of a module if no attribute of the module is used."""
    node: cst.CSTNode
    """The node of the attribute or name, or the alias in an import."""
    access: Access | None
    """The access to a name, or None if the use is an import."""
    imports: tuple[Import, ...]
    """The imports that bind its first name."""
    is_certain: bool = True
    """Whether nothing but ``imports`` binds its first name."""

    @property
    def follows_import(self) -> bool:
        """Return whether the edit of its import is enough, because the local name stays."""
        bound = {one.bound for one in self.imports}
        return self.access is not None and bound.isdisjoint(MODULES)

    @property
    def row(self) -> LegacyName | None:
        """Return its row in the table, or None if it has none."""
        return LEGACY_API.get(self.name)


def find(names: Imports) -> list[Use]:
    """Return the uses in the code, in no particular order."""
    return [*_imports(names), *_attributes(names), *_of_aliases(names)]


def _imports(names: Imports) -> Iterator[Use]:
    for one in names.of("functorch"):
        yield Use(_longest_in_table(one.imported), one.alias, None, (one,))


def _attributes(names: Imports) -> Iterator[Use]:
    accesses = {
        access: None
        for one in names.of("functorch")
        if one.bound in MODULES
        for access in names.accesses(one)
    }
    for access in accesses:
        name = root(access)
        if name is None:  # The access is in a string.
            continue
        may_be = assignments(access)
        imports = [one for assignment in may_be for one in names.imports_of(assignment)]
        legacy = tuple(one for one in imports if first(one.imported) == "functorch")
        only_legacy = all(
            names.is_import_of("functorch", assignment) or is_none(assignment, names.code)
            for assignment in may_be
        )
        certain = only_legacy and len({one.bound for one in legacy}) == 1
        module = next(one.bound for one in legacy if one.bound in MODULES)
        whole, node = _whole(names, module, name)
        yield Use(whole, node, access, legacy, certain)


def _of_aliases(names: Imports) -> Iterator[Use]:
    """Yield the uses of modules under a local name. They need no edit, because the name stays."""
    for one in names.of("functorch"):
        if one.bound in LEGACY_API and LEGACY_API[one.bound].is_module:
            for access in names.accesses(one):
                name = root(access)
                if name is not None:
                    yield Use(one.bound, name, access, (one,))


def _whole(names: Imports, name: str, node: cst.BaseExpression) -> tuple[str, cst.BaseExpression]:
    """Return the longest legacy name that begins with ``node``, and its node.

    ``name`` is the name that ``node`` stands for.
    """
    while name in MODULES:
        parent = names.code.parents[node]
        if not isinstance(parent, cst.Attribute) or parent.value is not node:
            break
        node, name = parent, f"{name}.{parent.attr.value}"
    return name, node


def _longest_in_table(name: str) -> str:
    """Return the longest name in the table that ``name`` begins with, or ``name`` if none is."""
    longest = name
    while longest not in LEGACY_API and "." in longest:
        longest = longest.rpartition(".")[0]
    return longest if longest in LEGACY_API else name
