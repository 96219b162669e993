"""Rewrites ``from functorch import *`` to an import of the names that the code uses."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.helpers import get_full_name_for_node_or_raise as full_name

from functorch_compat.edits import Edit
from functorch_compat.legacy_api import LEGACY_API, MODULES
from functorch_compat.migrate.context import Context
from functorch_compat.migrate.imports import Imports, first


def edits(names: Imports, context: Context) -> Iterator[Edit]:
    """Yield the edit of the star import, if it is the only one and all its names are certain."""
    code = names.code
    stars = [
        one
        for one in names.statements
        if isinstance(one, cst.ImportFrom) and isinstance(one.names, cst.ImportStar)
    ]
    if len(stars) != 1:
        return  # A name may come from either of them.
    (star,) = stars
    module = full_name(star.module) if star.module and not star.relative else ""
    if module not in MODULES or not code.is_top_level(star):
        return
    if context.exported or context.imported_elsewhere or context.mentioned or code.published:
        return  # Other files may use more names than this one.
    used = {*_unbound(names)}
    full_names = {name: f"{module}.{name}" for name in used if f"{module}.{name}" in LEGACY_API}
    rows = {name: LEGACY_API[whole] for name, whole in full_names.items()}
    submodules = {whole.rpartition(".")[2] for whole in MODULES if whole != module}
    if not rows or used & submodules or any(row.kind != "rename" for row in rows.values()):
        return
    by_module: dict[str, list[str]] = {}
    for name, row in sorted(rows.items()):
        renamed = "" if row.attribute == name else f" as {name}"
        by_module.setdefault(row.replacement.rpartition(".")[0], []).append(
            f"{row.attribute}{renamed}"
        )
    lines = [f"from {new} import {', '.join(by_module[new])}" for new in sorted(by_module)]
    yield Edit(*code.span(star), f"{code.newline}{code.indent(star)}".join(lines))


def _unbound(names: Imports) -> Iterator[str]:
    """Yield the names that the code reads but nothing in it binds."""
    code = names.code
    for node, parent in code.parents.items():
        if not isinstance(node, cst.Name) or node.value not in code.named:
            continue
        is_part = isinstance(parent, (cst.Attribute, cst.Arg)) and node in (
            getattr(parent, "attr", None),
            getattr(parent, "keyword", None),
        )
        if not is_part and code.is_loaded(node) and not code.scope(node)[node.value]:
            yield first(node.value)
