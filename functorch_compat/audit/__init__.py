"""Finds the uses of legacy names in files. Needs no torch, and never imports it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from functorch_compat import documents
from functorch_compat.audit import dependencies, dynamic_imports, ruff
from functorch_compat.findings import Finding, Result, ToolError, Unreadable, UnreadableError

__all__ = ["audit"]


def audit(
    paths: Iterable[str], exclude: Iterable[str] | None = None, declarations: bool = True
) -> Result:
    """Find the uses of legacy names in ``paths``: files, or folders with all that is in them.

    In folders, what git ignores is left out and what is in ``ruff.LEFT_OUT``, or in their place
    what matches one of the patterns ``exclude``. Files that declare dependencies are read too,
    unless ``declarations`` is false.

    Raises:
        ToolError: Where a path does not exist, or ruff is not installed or does not work.
    """
    paths = list(paths)
    for path in paths:
        if not Path(path).exists():
            raise ToolError(f"{path}: no such file or folder")
    python = [path for path in paths if not dependencies.is_declaration(path)]
    files = ruff.files(python, exclude)
    if not files and exclude is None:  # git ignores all of what somebody asks for
        exclude = ruff.LEFT_OUT
        files = ruff.files(python, exclude)
    result = ruff.check(python, exclude)
    look = dict.fromkeys(files, _what_ruff_does_not_see)
    if declarations:
        look.update((path, dependencies.find) for path in dependencies.files(paths))
    unreadable = {one.path for one in result.unreadable}
    for path in look.keys() - unreadable:
        try:
            result.findings.extend(look[path](path))
        except UnreadableError as error:
            result.unreadable.append(Unreadable(path, str(error)))
        except OSError as error:
            result.unreadable.append(Unreadable(path, error.strerror or str(error)))
    result.findings.sort(key=lambda f: (f.path, f.cell or 0, f.line, f.column, f.name))
    return result


def _what_ruff_does_not_see(path: str) -> list[Finding]:
    document = documents.read(path)
    # All that ruff itself can read is UTF-8.
    by_text = not document.encoding.startswith("utf-8")
    return (ruff.check_text(document) if by_text else []) + dynamic_imports.find(document)
