"""Plans the new imports, after each use is decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import ClassScope

from functorch_compat.legacy_api import MODULES
from functorch_compat.migrate.context import Context
from functorch_compat.migrate.decisions import Decision, Helper, Kept, Need, Replaced
from functorch_compat.migrate.imports import Import, Imports, around
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.uses import Use

_NOQA = re.compile(r"#\s*noqa(?!\s*:)|#\s*noqa\s*:[\s\w,]*\bF401\b", re.I)


@dataclass(frozen=True)
class Plan:
    """The plan for one legacy import."""

    stays: Kept | None
    """Why the import stays, or None if it goes."""
    needs: tuple[Need | Helper, ...]
    """The imports and functions that replace it, or that are added to it if it stays."""


def plan(names: Imports, decisions: Mapping[Use, Decision], context: Context) -> dict[Import, Plan]:
    """Return the plan for each import of a legacy name."""
    by_import: dict[Import, list[Use]] = {}
    for use in decisions:
        for one in use.imports:
            by_import.setdefault(one, []).append(use)
    already_planned: list[tuple[Import, Need | Helper]] = []
    plans = {}
    for one in names.of("functorch"):
        uses = by_import.get(one, [])
        stays = _why_it_stays(one, uses, decisions, names, context)
        needs: list[Need | Helper] = []
        for use in uses:
            decision = decisions[use]
            if isinstance(decision, Replaced):
                wanted = decision.requires
                if use.access is None and (stays or _is_unused(one, names, context)):
                    wanted = ()
                needs += [
                    n
                    for n in wanted
                    if not _is_already_planned(n, one, use, already_planned, names)
                ]
        needs = [n for n in dict.fromkeys(needs) if not _is_implied(n, needs)]
        already_planned += [(one, need) for need in needs]
        plans[one] = Plan(stays, tuple(needs))
    return plans


def _is_implied(need: Need | Helper, needs: list[Need | Helper]) -> bool:
    """Return whether another needed import makes ``import torch`` superfluous."""
    return need == Need("torch") and any(
        isinstance(n, Need) and not n.name and not n.local and n.module.startswith("torch.")
        for n in needs
    )


def _is_already_planned(
    need: Need | Helper,
    one: Import,
    use: Use,
    already_planned: list[tuple[Import, Need | Helper]],
    names: Imports,
) -> bool:
    """Return whether the imports that are already planned provide what is needed there."""
    offset = names.code.offset(use.node)
    if isinstance(need, Helper):
        return all(
            names.is_import_of("functorch", bound) for bound in one.scope.assignments[one.local]
        ) and any(
            planned == need and other.scope is one.scope and names.is_sure(other, offset)
            for other, planned in already_planned
            if other is not one
        )
    for other, planned in already_planned:
        if isinstance(planned, Helper):
            continue
        if need.name or need.local:
            same = planned == need
        else:
            same = not planned.name and f"{planned.module}.".startswith(f"{need.module}.")
        scopes = [*around(one.scope)]
        own = next((n for n, scope in enumerate(scopes) if "torch" in scope.assignments), None)
        if (
            same
            and other.scope in (scopes if own is None else scopes[: own + 1])
            and (other.statement is one.statement or names.is_sure(other, offset))
        ):
            return True
    return False


def left_alone(one: Import, names: Imports) -> Kept | None:
    """Return the reason if an import must stay exactly as it is, or else None."""
    same_name = [other for other in names.of("functorch") if other.statement is one.statement]
    twice = {other.imported for other in same_name if other.local == one.local}
    if isinstance(one.scope, ClassScope) or len(twice) > 1:
        return Kept(Reason.ELSEWHERE)
    return None


def _why_it_stays(
    one: Import,
    uses: list[Use],
    decisions: Mapping[Use, Decision],
    names: Imports,
    context: Context,
) -> Kept | None:
    (own,) = [use for use in uses if use.access is None]
    decision = decisions[own]
    if one.bound not in MODULES:
        if isinstance(decision, Kept) and (
            decision.reason is Reason.SILENCED or not _is_unused(one, names, context)
        ):
            return decision
        return None
    if isinstance(decision, Kept) and decision.reason in (Reason.SILENCED, Reason.ELSEWHERE):
        return decision
    if one.local in {*context.mentioned, *names.code.published} or (
        context.exported and not names.accesses(one)
    ):
        return Kept(Reason.EXPORTED)
    replaced = {use.access for use in uses if isinstance(decisions[use], Replaced)}
    needed = [access for access in names.accesses(one) if access not in replaced]
    # If `import functorch` stands beside `import functorch.compile`, the latter is needed only for
    # the uses of its own module.
    if any(
        other.scope is one.scope
        and other.local == other.imported == one.local != one.imported
        and names.code.is_unconditional(other.statement)
        for other in names.of("functorch")
    ):
        needed = [access for access in needed if names.may_need(access, one.imported)]
    if needed:
        offset = min(names.code.offset(access.node) for access in needed)
        return Kept(Reason.NEEDED, offset)
    return None


def _is_unused(one: Import, names: Imports, context: Context) -> bool:
    """Return whether a ``from`` import of a name can go because nothing uses the name."""
    code = names.code
    if names.accesses(one) or not isinstance(one.statement, cst.ImportFrom):
        return False
    mentioned = one.local in context.mentioned or one.local in names.code.published
    exported = context.exported or mentioned or is_facade(names)
    is_reexport = one.alias.asname is not None and one.imported.rpartition(".")[2] == one.local
    end = code.span(one.statement)[1]
    lines = code.text[code.offset(one.statement) : end] + re.split(r"[\r\n]", code.text[end:])[0]
    bound = one.scope.assignments[one.local]
    return not (
        exported
        or is_reexport
        or _NOQA.search(lines)
        # If something else binds the name too, another file may need this import.
        or not all(names.is_import_of("functorch", a) for a in bound)
        or any(len(names.imports_of(a)) > 1 for a in bound)  # One statement binds it twice.
        or not context.imported_elsewhere.isdisjoint((one.local, "*"))
    )


def is_facade(names: Imports) -> bool:
    """Return whether the code only imports. Its imports are then for other files."""
    body = names.code.module.body
    return all(
        isinstance(node, cst.SimpleStatementLine)
        and all(isinstance(s, (cst.Import, cst.ImportFrom, cst.Expr)) for s in node.body)
        for node in body
    )
