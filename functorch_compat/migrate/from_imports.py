"""Takes a ``from`` import apart by the modules that its names come from now."""

from __future__ import annotations

import re
from typing import NamedTuple

# What stands between two names: a comma (some styles begin the next line with it), the rest of the
# line, lines in between, and the blanks that the next name's line begins with.
_GAP = re.compile(
    r"(?:[ \t]*,)?([^\r\n]*)(?:(\r\n|\r|\n)((?:.*(?:\r\n|\r|\n))*)([ \t\f]*)(?:,[ \t]*)?)?"
)


class Name(NamedTuple):
    """One name of an import."""

    start: int
    end: int
    """Where it stands in the text, with its ``as``."""
    module: str | None
    """Where it comes from now: nowhere, if it is not needed."""
    text: str
    """How it is written now."""


class _Row(NamedTuple):
    """A line in the parentheses."""

    newline: str
    """Empty, where the line begins with the parenthesis."""
    above: str
    """Lines with comments."""
    indent: str
    names: list[Name]
    rest: str

    def begin(self, with_comments: bool) -> str:
        return self.newline + (self.above if with_comments else "") + self.indent


def split(text: str, names: list[Name]) -> list[str]:
    """The imports that take the place of the one in ``text``, sorted by their modules."""
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
    """The names from ``module``, in lines as before, with the comments beside and above them."""
    first, last = rows[0], rows[-1]
    kept = [row for row in rows if any(name.module == module for name in row.names)]
    text = first.rest if not first.names and kept[0] is rows[1] else ""
    for row in kept:
        with_comments = row.above != "" and row.names[0].module == module
        if with_comments or text or not first.names:
            text += row.begin(with_comments)
        text += ", ".join(name.text for name in row.names if name.module == module)
        text += (comma if row is kept[-1] else ",") + row.rest
    if not last.names:
        return text + last.begin(with_comments=kept[-1] is rows[-2])
    return text + (rows[1].begin(with_comments=False) if kept[-1].rest.strip() else "")
