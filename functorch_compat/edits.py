"""Edits a text at some places, and leaves every other character as it is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple

_BLANK_LINES = re.compile(r"(?:[ \t\f]*(?:\r\n|\r|\n))*")
_REST_OF_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")


class Edit(NamedTuple):
    """A new text for the range between two offsets."""

    start: int
    end: int
    text: str | None
    """The new text, or None to remove the lines of the range."""


class Edited(NamedTuple):
    """A text after its edits."""

    text: str
    kept: list[tuple[int, int, int]]
    """The ranges of the old text that were kept: old start, old end, new start."""

    def moved(self, offset: int) -> int:
        """Return the new offset of an old one, or that of the edit that replaced it."""
        start, end, now = self.kept[bisect_left(self.kept, (offset + 1, 0, 0)) - 1]
        return now + min(offset, end) - start


def apply(text: str, edits: Iterable[Edit]) -> Edited:
    """Return the text with the edits, which must not overlap."""
    parts: list[str] = []
    position, length, kept = 0, 0, []
    for edit in sorted(edits, key=lambda edit: edit.start):
        kept.append((position, edit.start, length))
        parts.append(text[position : edit.start])
        length += edit.start - position
        if edit.text is None:
            end = ""  # This is the end of the text so far, with at least one word.
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
    """Return ``new`` without the removed lines, and the offset in ``text`` at which they end.

    ``new`` ends where the first word of the removed lines begins. The last of these lines contains
    the offset ``end``. If there are blank lines on both sides, those of one side are removed too.
    """
    new = new.rstrip(" \t\f")
    rest = _REST_OF_LINE.match(text, end)
    assert rest
    end = rest.end()
    # A text without a newline at its end gets none.
    if not rest[0].endswith(("\r", "\n")):
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
