"""Follows names in code: which of them may be bound to functorch, or to something in it."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator

DOTTED = re.compile(r"functorch(?:\.\w+)*")

_IMPORTERS = ("import_module", "__import__", "find_spec", "importorskip")
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Bindings:
    """The scope of a module, class, function or comprehension, with the names that it binds."""

    def __init__(self, parent: Bindings | None = None, is_class: bool = False):
        self.parent, self.is_class = parent, is_class
        self.bound: set[str] = set()
        self.imported: dict[str, set[str]] = {}
        """For each local name, the dotted names in functorch that it may stand for."""
        self.aliases: dict[str, set[str]] = {}
        """For each local name, the other names that are assigned to it."""

    @property
    def outermost(self) -> Bindings:
        """The scope of the module."""
        return self.parent.outermost if self.parent else self

    def bind(self, name: str, legacy: str | None = None) -> None:
        """Bind a name. ``legacy`` is the dotted name in functorch that it is bound to, if any."""
        self.bound.add(name)
        if legacy:
            self.imported.setdefault(name, set()).add(legacy)

    def hand_over(self, name: str, outer: Bindings) -> None:
        """Move the bindings of a name to ``outer``, as ``global`` and ``nonlocal`` do."""
        self.bound.discard(name)
        outer.bound.add(name)
        outer.imported.setdefault(name, set()).update(self.imported.pop(name, ()))
        outer.aliases.setdefault(name, set()).update(self.aliases.pop(name, ()))

    def legacy(self, name: str, seen: frozenset[str] = frozenset()) -> set[str]:
        """Return the dotted names in functorch that a name may stand for in this scope."""
        scope: Bindings | None = self
        while scope and (name not in scope.bound or (scope.is_class and scope is not self)):
            scope = scope.parent
        if scope is None or name in seen:
            return set()
        values = scope.aliases.get(name, set())
        more = (scope.legacy(value, seen | {name}) for value in values)
        return scope.imported.get(name, set()).union(*more)


def scopes(tree: ast.AST, scope: Bindings) -> Iterator[tuple[ast.AST, Bindings]]:
    """Yield each node with its scope. A node comes after the nodes around it.

    A scope has all of its names only after the last node.
    """
    left = [(tree, scope)]
    handed: list[tuple[Bindings, str, Bindings]] = []
    while left:
        node, scope = left.pop()
        yield node, scope
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            outer = scope.outermost if isinstance(node, ast.Global) else scope.parent
            handed += [(scope, name, outer) for name in node.names if outer]
        _bind(node, scope)
        left += _children(node, scope)
    for inner, name, outer in handed:
        if inner is not outer:
            inner.hand_over(name, outer)


def _bind(node: ast.AST, scope: Bindings) -> None:
    """Add the names that a node binds to its scope."""
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            scope.bind(node.id)
    elif isinstance(node, ast.Import):
        for alias in node.names:
            root = alias.name.partition(".")[0]
            legacy = alias.name if alias.asname else root
            scope.bind(alias.asname or root, legacy if root == "functorch" else None)
    elif isinstance(node, ast.ImportFrom):
        ours = node.level == 0 and (node.module or "").partition(".")[0] == "functorch"
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            scope.bind(alias.asname or alias.name, name if ours else None)
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope.bind(target.id, imported_by(node.value))
                if isinstance(node.value, ast.Name):
                    scope.aliases.setdefault(target.id, set()).add(node.value.id)
    elif not isinstance(node, ast.alias):
        # Functions and classes have a name. An `except` and a pattern may have one.
        named = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(named, str):
            scope.bind(named)


def _children(node: ast.AST, scope: Bindings) -> list[tuple[ast.AST, Bindings]]:
    """Return the children of a node, each with its scope."""
    children = [*ast.iter_child_nodes(node)]
    if isinstance(node, _COMPREHENSIONS):
        inner = Bindings(scope)
        return [(child, inner) for child in children]
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
        return [(child, scope) for child in children]
    inner = Bindings(scope, is_class=isinstance(node, ast.ClassDef))
    if not isinstance(node, ast.ClassDef):
        for argument in ast.iter_child_nodes(node.args):
            if isinstance(argument, ast.arg):
                inner.bind(argument.arg)
    body = {*node.body} if isinstance(node.body, list) else {node.body}
    return [(child, inner if child in body else scope) for child in children]


def imported_by(node: ast.expr) -> str | None:
    """Return the module in functorch that a call such as ``import_module("functorch")`` imports."""
    if not isinstance(node, ast.Call) or called(node) not in _IMPORTERS:
        return None
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    named = keywords.get("name", keywords.get("modname"))
    name = literal(node.args[0] if node.args else named)
    if name is not None and name.startswith("."):
        package = literal(node.args[1] if len(node.args) > 1 else keywords.get("package"))
        try:
            name = importlib.util.resolve_name(name, package)
        except (ImportError, ValueError):
            return None
    return name if name is not None and DOTTED.fullmatch(name) else None


def called(call: ast.Call) -> str:
    """Return the name of the called function, without what is before its last dot."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def literal(node: ast.AST | None) -> str | None:
    """Return the string that a node is, or None if it is anything else."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
