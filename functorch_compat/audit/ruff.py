"""Runs ruff, whose rule TID251 finds the legacy names. The user's settings of ruff do not apply.

https://docs.astral.sh/ruff/rules/banned-api/
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from functorch_compat.documents import Cell, Document, Place
from functorch_compat.findings import Finding, ToolError, Unreadable
from functorch_compat.legacy_api import LEGACY_API, MODULES

# Folders with code of others, or with files of tools.
NOT_THE_USERS_FOLDERS = (
    *(".eggs", ".git", ".hg", ".svn", ".nox", ".tox", ".venv", "venv", "site-packages"),
    *(".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *("__pypackages__", "node_modules"),
)
_CODE = "TID251"
_TOML = {"Pipfile", "pixi.toml"}
# Ruff's message repeats the name that we put between these signs in its configuration.
_MARKED = re.compile(r"<(functorch[\w.]*)>")
_COMMENT = re.compile(r"#[^\r\n]*")
_BLANK = r"[\s\\]*"
_DOTTED = re.compile(rf"\w+(?:{_BLANK}\.{_BLANK}\w+)*")
_ATTRIBUTES = re.compile(rf"(?:{_BLANK}\.{_BLANK}[^\W\d]\w*)*")
_IN_IMPORT = re.compile(r"\bimport\b(?:[\w \t.,]|\\\r?\n)*\Z")
_FROM = re.compile(rf"from{_BLANK}({_DOTTED.pattern}){_BLANK}import\b")
_ALIAS = re.compile(r"(\*|[^\W\d]\w*)(?:[\s\\]+as[\s\\]+\w+)?")


def files(
    folder: str,
    include: Collection[str],
    exclude: Iterable[str] = NOT_THE_USERS_FOLDERS,
    gitignore: bool = True,
) -> list[str]:
    """Return the files in a folder that match a glob of ``include``."""
    # Ruff looks for a relative glob only in the current folder.
    globs = [os.path.join(os.path.abspath(os.sep), "**", glob) for glob in include]
    with tempfile.TemporaryDirectory() as temporary:
        configuration = _configuration(
            temporary,
            f"include = {json.dumps(globs)}",
            f"exclude = {json.dumps([*exclude])}",
            f"respect-gitignore = {json.dumps(gitignore)}",
        )
        listed = _run("--show-files", "--config", configuration, "--", folder).splitlines()
    toml = _toml(folder, _TOML & {*include}, exclude)
    if toml and gitignore:
        toml -= _ignored(folder, toml)
    return [_relative(path) for path in (*listed, *sorted(toml))]


def _toml(folder: str, names: Collection[str], exclude: Iterable[str]) -> set[str]:
    """Return the files with these names. Ruff lists no TOML files other than ``pyproject.toml``."""
    found: set[str] = set()
    for inner, folders, files in os.walk(os.path.abspath(folder)) if names else ():
        folders[:] = {*folders}.difference(exclude)
        found.update(os.path.join(inner, name) for name in {*names}.intersection(files))
    return found


def _ignored(folder: str, paths: Collection[str]) -> set[str]:
    """Return those paths that git ignores. Without git or a repository there are none."""
    command = ["git", "check-ignore", "-z", "--stdin"]
    data = b"\0".join(map(os.fsencode, paths))
    try:
        result = subprocess.run(command, cwd=folder, input=data, capture_output=True, check=False)
    except FileNotFoundError:
        return set()
    return {*map(os.fsdecode, result.stdout.split(b"\0"))}


class Checked(NamedTuple):
    """What ruff finds in a document. ``unreadable`` has the parts that ruff cannot parse."""

    document: Document
    findings: list[Finding]
    unreadable: list[Unreadable]


def check(documents: list[Document]) -> Iterator[Checked]:
    """Run ruff on the documents, and yield the result for each."""
    with tempfile.TemporaryDirectory() as folder:
        copies = Path(folder, "copies")
        copies.mkdir()
        paths = [_readable(document, copies) for document in documents]
        found = _diagnostics(paths, folder)
        for document, path in zip(documents, paths):
            errors = _errors(found[path])
            if errors and document.path.endswith(".ipynb"):
                yield _without_broken_cells(document, errors[0], folder)
            elif errors:
                yield Checked(document, [], [_unreadable(document, errors[0])])
            else:
                yield Checked(document, [*_findings(document, found[path])], [])


def _readable(document: Document, copies: Path) -> str:
    """Return the path of a file that ruff can read: the document's, or that of a copy."""
    if document.path.endswith(".ipynb"):
        return _copy(copies, ".ipynb", _notebook(document.cells))
    if document.encoding.startswith("utf-8") and "\n" not in document.path:
        return os.path.abspath(document.path)
    return _copy(copies, os.path.splitext(document.path)[1], document.text)


def _copy(folder: Path, suffix: str, text: str) -> str:
    file, path = tempfile.mkstemp(suffix, dir=folder)
    with open(file, "wb") as copy:
        copy.write(text.encode("utf-8", "surrogatepass"))
    return path


