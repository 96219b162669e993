"""Finds the files in which no rule can rewrite anything, from the findings of the audit alone.

LibCST takes fifty times as long as the audit. So it does not parse these files.
"""

from __future__ import annotations

import re
import symtable
import warnings
from collections.abc import Iterator

from functorch_compat.documents import Document, Place
from functorch_compat.findings import Finding
from functorch_compat.legacy_api import LEGACY_API, MODULES
from functorch_compat.migrate.reasons import Reason

# In the table, these names are no renames. Each of them has a rule.
WITH_A_RULE = frozenset(
    {
        "functorch.make_functional",
        "functorch.make_functional_with_buffers",
        "functorch.combine_state_for_ensemble",
        "functorch.einops",
        "functorch.einops.rearrange",
    }
)
_ALIAS = re.compile(r"([\w.]+)(?:[\s\\]+as[\s\\]+(\w+))?")


def reasons(document: Document, findings: list[Finding]) -> list[str] | None:
    """Return why each use is left, or None if LibCST has to parse the file."""
    if not all(map(_has_no_rule, findings)):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # An escape sequence in a string may warn.
            table = symtable.symtable(document.code, document.path, "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    used = {one.get_name() for one in table.get_symbols() if one.is_imported()}
    used &= {*_looked_up_in_module(table)}
    why = [_why(finding, findings, document, used) for finding in findings]
    return [one for one in why if one] if all(why) else None


def of_name(name: str) -> Reason:
    """Return why a use is left if its name has no rule."""
    row = LEGACY_API.get(name)
    if row is None:
        return Reason.PRIVATE if "._" in name else Reason.UNKNOWN
    return Reason.NOTHING if row.kind == "none" else Reason.ANOTHER_CALL


def _has_no_rule(finding: Finding) -> bool:
    if finding.how in ("star", "string", "call"):
        return False
    if finding.how == "import" and finding.name in MODULES:
        return True
    return finding.kind != "rename" and finding.name not in WITH_A_RULE


def _looked_up_in_module(table: symtable.SymbolTable, is_module: bool = True) -> Iterator[str]:
    """Yield the names that the code looks up in the module."""
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (is_module or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _looked_up_in_module(child, is_module=False)


def _why(
    finding: Finding, findings: list[Finding], document: Document, used: set[str]
) -> str | None:
    """Return why a use is left, or None if that is not certain."""
    if finding.how == "use":
        return of_name(finding.name).text
    code = document.code
    offset = document.offset(Place(finding.cell, finding.line, finding.column))
    alias = _ALIAS.match(code, offset)
    if alias is None or alias[1] == "Tensor":  # Perhaps only annotations use it.
        return None
    local = alias[2] or alias[1].partition(".")[0]
    if not alias[1].startswith("functorch") and finding.name not in MODULES:
        return of_name(finding.name).text if local in used else None
    for use in findings:
        start = document.offset(Place(use.cell, use.line, use.column))
        if use.how == "use" and re.compile(rf"{local}\b").match(code, start) and local in used:
            return f"{Reason.NEEDED.text} on line {use.line}"
    return None
