"""Imports between which releases of torch decide, of which torch 2.0 and later need but one.

``try: from torch.func import vmap``, ``except ImportError: from functorch import vmap`` is such a
pair, and so are the branches of ``if version >= 2: …``, ``else: …``. The branch that needs no
functorch takes the place of both.
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
    """The legacy imports of such pairs, each with the edit that leaves the other branch."""
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
    ours = by_branch[0] if legacy in by_branch[0] else by_branch[1]
    other = by_branch[1] if ours is by_branch[0] else by_branch[0]
    kept = branches[by_branch.index(other)]
    if len(ours) + len(other) != sum(_count(s) for branch in branches for s in branch):
        return None  # a star, or a relative import
    bound = {one.local: one.bound for one in other}
    same = all(bound.get(one.local) in _successors(one.bound) for one in ours)
    if not same or any(first(one.imported) != "torch" for one in other):
        return None
    code, outer = names.code, names.code.indent(statement)
    lines = [code.source(line) for line in dict.fromkeys(code.parents[s] for s in kept)]
    inner = code.indent(kept[0])
    text = f"{code.newline}{outer}".join(lines).replace(code.newline + inner, code.newline + outer)
    return Edit(*code.span(statement), text)


def _successors(name: str) -> tuple[str, ...]:
    """The names that may be written for a legacy name in new code."""
    if name == "functorch":
        return ("torch.func",)
    row = LEGACY_API.get(name)
    if row is None or row.kind != "rename":
        return ()
    return (row.replacement, row.replacement.replace("torch.func.", "torch."))


def _branches(statement: cst.Try | cst.If, names: Imports) -> list[list[cst.CSTNode]]:
    """The imports in each branch, if there is nothing but imports."""
    if isinstance(statement, cst.Try):
        if len(statement.handlers) != 1 or statement.orelse or statement.finalbody:
            return []
        bodies = [statement.body, statement.handlers[0].body]
    else:
        is_elif = isinstance(names.code.parents[statement], cst.If)
        if is_elif or not isinstance(statement.orelse, cst.Else) or _alone(statement.test, names):
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


def _alone(test: cst.BaseExpression, names: Imports) -> bool:
    """Whether the condition is all that an import is for, which would then be of no use."""
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
