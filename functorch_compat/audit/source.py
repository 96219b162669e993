"""Reads Python files and notebooks, in whatever encoding they are."""

from __future__ import annotations

import ast
import codecs
import json
import re
import tokenize
from io import BytesIO
from pathlib import Path

from functorch_compat.audit.finding import Unreadable

SUFFIXES = (".py", ".pyi", ".pyw", ".ipynb")
# Folders that are somebody else's code, or nobody's.
LEFT_OUT = (
    *(".eggs", ".git", ".hg", ".svn", ".nox", ".tox", ".venv", "venv", "site-packages"),
    *(".hypothesis", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *("__pypackages__", "node_modules"),
)
_MAGIC = re.compile(
    r"^([ \t]*(?:[\w., ]+=[ \t]*(?=[%!]))?)(%%?\w.*|[!?].*|[\w.]+\?\??[ \t]*$)", re.MULTILINE
)
# Cells of these magics are Python below the first line; the others are of another language.
_PYTHON_MAGICS = ("capture", "prun", "pypy", "python", "python3", "time", "timeit")


def read(path: str) -> tuple[str, str]:
    """The text of a file, and its encoding: ``utf-8``, ``utf-8-sig``, or another by its name."""
    data = Path(path).read_bytes()
    try:
        utf8 = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
        return data.decode(utf8), utf8
    except UnicodeDecodeError as not_utf8:
        if path.endswith(".ipynb"):
            raise Unreadable(f"not UTF-8: {not_utf8}") from None
    try:
        with_newlines = BytesIO(re.sub(rb"\r\n?", b"\n", data))
        encoding, _ = tokenize.detect_encoding(with_newlines.readline)
        return data.decode(encoding), encoding
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise Unreadable(f"not UTF-8, and no coding line tells what else: {error}") from None


def cells(path: str, text: str) -> dict[int | None, str]:
    """The code in a file: that of each code cell by its number, or all of it under None."""
    if not path.endswith(".ipynb"):
        return {None: text}
    try:
        return {
            number: "".join(cell["source"])
            for number, cell in enumerate(json.loads(text)["cells"], 1)
            if cell["cell_type"] == "code"
        }
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Unreadable(f"not a notebook: {type(error).__name__}: {error}") from None


def lines(code: str) -> list[str]:
    """The lines of Python code, which ``str.splitlines`` would split at form feeds too."""
    return re.split("\r\n|\r|\n", code)


def without_magics(code: str) -> str:
    """What is Python in a code cell. Each character of it stays at its place."""
    cell_magic = re.match(r"\s*%%(\w+)", code)
    if cell_magic and cell_magic[1] not in _PYTHON_MAGICS:
        return ""
    try:
        ast.parse(code)
        return code  # a line that begins with a modulo is no magic
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _MAGIC.sub(lambda magic: f"{magic[1]}{'0'.ljust(len(magic[2]), '#')}", code)
