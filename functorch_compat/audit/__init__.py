"""Finds the uses of legacy names in files. It never imports torch, so it works without."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable

from functorch_compat import documents
from functorch_compat.audit import declarations, ruff, settings, unseen
from functorch_compat.audit.scope import is_python
from functorch_compat.documents import Document
from functorch_compat.findings import Finding, Result, Unreadable, UnreadableError

__all__ = ["audit"]

_SILENCED = re.compile(r"#\s*noqa\s*:[\w\s,]*\bTID251\b", re.I)
_FILE_SILENCED = re.compile(r"^\s*#\s*(ruff|flake8)\s*:\s*noqa\s*:[\w\s,]*\bTID251\b", re.I | re.M)


def audit(paths: Iterable[str] = (), exclude: Iterable[str] = ()) -> Result:
    """Find the uses of legacy names in ``paths``, which are files and folders.

    Files that declare dependencies are read too. The settings of the project apply: they give the
    paths if ``paths`` is empty, and may exclude more files than ``exclude`` does.

    Raises:
        ToolError: If a path does not exist, a setting is wrong, or ruff is missing or fails.
    """
    return find_in(settings.nearest().scope([*paths], [*exclude]).files())


def find_in(files: Iterable[str], with_declarations: bool = True) -> Result:
    """Find the uses of legacy names in these files. Files without the word are skipped."""
    result = Result([], [])
    found: list[Document] = []
    for path in _mentioning(files, result.unreadable):
        try:
            if is_python(path):
                document = documents.read(path)
                if not _FILE_SILENCED.search(document.text):
                    found.append(document)
            if with_declarations:
                result.findings.extend(declarations.find(path))
        except UnreadableError as error:
            result.unreadable.append(Unreadable(path, str(error)))
    in_code: list[Finding] = []
    for document, findings, unreadable in ruff.check(found):
        in_code += findings
        result.unreadable.extend(unreadable)
        broken = {one.cell for one in unreadable}
        try:
            if None not in broken:
                in_code += unseen.find(document.without(broken), {f.place for f in findings})
        except UnreadableError as error:
            result.unreadable.append(Unreadable(document.path, str(error)))
    result.findings.extend(f for f in in_code if not _SILENCED.search(f.text))
    result.findings.sort(key=lambda f: (f.path, f.cell or 0, f.line, f.column, f.name))
    result.unreadable.sort(key=lambda one: (one.path, one.cell or 0))
    return result


def _mentioning(files: Iterable[str], unreadable: list[Unreadable]) -> list[str]:
    """Return the regular files that contain the word. A file and the links to it count as one."""
    found: dict[str, str] = {}
    for path in sorted(set(files), key=lambda path: (os.path.islink(path), path)):
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                continue
            with open(path, "rb") as file:
                if b"functorch" in file.read().lower():
                    found.setdefault(os.path.realpath(path), path)
        except OSError as error:
            if os.path.islink(path) and not os.path.exists(path):  # a broken link
                continue
            unreadable.append(Unreadable(path, error.strerror or str(error)))
    return sorted(found.values())
