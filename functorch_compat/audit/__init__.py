"""Finds the uses of legacy names in files. Needs no torch, and never imports it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from functorch_compat.audit import dependencies, dynamic_imports, ruff, source
from functorch_compat.audit.finding import AuditError, Finding, Result, Unreadable

__all__ = ["AuditError", "Finding", "Result", "audit"]


def audit(
    paths: Iterable[str], exclude: Iterable[str] | None = None, declarations: bool = True
) -> Result:
    """Find the uses of legacy names in ``paths``: files, or folders with all that is in them.

    In folders, what git ignores is left out and what is in ``source.LEFT_OUT``, or in their place
    what matches one of the patterns ``exclude``. Files that declare dependencies are read too,
    unless ``declarations`` is false.

    Raises:
        AuditError: Where a path does not exist, or ruff is not installed or does not work.
    """
    paths = list(paths)
    for path in paths:
        if not Path(path).exists():
            raise AuditError(f"{path}: no such file or folder")
    python = [path for path in paths if not dependencies.is_declaration(path)]
    files = ruff.files(python, exclude)
    if not files and exclude is None:  # git ignores all of what somebody asks for
        exclude = source.LEFT_OUT
        files = ruff.files(python, exclude)
    result = ruff.check(python, exclude)
    look = dict.fromkeys(files, _what_ruff_does_not_see)
    if declarations:
        look.update((path, dependencies.find) for path in dependencies.files(paths))
    for path in look.keys() - result.unreadable.keys():
        try:
            result.findings.extend(look[path](path))
        except Unreadable as unreadable:
            result.unreadable[path] = str(unreadable)
        except OSError as error:
            result.unreadable[path] = error.strerror or str(error)
    result.findings.sort(key=lambda f: (f.path, f.cell or 0, f.line, f.column, f.name))
    return result


def _what_ruff_does_not_see(path: str) -> list[Finding]:
    text, encoding = source.read(path)
    # All that ruff itself can read is UTF-8.
    findings = [] if encoding.startswith("utf-8") else ruff.check_text(path, text)
    return findings + dynamic_imports.find(path, text)
