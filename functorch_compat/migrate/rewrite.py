"""The pipeline: text, code, imports, uses, decisions, new imports, edits."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Collection
from typing import NamedTuple

from libcst import ParserSyntaxError, parse_module

from functorch_compat.edits import Edit, apply
from functorch_compat.findings import UnreadableError
from functorch_compat.legacy_api import MODULES
from functorch_compat.migrate import fallbacks, import_plan, layout, stars, strings, uses
from functorch_compat.migrate.code import parse
from functorch_compat.migrate.context import Context
from functorch_compat.migrate.decisions import Decision, Kept, Replaced
from functorch_compat.migrate.imports import Import, Imports
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.rules import decide
from functorch_compat.migrate.uses import Use


class Rewrite(NamedTuple):
    """What becomes of the uses in a piece of code. Each is known by its offset."""

    edits: list[Edit]
    done: set[int]
    """The uses that the edits rewrite."""
    left: dict[int, Kept]
    """Of other uses, why they stay."""
    notes: dict[int, str]
    """What a person should know of a use that is rewritten."""


def rewrite(text: str, found: Collection[int], context: Context | None = None) -> Rewrite:
    """Find what to edit.

    Args:
        text: The code.
        found: The offsets of the uses that the audit found. No other is rewritten.
        context: What is known of the file besides its code.

    Raises:
        UnreadableError: Where LibCST cannot parse the code, or what would become of it.
    """
    names = Imports(parse(text))
    places = {use: _place(use, names, found) for use in uses.find(names)}
    decisions = {use: _decide(use, place in found, names) for use, place in places.items()}
    context = context or Context()
    pairs = fallbacks.find(names)
    decisions.update(_of_pairs(decisions, pairs, context))
    plans = import_plan.plan(names, decisions, context)
    plans = {one: plan for one, plan in plans.items() if one not in pairs}
    stays = {plan_of: plan.stays for plan_of, plan in plans.items()}

    edits: list[Edit] = []
    done: set[int] = set()
    left: dict[int, Kept] = {}
    notes: dict[int, str] = {}
    for use, decision in decisions.items():
        place = places[use]
        kept = decision if isinstance(decision, Kept) else None
        if use.access is None or use.follows_import:
            kept = stays.get(use.imports[0], kept)
        if kept is not None:
            left[place] = kept
            continue
        done.add(place)
        if isinstance(decision, Replaced):
            edits += decision.edits
            notes.update({place: decision.note} if decision.note else {})
    kept_names = {use.name for use, place in places.items() if place in left}
    for edit in strings.targets(names.code, context.used - kept_names):
        if edit.start in found:
            edits.append(edit)
            done.add(edit.start)
    for place, edit in strings.modules(names.code):
        if place in found:
            edits.append(edit)
            done.add(place)
    for edit in stars.edits(names, context):
        if edit.start in found:
            edits.append(edit)
            done.add(edit.start)
    modules = {place for use, place in places.items() if use.row and use.row.is_module}
    calls = strings.attributes(names.code, modules & done - left.keys())
    done.update(place for place in calls if place in found and place not in left)
    unseen = [place for place in found if place not in done and place not in left]
    left.update(dict.fromkeys(strings.inside(names.code, unseen), Kept(Reason.STRING)))
    edits += layout.edits(plans, names)
    edits = list(dict.fromkeys(edits))
    if edits:
        _check(text, edits)
    return Rewrite(edits, done - left.keys(), left, notes)


def _check(text: str, edits: list[Edit]) -> None:
    """Make sure that what would be written can be parsed: by Python itself, which is faster."""
    after = apply(text, edits).text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an escape sequence in a string, say
            ast.parse(after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # it may be for a newer Python
        try:
            parse_module(after)
        except ParserSyntaxError as error:
            raise UnreadableError(
                f"line {error.raw_line} of its code: LibCST cannot parse what would become of it"
            ) from None


def _place(use: Use, names: Imports, found: Collection[int]) -> int:
    """Where the audit finds a use. What moved as a whole, it finds where its import begins."""
    code = names.code
    if use.access is None:
        places = code.offset(use.node), code.offset(use.imports[0].statement)
        return next((place for place in places if place in found), places[0])
    return code.offset(use.node)


def _decide(use: Use, is_found: bool, names: Imports) -> Decision:
    if not is_found:
        return Kept(Reason.SILENCED)
    for one in use.imports:
        kept = import_plan.left_alone(one, names)
        if kept is not None:
            return kept
    if use.follows_import:
        return Replaced()
    if use.name in MODULES:
        return Kept(Reason.NEEDED)
    return decide(use, names)


def _of_pairs(
    decisions: dict[Use, Decision], pairs: dict[Import, Edit], context: Context
) -> dict[Use, Decision]:
    """The decisions of the uses that are, or come by, an import of a pair."""
    fallback = Kept(Reason.FALLBACK)
    return {
        use: fallback if context.keeps_fallbacks else Replaced((pairs[use.imports[0]],))
        for use, decision in decisions.items()
        if all(one in pairs for one in use.imports) and decision != Kept(Reason.SILENCED)
    }
