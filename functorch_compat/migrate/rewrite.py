"""Rewrites the code of a file, in this order: parse, find uses, decide, plan imports, edit."""

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
    """The edits of the code of a file. The other fields name each use by its offset."""

    edits: list[Edit]
    done: set[int]
    """The uses that the edits rewrite."""
    left: dict[int, Kept]
    """The other uses, each with the decision to leave it."""
    notes: dict[int, str]
    """The facts that a person should know about rewritten uses."""


def rewrite(text: str, found: Collection[int], context: Context | None = None) -> Rewrite:
    """Return the edits, and which uses they rewrite.

    Args:
        text: The code.
        found: The offsets of the uses that the audit found. No other use is rewritten.
        context: The facts about the file that its code does not show.

    Raises:
        UnreadableError: If LibCST cannot parse the old or the new code.
    """
    names = Imports(parse(text))
    places = {use: _place(use, names, found) for use in uses.find(names)}
    decisions = {use: _decide(use, place in found, names) for use, place in places.items()}
    context = context or Context()
    pairs = fallbacks.find(names)
    decisions.update(_decisions_of_pairs(decisions, pairs, context))
    plans = import_plan.plan(names, decisions, context)
    plans = {one: plan for one, plan in plans.items() if one not in pairs}
    stays = {one: plan.stays for one, plan in plans.items()}

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
    names_left = {use.name for use, place in places.items() if place in left}
    for edit in strings.targets(names.code, context.used - names_left):
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
    calls = strings.calls_with_module(names.code, modules & done - left.keys())
    done.update(place for place in calls if place in found and place not in left)
    unseen = [place for place in found if place not in done and place not in left]
    left.update(dict.fromkeys(strings.in_strings(names.code, unseen), Kept(Reason.STRING)))
    edits += layout.edits(plans, names)
    edits = list(dict.fromkeys(edits))
    if edits:
        _check(text, edits)
    return Rewrite(edits, done - left.keys(), left, notes)


def _check(text: str, edits: list[Edit]) -> None:
    """Raise an error if the new code cannot be parsed. Python itself is asked first: it is fast."""
    after = apply(text, edits).text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # An escape sequence in a string may warn.
            ast.parse(after)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # It may be for a newer Python.
        try:
            parse_module(after)
        except ParserSyntaxError as error:
            raise UnreadableError(
                f"line {error.raw_line} of its code: LibCST cannot parse the new code"
            ) from None


def _place(use: Use, names: Imports, found: Collection[int]) -> int:
    """Return the offset at which the audit finds a use.

    For some imports this is the start of the statement, not of the name.
    """
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


def _decisions_of_pairs(
    decisions: dict[Use, Decision], pairs: dict[Import, Edit], context: Context
) -> dict[Use, Decision]:
    """Return the decisions for the imports in pairs, and for the uses of their names."""
    fallback = Kept(Reason.FALLBACK)
    return {
        use: fallback if context.keeps_fallbacks else Replaced((pairs[use.imports[0]],))
        for use, decision in decisions.items()
        if all(one in pairs for one in use.imports) and decision != Kept(Reason.SILENCED)
    }
