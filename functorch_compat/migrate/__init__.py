"""Rewrites the uses of legacy names in files, without importing torch."""

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

# The extra `migrate` installs these modules. Each comes from the project beside it.
_EXTRA = {"libcst": "LibCST", "ruff": "ruff", "packaging": "packaging", "yaml": "PyYAML"}

__all__ = ["Change", "Interrupted", "Left", "Result", "migrate"]


class Change(NamedTuple):
    """The change of one file."""

    path: str
    before: str
    after: str
    uses: int
    """The number of uses that the change rewrites."""

    encoding: str

    def diff(self) -> str:
        """Return the change as a diff for ``git apply`` and ``patch -p1``."""
        mark = "\ufeff" if self.encoding == "utf-8-sig" else ""
        return diff.unified(self.path, mark + self.before, mark + self.after)


class Left(NamedTuple):
    """A use that is left for a person."""

    finding: Finding
    why: str


class Interrupted(Exception):
    """Ctrl-C stopped the command. Each file is either as it was or rewritten as a whole."""

    def __init__(self, files: int):
        super().__init__(files)
        self.files = files


class Result(NamedTuple):
    """The outcome of a migration."""

    changes: list[Change]
    left: list[Left]
    unreadable: list[Unreadable]
    """The files and cells that could not be read."""
    unwritable: list[Unreadable]
    """The files that could not be written. They are as they were."""
    notes: set[str]
    """The facts that a person should know about the new code."""

    def add(self, other: Result) -> None:
        """Add the outcome for other files."""
        self.changes.extend(other.changes)
        self.left.extend(other.left)
        self.unreadable.extend(other.unreadable)
        self.unwritable.extend(other.unwritable)
        self.notes.update(other.notes)


def migrate(
    paths: Iterable[str],
    write: bool = False,
    progress: Callable[[list[str]], Iterable[str]] = lambda files: files,
    keep_fallbacks: bool = False,
    processes: int = 1,
) -> Result:
    """Rewrite the uses that the audit finds in ``paths``, if a rule can.

    Args:
        paths: Files or folders.
        write: Whether to change the files. The places of the uses that are left are then those in
            the changed files.
        progress: A function that gets the paths of the files with work to do. It returns them one
            by one, and can show how far the work is.
        keep_fallbacks: Whether to keep imports that serve both torch 1 and torch 2.
        processes: How many processes may share the files. If there are several, each of them
            imports the main module of the caller, so that module must do nothing when imported.

    Raises:
        ToolError: If a path does not exist, a setting is wrong, or a needed project is missing.
        Interrupted: If Ctrl-C stops it.
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
        # Files with patch targets come last: a target stays if any file keeps the name.
        tasks.sort(key=lambda task: any(one.how == "string" for one in task.findings))
        split = [any(one.how == "string" for one in task.findings) for task in tasks].count(False)
        steps = iter(progress([task.document.path for task in tasks]))
        for part in tasks[:split], tasks[split:]:
            left = {one.finding.name for one in result.left if one.finding.how in ("import", "use")}
            context = Context(used=frozenset(used - left), keeps_fallbacks=keep_fallbacks)
            ready = [
                task._replace(
                    context=replace(
                        context, imported_elsewhere=importers.imported_elsewhere(task.document.path)
                    )
                )
                for task in part
            ]
            try:
                outcomes = run(partial(migrate_file, write=write), ready, steps, processes)
            except Stopped as stopped:
                done = [
                    *result.changes,
                    *(one for outcome in stopped.done for one in outcome.changes),
                ]
                raise Interrupted(len(done)) from None
            for outcome in outcomes:
                result.add(outcome)
        next(steps, None)  # This ends the progress function, which then clears its line.
    result.changes.sort(key=attrgetter("path"))
    result.left.sort(key=attrgetter("finding.path"))
    return result


def _tasks(path: str, findings: list[Finding], result: Result) -> list[Task]:
    """Return the file as a task if a rule may rewrite something in it, or else no task.

    Uses that certainly stay are added to the result at once.
    """
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
    """Raise an error of one line if LibCST cannot be imported.

    Its binary may be for another machine.
    """
    try:
        import_module("libcst")
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise ToolError(
            f"LibCST cannot be imported ({reason}): pip install --force-reinstall libcst"
        ) from None
