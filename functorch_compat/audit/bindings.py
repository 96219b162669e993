"""What the names of a piece of code may be bound to."""

from __future__ import annotations


class Bindings:
    """The names that a module, a class, a function or a comprehension binds."""

    def __init__(self, parent: Bindings | None = None, is_class: bool = False):
        self.parent, self.is_class = parent, is_class
        self.bound: set[str] = set()
        self.imported: dict[str, set[str]] = {}
        """For a local name, the dotted names in functorch that it may be."""
        self.aliases: dict[str, set[str]] = {}
        """For a local name, the other names that are assigned to it."""
        self.outer: dict[str, Bindings] = {}
        """The names of ``global`` and ``nonlocal``, and where they are bound."""

    @property
    def outermost(self) -> Bindings:
        """The module."""
        return self.parent.outermost if self.parent else self

    def legacy(self, name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """The dotted names in functorch that a name may be here."""
        scope: Bindings | None = self
        while scope and (name not in scope.bound or (scope.is_class and scope is not self)):
            scope = scope.parent
        if scope is None or name in seen:
            return set()
        values = scope.aliases.get(name, set())
        more = (scope.legacy(value, seen | {name}) for value in values)
        return scope.imported.get(name, set()).union(*more)
