"""Which legacy name each use is: an import of it, or an attribute of a legacy module."""

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
    """The whole name. It is that of a module where nothing is asked of the module."""
    node: cst.CSTNode
    """The attribute or name that is the use, or the alias in an import."""
    access: Access | None
    """None where the use is an import."""
    imports: tuple[Import, ...]
    """What binds its first name."""
    is_certain: bool = True
    """Whether its first name is never anything else than what ``imports`` say."""

    @property
    def follows_import(self) -> bool:
        """Whether it is done as soon as its import is, because the local name stays."""
        bound = {one.bound for one in self.imports}
        return self.access is not None and bound.isdisjoint(MODULES)

    @property
    def row(self) -> LegacyName | None:
        """Its row in the table, if it has one."""
        return LEGACY_API.get(self.name)


def find(names: Imports) -> list[Use]:
    """The uses in a piece of code, in no order. Those of an imported module come with it."""
    return [*_imports(names), *_attributes(names), *_of_aliases(names)]


def _imports(names: Imports) -> Iterator[Use]:
    for one in names.of("functorch"):
        yield Use(_known(one.imported), one.alias, None, (one,))


def _attributes(names: Imports) -> Iterator[Use]:
    accesses = {
        access: None
        for one in names.of("functorch")
        if one.bound in MODULES
        for access in names.accesses(one)
    }
    for access in accesses:
        name = root(access)
        if name is None:  # it is in a string
            continue
        may_be = assignments(access)
        imports = [one for assignment in may_be for one in names.behind(assignment)]
        legacy = tuple(one for one in imports if first(one.imported) == "functorch")
        ours = all(
            names.is_import_of("functorch", assignment) or is_none(assignment, names.code)
            for assignment in may_be
        )
        certain = ours and len({one.bound for one in legacy}) == 1
        module = next(one.bound for one in legacy if one.bound in MODULES)
        whole, node = _whole(names, module, name)
        yield Use(whole, node, access, legacy, certain)


def _of_aliases(names: Imports) -> Iterator[Use]:
    """The uses of a module that an import gives a name of its own. They need no edit."""
    for one in names.of("functorch"):
        if one.bound in LEGACY_API and LEGACY_API[one.bound].is_module:
            for access in names.accesses(one):
                name = root(access)
                if name is not None:
                    yield Use(one.bound, name, access, (one,))


def _whole(names: Imports, name: str, node: cst.BaseExpression) -> tuple[str, cst.BaseExpression]:
    """The longest legacy name that begins with ``node``, which is ``name``."""
    while name in MODULES:
        parent = names.code.parents[node]
        if not isinstance(parent, cst.Attribute) or parent.value is not node:
            break
        node, name = parent, f"{name}.{parent.attr.value}"
    return name, node


def _known(name: str) -> str:
    """The longest name of the table that ``name`` is or is in, or the name where it is unknown."""
    known = name
    while known not in LEGACY_API and "." in known:
        known = known.rpartition(".")[0]
    return known if known in LEGACY_API else name
