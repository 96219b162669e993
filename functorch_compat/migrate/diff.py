"""Makes unified diffs that ``git apply`` and ``patch -p1`` can read."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path

_Opcode = tuple[str, int, int, int, int]


def unified(path: str, before: str, after: str) -> str:
    """Return the diff between two texts of one file."""
    old, new = (re.findall(r".*\n|.+", text) for text in (before, after))
    shown = Path(path).as_posix().lstrip("/")
    matcher: SequenceMatcher[str] = SequenceMatcher(None, [], [])
    matcher.opcodes = [*_opcodes(old, new)]  # type: ignore[attr-defined]
    lines = [f"--- a/{shown}\n", f"+++ b/{shown}\n"]
    for hunk in matcher.get_grouped_opcodes(3):
        (_, i, _, j, _), (_, _, i_end, _, j_end) = hunk[0], hunk[-1]
        lines.append(f"@@ -{_range(i, i_end)} +{_range(j, j_end)} @@\n")
        for tag, i, i_end, j, j_end in hunk:
            if tag == "equal":
                lines += [f" {line}" for line in old[i:i_end]]
            else:
                lines += [f"-{line}" for line in old[i:i_end]]
                lines += [f"+{line}" for line in new[j:j_end]]
    end = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + end for line in lines)


def obstacle(path: str, encoding: str) -> str:
    """Return why ``git apply`` cannot read the diff of a file, or "" if it can."""
    if not encoding.startswith("utf-8"):
        return f"the file is in {encoding}, and the diff in UTF-8"
    if os.path.relpath(path).startswith(os.pardir):
        return "the file is not in the current folder"
    if re.search(r'["\\\n\t]', path):
        return "its path has a character that git would quote"
    return ""


def _range(start: int, end: int) -> str:
    """Return the first line of a hunk, counted from 1, and the number of its lines."""
    return f"{start + (end > start)},{end - start}"


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Iterator[_Opcode]:
    """Yield the equal and the changed ranges, in the form of ``SequenceMatcher.get_opcodes``.

    ``SequenceMatcher`` takes quadratic time on a long text with many changes. So it compares only
    the lines between two anchors, which are lines that are certainly the same.
    """
    # This is a run of equal lines: its start in old, its start in new, and its length.
    equal = (0, 0, 0)
    i = j = 0
    for i_end, j_end in [*_anchors(old, new), (len(old), len(new))]:
        matcher = SequenceMatcher(None, old[i:i_end], new[j:j_end])
        for tag, a, a_end, b, b_end in matcher.get_opcodes():
            if tag != "equal":
                yield from _as_opcode(*equal)
                yield tag, i + a, i + a_end, j + b, j + b_end
                equal = (i + a_end, j + b_end, 0)
            else:
                equal = (*equal[:2], equal[2] + a_end - a)
        i, j = i_end + 1, j_end + 1
        equal = (*equal[:2], equal[2] + 1)
    yield from _as_opcode(*equal[:2], equal[2] - 1)  # The end itself is no line.


def _as_opcode(i: int, j: int, length: int) -> Iterator[_Opcode]:
    if length:
        yield "equal", i, i + length, j, j + length


def _anchors(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of lines that each text has exactly once, in the order of both texts."""
    once = {line for line, count in Counter(new).items() if count == 1}
    once &= {line for line, count in Counter(old).items() if count == 1}
    places = {line: j for j, line in enumerate(new) if line in once}
    last = -1
    for i, line in enumerate(old):
        if places.get(line, -1) > last:
            last = places[line]
            yield i, last
