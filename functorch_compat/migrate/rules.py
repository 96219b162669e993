"""Defines a function for each way to rewrite a use. ``RULES`` assigns them to the names."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from functorch_compat.edits import Edit
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate import functional, settled
from functorch_compat.migrate.decisions import (
    Decision,
    Kept,
    Need,
    Replaced,
    spell,
    spell_module,
)
from functorch_compat.migrate.imports import Imports
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.uses import Use

Rule = Callable[[Use, Imports], Decision]


def decide(use: Use, names: Imports) -> Decision:
    """Return the decision about a use, by the rule for its name."""
    row = use.row
    if row is None:
        return Kept(settled.of_name(use.name))
    if use.access is not None:
        if not names.code.is_loaded(use.node):
            return Kept(Reason.ASSIGNED)
        if not use.is_certain:
            return Kept(Reason.ELSEWHERE)
    return RULES.get(use.name, _BY_KIND[row.kind])(use, names)


def rename(use: Use, names: Imports) -> Decision:
    """Decide to write the new name in the place of the old one."""
    row = LEGACY_API[use.name]
    note = f"uses {row.module}, which is private to torch" if "._" in row.module else ""
    if use.access is None:
        (one,) = use.imports
        new = row.replacement + one.imported[len(use.name) :]
        if isinstance(one.statement, cst.ImportFrom):
            module, _, last = new.rpartition(".")
            need = Need(module, last, one.local)
        else:
            need = Need(new, "", one.local if one.bound == one.imported else "")
        return Replaced((), (need,), note)
    spelling = (spell_module if row.is_module else spell)(row.replacement, use, names)
    if isinstance(spelling, Kept):
        return spelling
    return Replaced((Edit(*names.code.span(use.node), spelling.text),), spelling.needs, note)


def leave(use: Use, names: Imports) -> Decision:
    """Decide to leave a name that has no counterpart, or none that a rule can write."""
    return Kept(settled.of_name(use.name))


def einops(use: Use, names: Imports) -> Decision:
    """Decide to use the PyPI project einops, which has the same ``rearrange``."""
    code, note = names.code, "needs the PyPI project einops"
    if use.access is None:
        (one,) = use.imports
        if use.name != one.imported:
            return Kept(Reason.UNKNOWN)
        _, _, name = use.name.partition("functorch.einops")
        local = one.local if one.local not in ("einops", "functorch") else ""
        return Replaced((), (Need("einops", name[1:], local),), note)
    function = code.parents[use.node]
    if not isinstance(function, cst.Attribute) or function.attr.value != "rearrange":
        return Kept(Reason.ANOTHER_CALL)
    if "einops" in code.taken:
        return Kept(Reason.ELSEWHERE)
    return Replaced((Edit(*code.span(use.node), "einops"),), (Need("einops"),), note)


def dim(use: Use, names: Imports) -> Decision:
    """Decide to write ``torch.Tensor`` for ``functorch.dim.Tensor`` if only annotations use it."""
    (one, *_) = use.imports
    if use.access is None and one.imported == "functorch.dim.Tensor":
        accesses = names.accesses(one)
        if accesses and all(access.is_annotation for access in accesses):
            return Replaced((), (Need("torch", "Tensor", one.local),))
    return Kept(Reason.NOTHING)


RULES: dict[str, Rule] = {
    "functorch.make_functional": functional.functional,
    "functorch.make_functional_with_buffers": functional.functional,
    "functorch.combine_state_for_ensemble": functional.functional,
    "functorch.einops": einops,
    "functorch.einops.rearrange": einops,
    "functorch.dim": dim,
}
_BY_KIND: dict[str, Rule] = {"rename": rename, "rewrite": leave, "none": leave}
