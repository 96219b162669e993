"""Shows the progress of a migration and its outcome."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

from functorch_compat.audit.formats import many, printable
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate import Left, Result


def progress(files: list[str]) -> Iterator[str]:
    """Yield the files one by one. After a second, a terminal shows a progress bar."""
    started, shown = time.monotonic(), False
    for number, file in enumerate(files):
        if sys.stderr.isatty() and time.monotonic() - started > 1:
            bar = "#" * (30 * number // len(files))
            print(f"\r[{bar:30}] {number} of {len(files)} files", end="", file=sys.stderr)
            sys.stderr.flush()
            shown = True
        yield file
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr)


def as_text(result: Result, written: bool) -> str:
    """Return a list of the uses that are left for a person, their recipes, and a summary."""
    lines = [_line(left) for left in result.left]
    lines += [f"{one.place}: unreadable: {one.reason}" for one in result.unreadable]
    lines += [f"{one.place}: unwritable: {one.reason}" for one in result.unwritable]
    lines = [printable(line) for line in lines]
    for name in dict.fromkeys(left.finding.name for left in result.left):
        if name in LEGACY_API and LEGACY_API[name].recipe:
            lines += ["", f"{name}:", *(f"    {s}" for s in LEGACY_API[name].recipe.splitlines())]
    uses = sum(change.uses for change in result.changes)
    done = f"{many(uses, 'use')} in {many(len(result.changes), 'file')}"
    if result.changes:
        written_or_not = "rewritten" if written else "would be rewritten (--write does it)"
        lines += ["", f"{done} {written_or_not}."]
    lines += [f"The new code {note}." for note in sorted(result.notes)]
    if result.left:
        lines += ["", f"{many(len(result.left), 'use')} left for a person."]
    if result.unreadable:
        lines += ["", f"{many(len(result.unreadable), 'file')} could not be read."]
    if result.unwritable:
        lines += ["", f"{many(len(result.unwritable), 'file')} could not be written."]
    return "\n".join(lines or ["No uses of legacy names."]).lstrip("\n") + "\n"


def _line(left: Left) -> str:
    line = f"{left.finding.place}: {left.finding.name}: {left.why}"
    return f"{line}: use {left.finding.replacement}" if left.finding.replacement else line
