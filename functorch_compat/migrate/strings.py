"""Strings that name a legacy function: patch targets are rewritten, all others are left."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator

import libcst as cst

from functorch_compat.edits import Edit
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate.code import Code
from functorch_compat.migrate.decisions import LOADED

_PATCHES = ("patch", "setattr", "delattr")


def targets(code: Code, called: Collection[str]) -> Iterator[Edit]:
    """The edits of the strings that a patching call takes, each of which is a legacy name.

    Args:
        code: The code.
        called: The legacy names that code uses and that are rewritten. A patch of any other name
            may be meant for something else.
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


def inside(code: Code, offsets: Collection[int]) -> Iterator[int]:
    """Those of the offsets that are in a string."""
    strings = (code.span(n) for n in code.parents if isinstance(n, cst.SimpleString))
    spans = [(-1, -1), *sorted(strings)]
    starts = [start for start, _ in spans]
    return (at for at in offsets if at < spans[bisect_right(starts, at) - 1][1])
