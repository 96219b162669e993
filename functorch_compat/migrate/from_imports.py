"""Splits a ``from`` import into one import for each module that its names now come from."""

from __future__ import annotations

import re
from typing import NamedTuple

# This matches the text between two names: a comma (in some styles it begins the next line), the
# rest of the line, the lines between, and the indent of the next name.
_GAP = re.compile(
    r"(?:[ \t]*,)?([^\r\n]*)(?:(\r\n|\r|\n)((?:.*(?:\r\n|\r|\n))*)([ \t\f]*)(?:,[ \t]*)?)?"
)


class Name(NamedTuple):
    """One name of an import."""

    start: int
    end: int
    """``start`` and ``end`` are offsets in the text. The range includes the ``as``."""
    module: str | None
    """The module that it now comes from, or None if it is not needed."""
    text: str
    """The new text of the name."""


class _Row(NamedTuple):
    """A line in the parentheses."""

    newline: str
    """The newline before the line. It is empty for the line with the opening parenthesis."""
    above: str
    """The lines above it that have only comments."""
    indent: str
    names: list[Name]
    rest: str

    def begin(self, with_comments: bool) -> str:
        return self.newline + (self.above if with_comments else "") + self.indent


def split(text: str, names: list[Name]) -> list[str]:
    """Return the imports that replace the one in ``text``, sorted by their modules."""
    head, parenthesis, _ = text[: names[0].start].partition("(")
    rows = _rows(text, len(head) + 1, names) if parenthesis else []
    comma = "," if text[names[-1].end :].lstrip().startswith(",") else ""
    imports = []
    for module in sorted({name.module for name in names if name.module}):
        listed = ", ".join(name.text for name in names if name.module == module)
        in_lines = _listed(rows, module, comma) if len(rows) > 1 else ""
        if re.search(r"[\r\n]", in_lines):
            listed = f"({in_lines})"
        imports.append(f"from {module} import {listed}")
    return imports


def _rows(text: str, position: int, names: list[Name]) -> list[_Row]:
    rows = [_Row("", "", "", [], "")]
    for name in [*names, None]:
        gap = _GAP.fullmatch(text, position, name.start if name else len(text) - 1)
        if gap and gap[2]:
            rows[-1] = rows[-1]._replace(rest=gap[1])
            rows.append(_Row(gap[2], gap[3], gap[4], [], ""))
        if name:
            rows[-1].names.append(name)
            position = name.end
    return rows


def _listed(rows: list[_Row], module: str, comma: str) -> str:
    """Return the names from ``module``, in their old lines and with their comments."""
    first, last = rows[0], rows[-1]
    own_rows = [row for row in rows if any(name.module == module for name in row.names)]
    text = first.rest if not first.names and own_rows[0] is rows[1] else ""
    for row in own_rows:
        with_comments = row.above != "" and row.names[0].module == module
        if with_comments or text or not first.names:
            text += row.begin(with_comments)
        text += ", ".join(name.text for name in row.names if name.module == module)
        text += (comma if row is own_rows[-1] else ",") + row.rest
    if not last.names:
        return text + last.begin(with_comments=own_rows[-1] is rows[-2])
    return text + (rows[1].begin(with_comments=False) if own_rows[-1].rest.strip() else "")
