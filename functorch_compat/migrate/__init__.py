"""Rewrites the uses of legacy names in files. Needs no torch, and never imports it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from functorch_compat import documents
from functorch_compat.audit import find_in, settings
from functorch_compat.findings import Finding, ToolError, Unreadable, UnreadableError
from functorch_compat.migrate import diff, settled
from functorch_compat.migrate.context import Context, Task
from functorch_compat.migrate.importers import Importers
from functorch_compat.migrate.reasons import Reason

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

    encoding: str

    def diff(self) -> str:
        """The unified diff, as ``git apply`` and ``patch -p1`` read it."""
        mark = "\ufeff" if self.encoding == "utf-8-sig" else ""
        return diff.unified(self.path, mark + self.before, mark + self.after)


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

    def add(self, other: Result) -> None:
        """Add what another one says of other files."""
        self.changes.extend(other.changes)
        self.left.extend(other.left)
        self.unreadable.extend(other.unreadable)
        self.unwritable.extend(other.unwritable)
        self.notes.update(other.notes)


def migrate(
    paths: Iterable[str],
    write: bool = False,
    watch: Callable[[list[str]], Iterable[str]] = lambda files: files,
    keep_fallbacks: bool = False,
    processes: int = 1,
) -> Result:
    """Rewrite what the audit finds in ``paths`` and what the table has a new name for.

    Args:
        paths: Files, or folders with all that is in them.
        write: Whether to change the files. What is left is then told with its new place.
        watch: Passed the files that are about to be rewritten, to pass them on one by one.
        keep_fallbacks: Whether imports stay that serve torch 1, beside those of torch 2.
        processes: How many processes may share the files. More than one needs a caller whose main
            module does nothing when it is imported.

    Raises:
        ToolError: Where a path does not exist, a setting is wrong, or something that it needs is
            not installed.
        Interrupted: Where somebody stops it.
    """
    missing = [project for module, project in _EXTRA.items() if find_spec(module) is None]
    if missing:
        raise ToolError(f"needs {' and '.join(missing)}: pip install 'functorch-compat[migrate]'")
    files = settings.nearest().scope([*paths], []).files()
    found = find_in(files)
    result = Result([], [], found.unreadable, [], set())
    tasks: list[Task] = []
    for path, findings in groupby(found.findings, attrgetter("path")):
        tasks += _tasks(path, [*findings], result)
    if tasks:
        _check_libcst()
        from functorch_compat.migrate.one_file import migrate_file
        from functorch_compat.migrate.processes import Stopped, run

        importers = Importers(files, [task.document.path for task in tasks])
        used = {one.name for one in found.findings if one.how in ("import", "use")}
        # A patch target waits for the other files: it stays where one of them keeps its name.
        tasks.sort(key=lambda task: any(one.how == "string" for one in task.findings))
        split = [any(one.how == "string" for one in task.findings) for task in tasks].count(False)
        watched = iter(watch([task.document.path for task in tasks]))
        for part in tasks[:split], tasks[split:]:
            kept = {one.finding.name for one in result.left if one.finding.how in ("import", "use")}
            context = Context(used=frozenset(used - kept), keeps_fallbacks=keep_fallbacks)
            ready = [
                task._replace(context=replace(context, taken=importers.taken(task.document.path)))
                for task in part
            ]
            try:
                outcomes = run(partial(migrate_file, write=write), ready, watched, processes)
            except Stopped as stopped:
                done = [
                    *result.changes,
                    *(one for outcome in stopped.done for one in outcome.changes),
                ]
                raise Interrupted(len(done)) from None
            for outcome in outcomes:
                result.add(outcome)
        next(watched, None)  # which clears its line
    result.changes.sort(key=attrgetter("path"))
    result.left.sort(key=attrgetter("finding.path"))
    return result


def _tasks(path: str, findings: list[Finding], result: Result) -> list[Task]:
    """The file, if a rule may rewrite something in it. What is certain to stay is noted at once."""
    declared = [finding for finding in findings if finding.how == "declaration"]
    result.left.extend(Left(finding, Reason.DECLARED.text) for finding in declared)
    findings = [finding for finding in findings if finding.how != "declaration"]
    if not findings:
        return []
    try:
        document = documents.read(path)
    except (UnreadableError, OSError) as error:
        result.unreadable.append(Unreadable(path, getattr(error, "strerror", "") or str(error)))
        return []
    document = document.without({one.cell for one in result.unreadable if one.path == path})
    reasons = settled.reasons(document, findings)
    if reasons is None:
        return [Task(document, findings)]
    result.left.extend(map(Left, findings, reasons))
    return []


def _check_libcst() -> None:
    """Say in one line that LibCST does not work: its binary may be for another machine."""
    try:
        import_module("libcst")
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ToolError(
            f"LibCST cannot be imported ({reason}): pip install --force-reinstall libcst"
        ) from None
