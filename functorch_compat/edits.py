"""Changes of a text at some places, which leave every other character as it is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

_BLANK_LINES = re.compile(r"(?:[ \t\f]*(?:\r\n|\r|\n))*")
_REST_OF_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


class Edit(NamedTuple):
    """What stands between two offsets of a text, and what shall stand there."""

    start: int
    end: int
    text: str | None
    """None, where the lines shall go."""


class Edited(NamedTuple):
    """A text after its edits."""

    text: str
    kept: list[tuple[int, int, int]]
    """What was kept of the text before: from, to, and from where it is now."""

    def moved(self, offset: int) -> int:
        """Where that is now which was at ``offset``, or else where something took its place."""
        start, end, now = self.kept[bisect_left(self.kept, (offset + 1, 0, 0)) - 1]
        return now + min(offset, end) - start


def apply(text: str, edits: Iterable[Edit]) -> Edited:
    """Make the edits, which do not overlap."""
    parts: list[str] = []
    position, length, kept = 0, 0, []
    for edit in sorted(edits, key=lambda edit: edit.start):
        kept.append((position, edit.start, length))
        parts.append(text[position : edit.start])
        length += edit.start - position
        if edit.text is None:
            end = ""  # of what is written so far, with at least one word
            while parts and not end.strip():
                end = parts.pop() + end
            length -= len(end)
            new, position = _without_lines(end, text, edit.end)
        else:
            new, position = edit.text, edit.end
        parts.append(new)
        length += len(new)
    kept.append((position, len(text), length))
    return Edited("".join([*parts, text[position:]]), kept)


def _without_lines(new: str, text: str, end: int) -> tuple[str, int]:
    """Leave out the line at whose first word ``new`` ends, up to the end of that with ``end``.

    Where there are blank lines on both sides, those of one side go too.
    """
    new = new.rstrip(" \t\f")
    rest = _REST_OF_LINE.match(text, end)
    assert rest
    end = rest.end()
    if not rest[0].endswith(("\r", "\n")):  # the text does not end with a newline, and shall not
        return re.sub(r"(?:\r\n|\r|\n)\Z", "", new), end
    newlines = re.compile(r"\r\n|\r|\n")
    before = len(newlines.findall(new[len(new.rstrip()) :])) - 1
    blank = _BLANK_LINES.match(text, end)
    assert blank
    for line in re.findall(r"[ \t\f]*(?:\r\n|\r|\n)", blank[0]):
        if new.strip() and before <= 0:
            break
        before -= 1
        end += len(line)
    return new, end
