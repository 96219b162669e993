"""Finds the names that imports bind, and the accesses to each of these names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Union

import libcst as cst
from libcst.helpers import get_full_name_for_node_or_raise as full_name
from libcst.metadata import Access, BaseAssignment, ClassScope, GlobalScope, ImportAssignment, Scope

from functorch_compat.migrate.code import Code

Statement = Union[cst.Import, cst.ImportFrom]


@dataclass(frozen=True, eq=False)
class Import:
    """A name that an import binds."""

    statement: Statement
    alias: cst.ImportAlias
    imported: str
    """The full dotted name that is imported."""
    local: str
    """The local name that the import binds."""
    scope: Scope

    @property
    def bound(self) -> str:
        """Return the full dotted name of the object that the local name then stands for."""
        whole = self.alias.asname or isinstance(self.statement, cst.ImportFrom)
        return self.imported if whole else first(self.imported)

    def loads(self, module: str) -> bool:
        """Return whether the import loads the module."""
        return f"{self.imported}.".startswith(f"{module}.")


class Imports:
    """The imports in the code of a file."""

    def __init__(self, code: Code):
        self.code = code
        statements = [
            node for node in code.parents if isinstance(node, (cst.Import, cst.ImportFrom))
        ]
        self.statements: list[Statement] = sorted(statements, key=code.offset)
        scopes = {
            (assignment.node, first(assignment.name)): assignment.scope
            for scope in {scope for scope in code.scopes.values() if scope}
            for assignment in scope.assignments
            if isinstance(assignment, ImportAssignment)
        }
        self.all = [
            Import(statement, alias, imported, local, scopes[statement, local])
            for statement in self.statements
            for alias, imported, local in _imported(statement)
        ]

    def of(self, package: str) -> list[Import]:
        """Return the imports of a package and of the names in it."""
        return [one for one in self.all if first(one.imported) == package]

    @cached_property
    def _by_place(self) -> dict[tuple[object, str], list[Import]]:
        by_place: dict[tuple[object, str], list[Import]] = {}
        for one in self.all:
            by_place.setdefault((one.statement, one.local), []).append(one)
        return by_place

    @cached_property
    def _accesses(self) -> dict[tuple[object, str], list[Access]]:
        accesses: dict[tuple[object, str], list[Access]] = {}
        locals_ = {one.local for one in self.all}
        for scope in {scope for scope in self.code.scopes.values() if scope}:
            for access in scope.accesses:
                name = root(access)
                if name is not None and name.value not in locals_:
                    continue
                for place in {(_node(one), first(one.name)) for one in assignments(access)}:
                    if place in self._by_place:
                        accesses.setdefault(place, []).append(access)
        return accesses

    def accesses(self, one: Import) -> list[Access]:
        """Return the accesses to the name of the import. Something else may have bound it too."""
        return self._accesses.get((one.statement, one.local), [])

    def imports_of(self, assignment: BaseAssignment) -> list[Import]:
        """Return the imports that make an assignment: several if a statement binds a name twice."""
        return self._by_place.get((_node(assignment), first(assignment.name)), [])

    def is_import_of(self, package: str, assignment: BaseAssignment) -> bool:
        """Return whether an assignment is an import of a package or of a name in it."""
        return any(first(one.imported) == package for one in self.imports_of(assignment))

    def may_need(self, access: Access, module: str) -> bool:
        """Return whether an access to the package of a module may need the module itself."""
        node: cst.CSTNode | None = root(access)
        name = ""
        while isinstance(node, (cst.Name, cst.Attribute)):
            name += f".{node.value if isinstance(node, cst.Name) else node.attr.value}"
            node = self.code.parents.get(node)
        return f"{module}.".startswith(f"{name[1:]}.") or f"{name[1:]}.".startswith(f"{module}.")

    @cached_property
    def torch(self) -> list[Import]:
        """Return the imports that bind a name to torch itself."""
        return [
            one
            for one in self.of("torch")
            if one.bound == "torch" and isinstance(one.statement, cst.Import)
        ]

    @cached_property
    def root_of_torch(self) -> str:
        """Return the local name of torch at the top level of the code."""
        names = [one.local for one in self.torch if isinstance(one.scope, GlobalScope)]
        return names[0] if names and "torch" not in names else "torch"

    def is_sure(self, one: Import, offset: int) -> bool:
        """Return whether the import always runs, and stands before the offset."""
        return self.code.offset(one.statement) < offset and self.code.is_unconditional(
            one.statement
        )

    def looks_outside(self, scope: Scope, name: str) -> bool:
        """Return whether a function looks up that name outside of itself."""
        return not isinstance(scope, GlobalScope) and name in self._looked_up_outside(scope)

    def _looked_up_outside(self, scope: Scope) -> set[str]:
        if scope not in self._outside:
            roots = {name.value for name in map(root, scope.accesses) if name is not None}
            self._outside[scope] = {name for name in roots if name not in scope.assignments}
        return self._outside[scope]

    @cached_property
    def _outside(self) -> dict[Scope, set[str]]:
        return {}

    def at_top(self, name: str) -> list[Import]:
        """Return the imports at the top level that always run and give the dotted name."""
        return [
            one
            for one in self.all
            if one.bound in (name, name.rpartition(".")[0])
            and isinstance(one.scope, GlobalScope)
            and self.code.is_top_level(one.statement)
            and len({*one.scope[one.local]}) == 1
        ]


def _imported(statement: Statement) -> Iterator[tuple[cst.ImportAlias, str, str]]:
    """Yield the aliases of an import, each with its full dotted name and its local name."""
    package = ""
    if isinstance(statement, cst.ImportFrom):
        if statement.relative or statement.module is None:
            return
        package = f"{full_name(statement.module)}."
    for alias in () if isinstance(statement.names, cst.ImportStar) else statement.names:
        name = full_name(alias.name)
        local = alias.asname.name if alias.asname else None
        yield alias, package + name, full_name(local) if local else first(name)


def is_none(assignment: BaseAssignment, code: Code) -> bool:
    """Return whether an assignment is ``name = None``, as after a failed import."""
    node = _node(assignment)
    around = [*code.around(node)][:2] if node is not None else []
    return (
        len(around) == 2
        and isinstance(around[1], cst.Assign)
        and code.source(around[1].value) == "None"
    )


def first(name: str) -> str:
    """Return the first part of a dotted name."""
    return name.partition(".")[0]


def root(access: Access) -> cst.Name | None:
    """Return the first name of an access, or None if the access is in a string."""
    node: cst.BaseExpression = access.node
    while isinstance(node, cst.Attribute):
        node = node.value
    return node if isinstance(node, cst.Name) else None


def around(scope: Scope) -> Iterator[Scope]:
    """Yield the scope and the scopes around it."""
    yield scope
    while not isinstance(scope, GlobalScope):
        scope = scope.parent
        yield scope


def assignments(access: Access) -> set[BaseAssignment]:
    """Return the assignments that an access may refer to."""
    name = root(access)
    by_name = access.scope[name.value] if name is not None else set()
    # `referents` depends on the order of the assignments. That order matters only in the body of a
    # class. If the access is in a string, only `referents` has its assignments.
    in_order = name is None or isinstance(access.scope, ClassScope)
    return {*by_name, *(access.referents if in_order else ())}


def _node(assignment: BaseAssignment) -> cst.CSTNode | None:
    """Return the node that binds a name, or None if Python itself binds it."""
    return getattr(assignment, "node", None)
