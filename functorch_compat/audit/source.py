"""Reads Python files and notebooks, in whatever encoding they are."""

from __future__ import annotations

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
# Cells of these magics are Python below the first line; the others are of another language.
_PYTHON_MAGICS = ("capture", "prun", "pypy", "python", "python3", "time", "timeit")


def read(path: str) -> tuple[str, bool]:
    """The text of a file, and whether it is UTF-8, which is all that ruff can read."""
    data = Path(path).read_bytes()
    try:
        return data.decode("utf-8-sig"), True
    except UnicodeDecodeError as not_utf8:
        if path.endswith(".ipynb"):
            raise Unreadable(f"not UTF-8: {not_utf8}") from None
    try:
        encoding, _ = tokenize.detect_encoding(BytesIO(data).readline)
        return data.decode(encoding), False
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
    """What is Python in a code cell, on the same lines."""
    cell_magic = re.match(r"\s*%%(\w+)", code)
    if cell_magic and cell_magic[1] not in _PYTHON_MAGICS:
        return ""
    code = re.sub(r"^([ \t]*)[%!?].*", r"\1pass", code, flags=re.M)
    return re.sub(r"^([ \t]*[\w., ]+=[ \t]*)[%!].*", r"\1None", code, flags=re.M)
