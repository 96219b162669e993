"""Rewrites the uses of legacy names in files. Needs no torch, and never imports it."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from functorch_compat.audit import audit, dependencies, source
from functorch_compat.audit.finding import AuditError, Finding, Unreadable
from functorch_compat.files import replace
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.migrate import notebook
from functorch_compat.migrate.edits import Edit, apply

__all__ = ["Change", "Left", "Result", "migrate"]


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


class Result(NamedTuple):
    """What a migration does."""

    changes: list[Change]
    left: list[Left]
    unreadable: dict[str, str]
    """For each file that could not be read or written the reason."""


def migrate(
    paths: Iterable[str],
    write: bool = False,
    watch: Callable[[list[str]], Iterable[str]] = lambda files: files,
) -> Result:
    """Rewrite what the audit finds in ``paths`` and what the table has a new name for.

    Args:
        paths: Files, or folders with all that is in them.
        write: Whether to change the files. What is left is then told with its new place.
        watch: Passed the files that are about to be rewritten, to pass them on one by one.

    Raises:
        AuditError: Where a path does not exist, or ruff or LibCST is not installed.
    """
    try:
        import libcst  # noqa: F401
    except ImportError:
        raise AuditError("needs LibCST: pip install 'functorch-compat[migrate]'") from None
    found = audit(paths)
    by_file: dict[str, list[Finding]] = {}
    for finding in found.findings:
        by_file.setdefault(finding.path, []).append(finding)
    # A link, and what it leads to, is one file.
    files = {os.path.realpath(path): path for path in reversed(by_file)}
    result = Result([], [], found.unreadable)
    for path in watch([path for path in by_file if path in files.values()]):
        try:
            _migrate_file(path, by_file[path], write, result)
        except Unreadable as unreadable:
            result.unreadable[path] = str(unreadable)
        except OSError as error:
            result.unreadable[path] = error.strerror or str(error)
    return result


def _migrate_file(path: str, findings: list[Finding], write: bool, result: Result) -> None:
    if dependencies.is_declaration(path):
        result.left.extend(Left(finding, "remove it") for finding in findings)
        return
    from functorch_compat.migrate.rewrite import rewrite

    before, encoding = source.read(path)
    code = source.cells(path, before)
    # The cells of a notebook are one piece of code, but for what is not Python.
    python = {n: source.without_magics(text) if n else text for n, text in code.items()}
    starts, length = {}, 0
    for cell, text in python.items():
        starts[cell] = length
        length += len(text) + 1
    offsets = [starts[f.cell] + _offset(code[f.cell], f) for f in findings]
    done = rewrite(
        "\n".join(python.values()),
        {*offsets},
        exported=os.path.basename(path) == "__init__.py" or path.endswith(".pyi"),
        mentioned=" ".join(_magics(code[cell], python[cell]) for cell in code),
    )

    edited = {}
    for cell, start in starts.items():
        end = start + len(python[cell])
        edits = [
            Edit(edit.start - start, edit.end - start, edit.text)
            for edit in done.edits
            if start <= edit.start and edit.end <= end
        ]
        edited[cell] = apply(code[cell], edits)
    new = {cell: edited[cell].text for cell in code if edited[cell].text != code[cell]}
    after = new.get(None, before)
    if new and None not in new:
        after = notebook.replace(before, {cell or 0: text for cell, text in new.items()})
    if write and new:
        if before.encode(encoding) != Path(path).read_bytes():
            raise Unreadable(f"would not be the same in {encoding} again")
        replace(path, after.encode(encoding))

    uses = [offset in done.done for offset in offsets]
    if new:
        result.changes.append(Change(path, before, after, sum(uses)))
    for finding, offset, is_done in zip(findings, offsets, uses):
        if is_done:
            continue
        if write:
            cell = finding.cell
            text, _ = edited[cell]
            *lines, last = source.lines(text[: edited[cell].moved(offset - starts[cell])])
            finding = finding._replace(line=len(lines) + 1, column=len(last) + 1)
        result.left.append(Left(finding, _why(finding, done.left.get(offset))))


def _offset(code: str, finding: Finding) -> int:
    """Where in the code a finding is."""
    newlines = [0, *(newline.end() for newline in re.finditer(r"\r\n|\r|\n", code))]
    return newlines[finding.line - 1] + finding.column - 1


def _magics(code: str, python: str) -> str:
    """The lines of a cell that are magics, in which Python may be: not in those of the shell."""
    lines = zip(source.lines(code), source.lines(python))
    magics = [line for line, other in lines if line != other]
    return " ".join(line for line in magics if not re.match(r"\s*(!|%(pip|conda)\b)", line))


def _why(finding: Finding, why: str | None) -> str:
    """Why a use is left, in a few words."""
    if finding.kind == "rename":
        return why or "it could not be followed"
    row = LEGACY_API.get(finding.name)
    if row is None or row.kind == "rename":
        return "imported by a call, or with a star"
    return "another call" if row.kind == "rewrite" else "nothing takes its place"
