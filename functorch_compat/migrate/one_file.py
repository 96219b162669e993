"""Migrates one file: rewrites its code, writes it, and lists the uses that are left."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from functorch_compat.documents import Document, Place
from functorch_compat.findings import Finding, Unreadable, UnreadableError
from functorch_compat.migrate import Change, Left, Result, sorting
from functorch_compat.migrate.context import Task
from functorch_compat.migrate.decisions import Kept
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.rewrite import Rewrite, rewrite


def migrate_file(task: Task, write: bool) -> Result:
    """Migrate a file as a whole, or leave it as it is, and return the outcome."""
    result = Result([], [], [], [], set())
    try:
        with _without_garbage_collection():
            _migrate(task, write, result)
    except UnreadableError as error:
        result.unreadable.append(Unreadable(task.document.path, str(error)))
    return result


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Turn garbage collection off in the block.

    LibCST makes millions of objects from a long file, and none of them is garbage.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _migrate(task: Task, write: bool, result: Result) -> None:
    document, findings = task.document, task.findings
    path = document.path
    offsets = [document.offset(Place(one.cell, one.line, one.column)) for one in findings]
    context = replace(
        task.context,
        exported=os.path.basename(path) == "__init__.py" or path.endswith(".pyi"),
        mentioned=frozenset(re.findall(r"\w+", document.mentions)),
    )
    done = rewrite(document.code, {*offsets}, context)
    after, moved = _edited(document, done)
    if after.text != document.text:
        if write:
            try:
                after.write()
            except (UnreadableError, OSError) as error:
                reason = getattr(error, "strerror", "") or str(error)
                result.unwritable.append(Unreadable(path, reason))
                return
        uses = sum(offset in done.done for offset in offsets)
        result.changes.append(Change(path, document.text, after.text, uses, document.encoding))

    def place(offset: int) -> Place:
        if not write:
            return document.place(offset)
        # If the import has lost other names, this one stands a little further on.
        word = re.split(r"\W", document.code[offset : offset + 80])[0]
        now = after.offset(moved(offset))
        found = re.compile(rf"\b{word}\b").search(after.code, now)
        return after.place(found.start() if found else now)

    for finding, offset in zip(findings, offsets):
        if offset not in done.done:
            finding = finding._replace(**place(offset)._asdict())
            result.left.append(Left(finding, _why(finding, done.left.get(offset), place)))
    result.notes.update(done.notes.values())


def _edited(document: Document, done: Rewrite) -> tuple[Document, Callable[[int], Place]]:
    """Return the new document, and a function from offsets in the old one to places in the new."""
    rewritten, moved = document.edited(done.edits)
    if not done.edits:
        return rewritten, moved
    after, sorted_to = rewritten.edited(sorting.edits(document, rewritten, moved))
    return after, lambda offset: sorted_to(rewritten.offset(moved(offset)))


def _why(finding: Finding, kept: Kept | None, place: Callable[[int], Place]) -> str:
    """Return the reason why a use is left, as text."""
    if kept is None:
        unexplained = Reason.INDIRECT if finding.replacement else Reason.UNKNOWN
        return _REASON_BY_HOW.get(finding.how, unexplained).text
    if kept.offset is None:
        return kept.reason.text
    return f"{kept.reason.text} on line {place(kept.offset).line}"


_REASON_BY_HOW = {"call": Reason.CALL, "star": Reason.STAR}
