"""Rewrites strings with legacy names, if the call around them makes their meaning certain.

Such a string is a patch target, or the name of a module that a call only looks for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator

import libcst as cst

from functorch_compat.edits import Edit
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate.code import Code
from functorch_compat.migrate.decisions import LOADED

_PATCHES = ("patch", "setattr", "delattr")
_IMPORTERS = ("import_module", "find_spec", "importorskip")


def targets(code: Code, called: Collection[str]) -> Iterator[Edit]:
    """Yield the edits of the patch targets that are legacy names.

    Args:
        code: The code.
        called: The legacy names with uses that are all rewritten. A patch of any other name may be
            meant for something else.
    """
    for node, parent in code.parents.items():
        if not isinstance(node, cst.SimpleString) or not _is_target(node, parent, code):
            continue
        name = node.raw_value
        row = LEGACY_API.get(name) if name in called else None
        if row and row.kind == "rename" and row.module in LOADED:
            start = code.offset(node) + len(node.prefix) + len(node.quote)
            yield Edit(start, start + len(name), row.replacement)


def _is_target(node: cst.SimpleString, argument: cst.CSTNode, code: Code) -> bool:
    call = code.parents[argument] if isinstance(argument, cst.Arg) else None
    if not isinstance(call, cst.Call) or call.args[0] is not argument:
        return False
    return code.source(call.func).rpartition(".")[2] in _PATCHES


def modules(code: Code) -> Iterator[tuple[int, Edit]]:
    """Yield the edits of the legacy modules in checks such as ``find_spec("functorch") is None``.

    Each edit comes with the offset of its call.
    """
    for node, argument in code.parents.items():
        if not isinstance(node, cst.SimpleString) or not isinstance(argument, cst.Arg):
            continue
        call = code.parents[argument]
        new = _new_module(node.raw_value)
        if new and isinstance(call, cst.Call) and _is_a_check(call, code):
            start = code.offset(node) + len(node.prefix) + len(node.quote)
            yield code.offset(call), Edit(start, start + len(node.raw_value), new)


def _new_module(name: str) -> str:
    if name == "functorch":
        return "torch.func"
    row = LEGACY_API.get(name)
    return row.replacement if row and row.is_module and row.kind == "rename" else ""


def _is_a_check(call: cst.Call, code: Code) -> bool:
    """Return whether a call imports or looks for a module, and nothing else uses its result."""
    if code.source(call.func).rpartition(".")[2] not in _IMPORTERS:
        return False
    parent = code.parents[call]
    if isinstance(parent, cst.Comparison):
        return parent.left is call and code.source(parent.comparisons[0].comparator) == "None"
    return isinstance(parent, cst.Expr)


def calls_with_module(code: Code, done: Collection[int]) -> Iterator[int]:
    """Yield the offsets of calls such as ``patch.object(module, "name")`` with a rewritten module.

    Args:
        code: The code.
        done: The offsets of the uses of modules that the edits rewrite.
    """
    for node in code.parents:
        if isinstance(node, cst.Call) and node.args and code.offset(node.args[0].value) in done:
            yield code.offset(node)


def in_strings(code: Code, offsets: Collection[int]) -> Iterator[int]:
    """Yield the offsets that are in a string."""
    strings = (code.span(n) for n in code.parents if isinstance(n, cst.SimpleString))
    spans = [(-1, -1), *sorted(strings)]
    starts = [start for start, _ in spans]
    return (at for at in offsets if at < spans[bisect_right(starts, at) - 1][1])
