"""Imports by a call with a literal name, of which ruff knows nothing."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import warnings
from collections.abc import Iterator

from functorch_compat import documents
from functorch_compat.documents import Document
from functorch_compat.findings import Finding, UnreadableError
from functorch_compat.findings import find as finding

_CALLS = ("import_module", "__import__", "find_spec", "importorskip")
# Parsing takes its time: it is for the few files that may have something in them.
_CALL = re.compile(rf"\b({'|'.join(_CALLS)})\s*\(")
_LITERAL = re.compile(r"""["']functorch\b""")
_NOQA = re.compile(r"#\s*noqa(?!\s*:)|#\s*noqa\s*:[\s\w,]*\bTID251\b", re.I)


def find(document: Document) -> list[Finding]:
    """The imports of functorch by a call."""
    if "functorch" not in document.text:
        return []
    return [
        finding
        for cell, code in document.python.items()
        if _LITERAL.search(code) and _CALL.search(code)
        for finding in _in_code(document.path, cell, code)
    ]


def _in_code(path: str, cell: int | None, code: str) -> Iterator[Finding]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an escape sequence in a string, say
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        version = "{}.{}".format(*sys.version_info)
        raise UnreadableError(
            f"Python {version} cannot parse it, to find imports by a call: {error}"
        ) from None
    lines = documents.lines(code)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    for node in calls:
        name = _imported(node)
        if name is None or name.partition(".")[0] != "functorch":
            continue
        line = lines[node.lineno - 1]
        column = len(line.encode("utf-8", "replace")[: node.col_offset].decode("utf-8")) + 1
        if not _NOQA.search(line):
            yield finding(name, path, node.lineno, column, cell, line, "call")


def _imported(call: ast.Call) -> str | None:
    """The name of the module that the call imports, if it is there to be read."""
    function = call.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called not in _CALLS:
        return None
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    named = keywords.get("name", keywords.get("modname"))
    name = _literal(call.args[0] if call.args else named)
    if name is not None and name.startswith("."):
        package = _literal(call.args[1] if len(call.args) > 1 else keywords.get("package"))
        try:
            return importlib.util.resolve_name(name, package)
        except (ImportError, ValueError):
            return None
    return name


def _literal(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
