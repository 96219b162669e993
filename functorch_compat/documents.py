"""Reads Python files and notebooks in the same way, and writes them with edits.

The code of a notebook is one text. In it, each cell begins on a line of its own, and comments
replace everything that is not Python. Offsets count in that text.
"""

from __future__ import annotations

import ast
import codecs
import json
import re
import tokenize
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple, Optional

from functorch_compat import files
from functorch_compat.edits import Edit, apply
from functorch_compat.findings import Finding, How, UnreadableError
from functorch_compat.legacy_api import MODULES, lookup

SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
_NEWLINE = re.compile(r"\r\n|\r|\n")
# A line with `!` or `%` continues on the next line after a backslash at its end.
_MAGIC = re.compile(
    r"^([ \t]*(?:[\w., ]+=[ \t]*(?=[%!]))?)"
    r"((?:%%?\w|!)(?:\\\r?\n|.)*|[!?].*|[\w.]+\?\??[ \t]*$)",
    re.MULTILINE,
)
# Cells with these magics are Python below the first line. Other cell magics are not Python.
_PYTHON_MAGICS = ("capture", "prun", "pypy", "python", "python3", "time", "timeit")
_SHELL = re.compile(r"\s*(!|%(pip|conda)\b)")
# This matches one token of JSON: a string, a bracket, a comma, a colon, a number or a word.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')

Cell = Optional[int]
"""The number of a cell of a notebook, or None in a Python file. Cells of all kinds count from 1."""


class Place(NamedTuple):
    """A place in a file. Lines and columns count from 1. Lines of notebooks count in the cell."""

    cell: Cell
    line: int
    column: int


def read(path: str) -> Document:
    """Return the file at this path as a document.

    Raises:
        UnreadableError: If its encoding is unknown, or if a ``.ipynb`` file is not a notebook.
        OSError: If it cannot be opened.
    """
    text, encoding = _decoded(path, Path(path).read_bytes())
    return Document(path, text, encoding, _cells(text) if path.endswith(".ipynb") else {None: text})


