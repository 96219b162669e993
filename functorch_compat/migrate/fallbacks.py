"""Finds pairs of imports. Torch 2.0 and later need only one of the two.

One example is ``try: from torch.func import vmap`` with ``except ImportError: from functorch import
vmap``. Another is ``if version >= 2: …`` with ``else: …``. The branch without functorch replaces
the whole statement.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.metadata import ImportAssignment

from functorch_compat.edits import Edit
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate.imports import Import, Imports, first

_Statement = cst.BaseCompoundStatement


def find(names: Imports) -> dict[Import, Edit]:
    """Return the legacy imports of such pairs, each with the edit that keeps the other branch."""
    found: dict[Import, Edit] = {}
    for one in names.of("functorch"):
        pair = next(names.code.around(names.code.parents[one.statement]), None)
        statement = names.code.parents.get(pair) if pair is not None else None
        if isinstance(statement, (cst.ExceptHandler, cst.Else)):
            statement = names.code.parents[statement]
        if isinstance(statement, (cst.Try, cst.If)):
            edit = _edit(statement, one, names)
            if edit is not None:
                found[one] = edit
    return found


def _edit(statement: cst.Try | cst.If, legacy: Import, names: Imports) -> Edit | None:
    branches = _branches(statement, names)
    if len(branches) != 2:
        return None
    by_branch = [[one for one in names.all if one.statement in branch] for branch in branches]
    old = by_branch[0] if legacy in by_branch[0] else by_branch[1]
    new = by_branch[1] if old is by_branch[0] else by_branch[0]
    remaining = branches[by_branch.index(new)]
    if len(old) + len(new) != sum(_count(s) for branch in branches for s in branch):
        return None  # One of the imports is a star or relative.
    bound = {one.local: one.bound for one in new}
    same = all(bound.get(one.local) in _successors(one.bound) for one in old)
    if not same or any(first(one.imported) != "torch" for one in new):
        return None
    code, outer = names.code, names.code.indent(statement)
    lines = [code.source(line) for line in dict.fromkeys(code.parents[s] for s in remaining)]
    inner = code.indent(remaining[0])
    text = f"{code.newline}{outer}".join(lines).replace(code.newline + inner, code.newline + outer)
    return Edit(*code.span(statement), text)


def _successors(name: str) -> tuple[str, ...]:
    """Return the names that new code may use instead of a legacy name."""
    if name == "functorch":
        return ("torch.func",)
    row = LEGACY_API.get(name)
    if row is None or row.kind != "rename":
        return ()
    return (row.replacement, row.replacement.replace("torch.func.", "torch."))


def _branches(statement: cst.Try | cst.If, names: Imports) -> list[list[cst.CSTNode]]:
    """Return the imports of each branch, or no branches if one has anything but imports."""
    if isinstance(statement, cst.Try):
        if len(statement.handlers) != 1 or statement.orelse or statement.finalbody:
            return []
        bodies = [statement.body, statement.handlers[0].body]
    else:
        is_elif = isinstance(names.code.parents[statement], cst.If)
        if is_elif or not isinstance(statement.orelse, cst.Else):
            return []
        if _is_only_user_of_an_import(statement.test, names):
            return []
        bodies = [statement.body, statement.orelse.body]
    branches = [[*_imports(body)] for body in bodies]
    return branches if all(branches) else []


def _imports(body: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    lines = body.body if isinstance(body, cst.IndentedBlock) else [body]
    simple = (cst.SimpleStatementLine, cst.SimpleStatementSuite)
    small: list[cst.CSTNode] = []
    for line in lines:
        small += line.body if isinstance(line, simple) else [line]
    if all(isinstance(one, (cst.Import, cst.ImportFrom)) for one in small):
        yield from small


def _count(statement: cst.CSTNode) -> int:
    assert isinstance(statement, (cst.Import, cst.ImportFrom))
    return 1 if isinstance(statement.names, cst.ImportStar) else len(statement.names)


def _is_only_user_of_an_import(test: cst.BaseExpression, names: Imports) -> bool:
    """Return whether the condition is the only user of an import, which would then be unused."""
    inside = [n for n in names.code.parents if isinstance(n, cst.Name) and _is_in(n, test, names)]
    for name in inside:
        for assignment in names.code.scope(name)[name.value]:
            if isinstance(assignment, ImportAssignment):
                nodes = {access.node for access in assignment.references}
                if all(_is_in(node, test, names) for node in nodes):
                    return True
    return False


def _is_in(node: cst.CSTNode, outer: cst.CSTNode, names: Imports) -> bool:
    return node is outer or any(one is outer for one in names.code.around(node))
