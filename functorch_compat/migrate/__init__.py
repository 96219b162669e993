"""Rewrites the uses of legacy names in files. Needs no torch, and never imports it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from functorch_compat import documents
from functorch_compat.audit import find_in, settings
from functorch_compat.documents import Cell, Document, Place
from functorch_compat.findings import Finding, ToolError, Unreadable, UnreadableError
from functorch_compat.migrate.reasons import Reason

if TYPE_CHECKING:
    from functorch_compat.migrate.decisions import Kept
    from functorch_compat.migrate.import_plan import Context

# The modules of the extra, and the projects that they come from.
_EXTRA = {"libcst": "LibCST", "ruff": "ruff", "packaging": "packaging", "yaml": "PyYAML"}

__all__ = ["Change", "Interrupted", "Left", "Result", "migrate"]


class Change(NamedTuple):
    """What becomes of a file."""

    path: str
    before: str
    after: str
    uses: int
    """How many are rewritten."""

    def diff(self) -> str:
        """The unified diff, as ``git apply`` and ``patch -p1`` read it."""
        before, after = (re.findall(r".*\n|.+", text) for text in (self.before, self.after))
        path = Path(self.path).as_posix().lstrip("/")
        lines = difflib.unified_diff(before, after, f"a/{path}", f"b/{path}")
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in lines
        )


class Left(NamedTuple):
    """A use that is not rewritten."""

    finding: Finding
    why: str


class Interrupted(Exception):
    """Somebody stopped the command. Each file is as it was, or rewritten as a whole."""

    def __init__(self, files: int):
        super().__init__(files)
        self.files = files


class Result(NamedTuple):
    """What a migration does."""

    changes: list[Change]
    left: list[Left]
    unreadable: list[Unreadable]
    """What could not be read."""
    unwritable: list[Unreadable]
    """What could not be written, and is as it was."""
    notes: set[str]
    """What a person should know of what is rewritten."""


def migrate(
    paths: Iterable[str],
    write: bool = False,
    watch: Callable[[list[str]], Iterable[str]] = lambda files: files,
    keep_fallbacks: bool = False,
) -> Result:
    """Rewrite what the audit finds in ``paths`` and what the table has a new name for.

    Args:
        paths: Files, or folders with all that is in them.
        write: Whether to change the files. What is left is then told with its new place.
        watch: Passed the files that are about to be rewritten, to pass them on one by one.
        keep_fallbacks: Whether imports stay that serve torch 1, beside those of torch 2.

    Raises:
        ToolError: Where a path does not exist, a setting is wrong, or something that it needs is
            not installed.
        Interrupted: Where somebody stops it.
    """
    missing = [project for module, project in _EXTRA.items() if find_spec(module) is None]
    if missing:
        raise ToolError(f"needs {' and '.join(missing)}: pip install 'functorch-compat[migrate]'")
    from functorch_compat.migrate.import_plan import Context
    from functorch_compat.migrate.importers import Importers

    files = settings.nearest().scope([*paths], []).files()
    found = find_in(files)
    by_file: dict[str, list[Finding]] = {}
    for finding in found.findings:
        by_file.setdefault(finding.path, []).append(finding)
    importers = Importers(files, by_file)
    in_code = (one for one in found.findings if one.how not in ("string", "declaration"))
    context = Context(used=frozenset(one.name for one in in_code), keeps_fallbacks=keep_fallbacks)
    result = Result([], [], found.unreadable, [], set())
    for path in watch([*by_file]):
        try:
            its = replace(context, is_taken=partial(importers.take, path))
            _migrate_file(path, by_file[path], write, its, result)
        except KeyboardInterrupt:
            raise Interrupted(len(result.changes)) from None
        except UnreadableError as error:
            result.unreadable.append(Unreadable(path, str(error)))
        except OSError as error:
            result.unreadable.append(Unreadable(path, error.strerror or str(error)))
    return result


def _migrate_file(
    path: str, findings: list[Finding], write: bool, context: Context, result: Result
) -> None:
    declared = [finding for finding in findings if finding.how == "declaration"]
    result.left.extend(Left(finding, Reason.DECLARED.text) for finding in declared)
    findings = [finding for finding in findings if finding.how != "declaration"]
    if not findings:
        return
    from functorch_compat.migrate import sorting
    from functorch_compat.migrate.rewrite import rewrite

    document = documents.read(path)
    document = document.without({one.cell for one in result.unreadable if one.path == path})
    lines = {cell: _lines(document, cell) for cell in {f.cell for f in findings}}
    offsets = [lines[f.cell][f.line - 1] + f.column - 1 for f in findings]
    context = replace(
        context,
        exported=os.path.basename(path) == "__init__.py" or path.endswith(".pyi"),
        mentioned=frozenset(re.findall(r"\w+", document.mentions)),
    )
    done = rewrite(document.code, {*offsets}, context)
    rewritten, moved = document.edited(done.edits)
    after, sorted_to = rewritten, moved
    if done.edits:
        after, shifted = rewritten.edited(sorting.edits(document, rewritten, moved))

        def sorted_to(offset: int) -> Place:
            return shifted(rewritten.offset(moved(offset)))

    if write and after.text != document.text:
        try:
            after.write()
        except UnreadableError as error:
            result.unwritable.append(Unreadable(path, str(error)))
            return
        except OSError as error:
            result.unwritable.append(Unreadable(path, error.strerror or str(error)))
            return

    uses = [offset in done.done for offset in offsets]
    if after.text != document.text:
        result.changes.append(Change(path, document.text, after.text, sum(uses)))

    def place(offset: int) -> Place:
        if not write:
            return document.place(offset)
        # An import that lost its other names has this one further on.
        word = re.split(r"\W", document.code[offset : offset + 80])[0]
        now = after.offset(sorted_to(offset))
        found = re.compile(rf"\b{word}\b").search(after.code, now)
        return after.place(found.start() if found else now)

    for finding, offset, is_done in zip(findings, offsets, uses):
        if not is_done:
            finding = finding._replace(**place(offset)._asdict())
            result.left.append(Left(finding, _why(finding, done.left.get(offset), place)))
    result.notes.update(done.notes.values())


def _lines(document: Document, cell: Cell) -> list[int]:
    """Where in the code each line of a cell begins."""
    start = document.offset(Place(cell, 1, 1))
    newlines = re.finditer(r"\r\n|\r|\n", document.cells[cell])
    return [start, *(start + newline.end() for newline in newlines)]


def _why(finding: Finding, kept: Kept | None, place: Callable[[int], Place]) -> str:
    """Why a use is left, in a few words."""
    if kept is None:
        unexplained = Reason.INDIRECT if finding.replacement else Reason.UNKNOWN
        return _BY_HOW.get(finding.how, unexplained).text
    if kept.offset is None:
        return kept.reason.text
    return f"{kept.reason.text} on line {place(kept.offset).line}"


_BY_HOW = {"call": Reason.CALL, "star": Reason.STAR}