@dataclass(frozen=True)
class Document:
    """A Python file, or a notebook."""

    path: str
    text: str
    encoding: str
    """``utf-8``, ``utf-8-sig``, or the name of another encoding."""
    cells: Mapping[Cell, str]
    """The source of each code cell, with its magics. A Python file has its text under None."""
    left_out: frozenset[Cell] = field(default_factory=frozenset)
    """The cells that count as empty because they cannot be parsed."""

    def without(self, cells: Collection[Cell]) -> Document:
        """Return the document without the code of these cells, which cannot be parsed."""
        return replace(self, left_out=self.left_out | {*cells})

    @cached_property
    def python(self) -> dict[Cell, str]:
        """Return the Python code of each cell. Each character of it stays at its place."""
        return {
            cell: "" if cell in self.left_out else _without_magics(text) if cell else text
            for cell, text in self.cells.items()
        }

    @cached_property
    def code(self) -> str:
        """Return the Python code of all cells as one text."""
        return "\n".join(self.python.values())

    @cached_property
    def _starts(self) -> dict[Cell, int]:
        """Return the offset in the code at which each cell begins."""
        lengths = (len(text) + 1 for text in self.python.values())
        return dict(zip(self.python, accumulate(lengths, initial=0)))

    @cached_property
    def _lines(self) -> dict[Cell, list[int]]:
        """Return the offsets in each cell at which its lines begin."""
        return {
            cell: [0, *(newline.end() for newline in _NEWLINE.finditer(text))]
            for cell, text in self.cells.items()
        }

    def offset(self, place: Place) -> int:
        """Return the offset in the code of a place in the file."""
        begin = self._starts[place.cell] + self._lines[place.cell][place.line - 1]
        return begin + place.column - 1

    def place(self, offset: int) -> Place:
        """Return the place in the file of an offset in the code."""
        cell = self._cell(offset)
        return self._place(cell, offset - self._starts[cell])

    def _place(self, cell: Cell, offset: int) -> Place:
        line = bisect_right(self._lines[cell], offset)
        return Place(cell, line, offset - self._lines[cell][line - 1] + 1)

    def _cell(self, offset: int) -> Cell:
        return [*self._starts][bisect_right([*self._starts.values()], offset) - 1]

    def finding(self, name: str, offset: int, how: How) -> Finding:
        """Return the finding of a dotted name that is, or begins with, a name in the table.

        The finding has the longest such name. If that is a module and more parts follow, it also
        has the first unknown part, and no replacement.
        """
        name = re.sub(r"[\s\\]", "", name)
        legacy_name, row = lookup(name)
        replacement, kind = row.replacement, row.kind
        if legacy_name in MODULES and name != legacy_name:
            legacy_name += "." + name[len(legacy_name) + 1 :].partition(".")[0]
            replacement, kind = "", "none"
        cell, line, column = self.place(offset)
        begin, *end = self._lines[cell][line - 1 : line + 1]
        text = self.cells[cell][begin : end[0] if end else None].strip()
        return Finding(self.path, line, column, cell, legacy_name, replacement, kind, text, how=how)

    @property
    def mentions(self) -> str:
        """Return the magics that may contain Python. Those of the shell are left out."""
        pairs = (zip(lines(self.cells[cell]), lines(text)) for cell, text in self.python.items())
        magics = [line for pair in pairs for line, python in pair if line != python]
        return " ".join(line for line in magics if not _SHELL.match(line))

    def edited(self, edits: Iterable[Edit]) -> tuple[Document, Callable[[int], Place]]:
        """Make the edits. Each of them must be within one cell.

        Returns:
            The new document, and a function from offsets in the old code to places in the new file.
        """
        by_cell: dict[Cell, list[Edit]] = {cell: [] for cell in self.cells}
        for edit in edits:
            cell = self._cell(edit.start)
            start = self._starts[cell]
            by_cell[cell].append(Edit(edit.start - start, edit.end - start, edit.text))
        done = {cell: apply(self.cells[cell], edits) for cell, edits in by_cell.items()}
        new = {cell: one.text for cell, one in done.items()}
        changed = {cell or 0: text for cell, text in new.items() if text != self.cells[cell]}
        text = new[None] if None in new else _notebook_with(self.text, changed)
        edited = Document(self.path, text, self.encoding, new, self.left_out)

        def place(offset: int) -> Place:
            cell = self._cell(offset)
            return edited._place(cell, done[cell].moved(offset - self._starts[cell]))

        return edited, place

    def write(self) -> None:
        """Replace the file, or leave it as it was if that fails.

        Raises:
            UnreadableError: If encoding the text again would change bytes that no edit touches.
            OSError: If the file cannot be written.
        """
        before, _ = _decoded(self.path, data := Path(self.path).read_bytes())
        if before.encode(self.encoding) != data:
            raise UnreadableError(f"encoding it in {self.encoding} again would change other bytes")
        files.replace(self.path, self.text.encode(self.encoding))


def lines(code: str) -> list[str]:
    """Return the lines of Python code. Unlike ``str.splitlines``, do not split at form feeds."""
    return _NEWLINE.split(code)


def _decoded(path: str, data: bytes) -> tuple[str, str]:
    try:
        utf8 = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
        return data.decode(utf8), utf8
    except UnicodeDecodeError as not_utf8:
        if path.endswith(".ipynb"):
            raise UnreadableError(f"not UTF-8: {not_utf8}") from None
    try:
        with_newlines = BytesIO(re.sub(rb"\r\n?", b"\n", data))
        encoding, _ = tokenize.detect_encoding(with_newlines.readline)
        return data.decode(encoding), encoding
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise UnreadableError(
            f"not UTF-8, and no coding line names its encoding: {error}"
        ) from None


def _cells(text: str) -> dict[Cell, str]:
    try:
        notebook = json.loads(text)
        if not _is_in_python(notebook.get("metadata") or {}):
            return {}
        return {
            number: "".join(cell["source"])
            for number, cell in enumerate(notebook["cells"], 1)
            if cell["cell_type"] == "code" and _is_in_python(cell.get("metadata") or {})
        }
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableError(f"not a notebook: {type(error).__name__}: {error}") from None