def _notebook(code: Mapping[Cell, str]) -> str:
    """Return a notebook in JSON, with the code in the cells of the given numbers."""
    cells = [
        {"cell_type": "code", "metadata": {}, "source": code[number], "outputs": []}
        if number in code
        else {"cell_type": "markdown", "metadata": {}, "source": ""}
        for number in range(1, max((cell or 0 for cell in code), default=0) + 1)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


def _without_broken_cells(document: Document, error: dict[str, Any], folder: str) -> Checked:
    """Check a notebook without those cells that ruff cannot parse."""
    copies = Path(folder, "copies")
    paths = {
        cell: _copy(copies, ".ipynb", _notebook({cell: code}))
        for cell, code in document.cells.items()
    }
    found = _diagnostics([*paths.values()], folder)
    unreadable = [
        _unreadable(document, one, cell)
        for cell, path in paths.items()
        for one in _errors(found[path])[:1]
    ]
    rest = document.without({one.cell for one in unreadable})
    code = {cell: code for cell, code in document.cells.items() if cell not in rest.left_out}
    path = _copy(copies, ".ipynb", _notebook(code))
    found = _diagnostics([path], folder)
    if _errors(found[path]):
        return Checked(document, [], [_unreadable(document, error)])
    return Checked(document, [*_findings(rest, found[path])], unreadable)


def _unreadable(document: Document, error: dict[str, Any], cell: Cell = None) -> Unreadable:
    return Unreadable(document.path, f"line {error['location']['row']}: {error['message']}", cell)


def _errors(diagnostics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [diagnostic for diagnostic in diagnostics if diagnostic["code"] != _CODE]


def _diagnostics(paths: list[str], folder: str) -> dict[str, list[dict[str, Any]]]:
    """Return ruff's diagnostics for each file."""
    found: dict[str, list[dict[str, Any]]] = {path: [] for path in paths}
    if not paths:  # Without a path, ruff would check the current folder.
        return found
    listed = Path(folder, "paths")
    listed.write_bytes(b"".join(os.fsencode(path) + b"\n" for path in paths))
    configuration = _configuration(
        folder,
        'target-version = "py314"',  # Syntax of a newer Python is not an error.
        f'lint.select = ["{_CODE}"]',
        "[lint.flake8-tidy-imports.banned-api]",
        *(f'"{name}".msg = "<{name}>"' for name in (*LEGACY_API, *MODULES)),
    )
    options = ("--no-cache", "--exit-zero", "--no-fix", "--quiet", "--output-format=json")
    # The audit looks for noqa comments itself, because a bare one does not silence it.
    output = _run(*options, "--ignore-noqa", "--config", configuration, f"@{listed}")
    for diagnostic in json.loads(output):
        found[diagnostic["filename"]].append(diagnostic)
    return found


def _configuration(folder: str, *lines: str) -> str:
    file = Path(folder, "ruff.toml")
    file.write_text("\n".join(lines), encoding="utf-8")
    return str(file)


def _run(*arguments: str) -> str:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped, unused-ignore]

        ruff = find_ruff_bin()
    except (ImportError, FileNotFoundError):
        raise ToolError("needs ruff: pip install 'functorch-compat[audit]'") from None
    result = subprocess.run([ruff, "check", *arguments], capture_output=True, check=False)
    if result.returncode:
        reason = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
        raise ToolError(f"ruff failed: {'; '.join(line.strip() for line in reason)}")
    return result.stdout.decode("utf-8", "surrogateescape")


def _findings(document: Document, diagnostics: list[dict[str, Any]]) -> Iterator[Finding]:
    """Yield a finding for each imported name, and for each use."""
    code = document.code
    found: dict[int, tuple[int, str]] = {}
    for diagnostic in diagnostics:
        start, end = (
            document.offset(Place(diagnostic["cell"], where["row"], where["column"]))
            for where in (diagnostic["location"], diagnostic["end_location"])
        )
        # Both `functorch` and `functorch.vjp` may begin here. The longest is kept.
        found[start] = max(found.get(start, (0, "")), (end, _name(diagnostic)))
    done = 0
    for start, (end, name) in sorted(found.items()):
        if start < done:  # It is in a `from` import that is done already.
            continue
        if re.match(r"from\b", code[start:end]):
            done = end
            yield from _in_from_import(document, start, code[start:end])
        elif _IN_IMPORT.search(code[max(0, start - 200) : start]):
            imported = _DOTTED.match(code, start)
            yield document.finding(imported[0] if imported else name, start, "import")
        else:
            attributes = _ATTRIBUTES.match(code, end)
            yield document.finding(name + (attributes[0] if attributes else ""), start, "use")


def _name(diagnostic: dict[str, Any]) -> str:
    marked = _MARKED.search(diagnostic["message"])
    assert marked
    return marked[1]


def _in_from_import(document: Document, start: int, statement: str) -> Iterator[Finding]:
    statement = _COMMENT.sub(lambda comment: " " * len(comment[0]), statement)
    head = _FROM.match(statement)
    assert head
    for alias in _ALIAS.finditer(statement, head.end()):
        if alias[1] == "*":
            yield document.finding(head[1], start, "star")
        else:
            yield document.finding(f"{head[1]}.{alias[1]}", start + alias.start(), "import")


def _relative(path: str) -> str:
    here = os.getcwd().rstrip(os.sep) + os.sep
    return path[len(here) :] if path.startswith(here) else path
