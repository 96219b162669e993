"""The engine: ruff's rule TID251, told of each legacy name, and of nothing in the user's settings.

https://docs.astral.sh/ruff/rules/banned-api/
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from functorch_compat import documents
from functorch_compat.documents import Document
from functorch_compat.findings import (
    Finding,
    How,
    Result,
    ToolError,
    Unreadable,
    UnreadableError,
    find,
)
from functorch_compat.legacy_api import LEGACY_API, MODULES, lookup

_CODE = "TID251"
# Folders that are somebody else's code, or nobody's.
LEFT_OUT = (
    *(".eggs", ".git", ".hg", ".svn", ".nox", ".tox", ".venv", "venv", "site-packages"),
    *(".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *("__pypackages__", "node_modules"),
)


def check(paths: list[str], exclude: Iterable[str] | None = None) -> Result:
    """What ruff finds, and what it cannot parse."""
    if not paths:  # which ruff takes for the current folder
        return Result([], [])
    with _configuration(exclude) as configuration:
        diagnostics = _diagnostics("--config", configuration, "--", *paths)
    return _result(diagnostics)


def check_text(document: Document) -> list[Finding]:
    """What ruff finds in the text of a file that it cannot read itself."""
    with _configuration() as configuration:
        options = ("--config", configuration, "--stdin-filename", document.path, "-")
        result = _result(_diagnostics(*options, stdin=document.text), document)
    if result.unreadable:
        raise UnreadableError(result.unreadable[0].reason)
    return result.findings


def files(paths: list[str], exclude: Iterable[str] | None = None) -> list[str]:
    """The files that ruff checks."""
    if not paths:
        return []
    with _configuration(exclude) as configuration:
        listed = _run("--show-files", "--config", configuration, "--", *paths)
    return [_relative(path) for path in listed.splitlines()]


@contextmanager
def _configuration(exclude: Iterable[str] | None = None) -> Iterator[str]:
    lines = [
        f"include = {json.dumps([f'*{suffix}' for suffix in documents.SUFFIXES])}",
        # What a newer Python can parse is no syntax error to us.
        'target-version = "py314"',
        f"exclude = {json.dumps(LEFT_OUT if exclude is None else [*exclude])}",
        f"respect-gitignore = {json.dumps(exclude is None)}",
        f'lint.select = ["{_CODE}"]',
        "[lint.flake8-tidy-imports.banned-api]",
        *(f'"{name}".msg = ""' for name in (*LEGACY_API, *MODULES)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "ruff.toml")
        file.write_text("\n".join(lines), encoding="utf-8")
        yield str(file)


def _diagnostics(*arguments: str, stdin: str | None = None) -> Any:
    # A file has to be found also where an earlier run with other settings left a cache.
    options = ("--no-cache", "--exit-zero", "--no-fix", "--quiet", "--output-format=json")
    return json.loads(_run(*options, *arguments, stdin=stdin))


def _run(*arguments: str, stdin: str | None = None) -> str:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped, unused-ignore]

        ruff = find_ruff_bin()
    except (ImportError, FileNotFoundError):
        raise ToolError("needs ruff: pip install 'functorch-compat[audit]'") from None
    result = subprocess.run(
        [ruff, "check", *arguments],
        input=None if stdin is None else stdin.encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
    )
    if result.returncode:
        reason = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
        raise ToolError(f"ruff failed: {'; '.join(line.strip() for line in reason)}")
    return result.stdout.decode("utf-8", "surrogateescape")


def _result(diagnostics: list[dict[str, Any]], document: Document | None = None) -> Result:
    unreadable: dict[str, str] = {}
    findings: list[Finding] = []
    by_file: dict[str, list[dict[str, Any]]] = {}
    for diagnostic in diagnostics:
        path = _relative(diagnostic["filename"])
        if diagnostic["code"] == _CODE:
            by_file.setdefault(path, []).append(diagnostic)
        else:
            row, message = diagnostic["location"]["row"], diagnostic["message"]
            unreadable.setdefault(path, f"line {row}: {message}")
    for path, found in by_file.items():
        if path in unreadable:
            continue
        try:
            findings.extend(_findings(document or documents.read(path), found))
        except (OSError, UnreadableError) as error:
            unreadable[path] = str(error)
    return Result(findings, [Unreadable(*item) for item in unreadable.items()])


def _findings(document: Document, found: list[dict[str, Any]]) -> Iterator[Finding]:
    lines = {cell: documents.lines(part) for cell, part in document.cells.items()}
    places = [(diagnostic["message"].split("`")[1], *_place(diagnostic)) for diagnostic in found]
    for name, cell, start, end in places:
        # An import of the name is also one of the module that it is in.
        is_module = name in MODULES or LEGACY_API[name].is_module
        if is_module and any(
            other[0].startswith(f"{name}.") and other[1] == cell and start <= other[2] <= end
            for other in places
        ):
            continue
        line = lines[cell][start[0] - 1]
        imported = re.match(r"(from\s+)?(functorch[\w.]*)", line[start[1] - 1 :])
        how: How = "use"
        if imported and name in MODULES:
            name = lookup(imported[2])[0]
            if imported[1] and name in MODULES:  # it imports a star, or a name that never was
                how = "star"
        yield find(name, document.path, *start, cell, line, how)


def _place(diagnostic: dict[str, Any]) -> tuple[int | None, tuple[int, int], tuple[int, int]]:
    start, end = (
        (diagnostic[key]["row"], diagnostic[key]["column"]) for key in ("location", "end_location")
    )
    return diagnostic["cell"], start, end


def _relative(path: str) -> str:
    here = os.getcwd().rstrip(os.sep) + os.sep
    return path[len(here) :] if path.startswith(here) else path