def _is_in_python(metadata: Mapping[str, Any]) -> bool:
    """Return whether the metadata of a notebook or of a cell name Python or no language."""
    named = (
        metadata.get("language_info", {}).get("name"),
        metadata.get("kernelspec", {}).get("language"),
        metadata.get("vscode", {}).get("languageId"),
    )
    return "python" in next(filter(None, named), "python").lower()


def _without_magics(code: str) -> str:
    """Return the Python code of a cell. Each character of it stays at its place."""
    cell_magic = re.match(r"\s*%%(\w+)", code)
    if cell_magic and cell_magic[1] not in _PYTHON_MAGICS:
        return ""
    try:
        ast.parse(code)
        return code  # A line that begins with a modulo sign is no magic.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _MAGIC.sub(lambda magic: magic[1] + "0" + re.sub(".", "#", magic[2][1:]), code)


def _notebook_with(text: str, code: Mapping[int, str]) -> str:
    """Return the text of a notebook with new code in some cells and no other change."""
    notebook = json.loads(text)
    layout = _layout(text, notebook)
    if layout is None:
        return _with_tokens_replaced(text, code)
    for number, new in code.items():
        cell = notebook["cells"][number - 1]
        cell["source"] = _like(cell["source"], new)
    return layout(notebook)


def _layout(text: str, notebook: Any) -> Callable[[Any], str] | None:
    """Return a function that writes the notebook in the layout of its text, if ``json`` can."""
    indent = re.match(r"\{\n( +|\t+)", text)
    for ascii in (False, True):

        def layout(notebook: Any, ascii: bool = ascii) -> str:
            dumped = json.dumps(notebook, indent=indent and indent[1], ensure_ascii=ascii)
            return dumped + text[len(text.rstrip()) :]

        if layout(notebook) == text:
            return layout
    return None


def _like(source: Any, code: str) -> Any:
    """Return the code in the form of a source: as a string or as a list of lines."""
    in_lines = isinstance(source, list) and all(line.count("\n") <= 1 for line in source)
    if in_lines:
        return re.findall(r".*\n|.+", code) or [""]
    return [code] if isinstance(source, list) else code


def _with_tokens_replaced(text: str, code: Mapping[int, str]) -> str:
    """Return the text with new code in some cells, if ``json`` would write it in another layout."""
    tokens = _TOKEN.finditer(text)
    cells = _value(tokens, next(tokens))["cells"]
    return apply(text, (_edit(text, cells[n - 1]["source"], new) for n, new in code.items())).text


def _value(tokens: Iterator[re.Match[str]], token: re.Match[str]) -> Any:
    """Return the JSON value that begins with ``token``. Its strings and numbers stay tokens."""
    if token[0] not in "{[":
        return token
    members: dict[str, Any] = {}
    items: list[Any] = []
    for first in tokens:
        if first[0] in "}]":
            break
        if first[0] == ",":
            continue
        if token[0] == "[":
            items.append(_value(tokens, first))
        else:
            next(tokens)  # This is the colon.
            members[json.loads(first[0])] = _value(tokens, next(tokens))
    return items if token[0] == "[" else members


def _edit(text: str, source: Any, code: str) -> Edit:
    """Return the edit that gives a source, whose tokens are known, new code."""

    def dumped(string: str) -> str:
        return json.dumps(string, ensure_ascii=text.isascii())

    if not isinstance(source, list):
        return Edit(source.start(), source.end(), dumped(code))
    first, last = source[0], source[-1]
    written = {json.loads(token[0]): token[0] for token in source}
    if len(source) > 1:
        between = text[first.end() : source[1].start()]
    else:
        before = text[: first.start()]
        between = "," + before[len(before.rstrip()) :]
    new = _like([*written], code)
    return Edit(first.start(), last.end(), between.join(written.get(n, dumped(n)) for n in new))
