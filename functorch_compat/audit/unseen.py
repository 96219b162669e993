"""Finds the uses that ruff does not see: names that are bound again, calls, strings, doctests."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Collection, Iterator
from typing import NamedTuple

from functorch_compat import documents
from functorch_compat.audit.bindings import (
    DOTTED,
    Bindings,
    called,
    imported_by,
    literal,
    scopes,
)
from functorch_compat.documents import Document
from functorch_compat.findings import Finding, How, UnreadableError
from functorch_compat.legacy_api import lookup

_LITERAL = re.compile(r"""["']functorch[\w.]*["']""")
# Parsing is slow. Only files that import functorch, or name it in a string, need it.
_CANDIDATE = re.compile(
    rf"\b(?:import|from)\b(?:[^\n#\"']|\\\n)*?(?<![\w.])functorch\b|{_LITERAL.pattern}"
)
# Calls of these take an object, and then the name of an attribute of it.
_ATTRIBUTE_CALLS = ("getattr", "hasattr", "setattr", "delattr", "object")
# Calls of these may begin with a dotted name.
_PATCHES = ("patch", "multiple", "setattr", "delattr")


def find(document: Document, found: Collection[str]) -> Iterator[Finding]:
    """Yield the uses in a document, except at the places in ``found``.

    Raises:
        UnreadableError: If this Python cannot parse the code, and a string names functorch.
    """
    if not _CANDIDATE.search(document.code):
        return
    try:
        tree = _parsed(document.code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if not _LITERAL.search(document.code):
            return
        version = "{}.{}".format(*sys.version_info)
        raise UnreadableError(
            f"Python {version} cannot parse it ({error}): run the audit with a newer Python"
        ) from None
    seen = {*found}
    for use in _uses(document.code, tree):
        finding = document.finding(use.name, use.offset, use.how)
        if finding.place not in seen:
            seen.add(finding.place)
            yield finding


def _parsed(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns about wrong escape sequences, for example.
        return ast.parse(code)


class _Use(NamedTuple):
    name: str
    offset: int
    how: How


class _Text(NamedTuple):
    """The code of a tree, which tells the offset of a node."""

    code: str
    lines: list[str]
    starts: list[int]
    # Where the tree begins. The tree of an example in a docstring does not begin at 0.
    line: int = 0
    column: int = 0

    def offset(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Return the offset in the code at which a node begins."""
        number = self.line + node.lineno - 1
        line = self.lines[number][self.column :].encode("utf-8", "replace")
        column = len(line[: node.col_offset].decode("utf-8", "replace"))
        return self.starts[number] + self.column + column


def _uses(code: str, tree: ast.Module) -> Iterator[_Use]:
    """Yield all uses of functorch, also those in the examples of docstrings."""
    starts = [0, *(newline.end() for newline in re.finditer(r"\r\n|\r|\n", code))]
    text = _Text(code, documents.lines(code), starts)
    walk = _Walk(text)
    walk.through(tree, Bindings())
    walks = [walk]
    for docstring, scope in walk.docstrings:
        for example, line, column in _examples(docstring, text.lines):
            walks.append(_Walk(text._replace(line=line, column=column), is_example=True))
            walks[-1].through(example, scope)
    for walk in walks:
        yield from walk.uses
    for walk in walks:
        yield from walk.accessed()


class _Walk:
    """Collects possible uses. Only after the walk is it known what a name stands for."""

    def __init__(self, text: _Text, is_example: bool = False):
        self.text, self.is_example = text, is_example
        self.uses: list[_Use] = []
        self.docstrings: list[tuple[ast.expr, Bindings]] = []
        self._accesses: list[tuple[Bindings, str, str, int, How]] = []

    def through(self, tree: ast.AST, scope: Bindings) -> None:
        """Visit all nodes of a tree, and add to the scope the names that they bind."""
        for node, inner in scopes(tree, scope):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and self.is_example:
                self._import(node)  # Ruff finds imports, but not those in an example.
            elif isinstance(node, ast.Attribute):
                self._access(node, inner, "", "use", node)
            elif isinstance(node, ast.Call):
                self._call(node, inner)
            elif isinstance(node, ast.Expr) and ">>>" in (literal(node.value) or ""):
                self.docstrings.append((node.value, Bindings(inner)))
            if isinstance(node, (ast.Call, ast.Subscript, ast.Compare)):
                self._sys_modules(node)

    def accessed(self) -> Iterator[_Use]:
        """Yield the uses of names that stand for a module of functorch."""
        for scope, name, attributes, offset, how in self._accesses:
            for module in sorted(scope.legacy(name)):
                listed, row = lookup(module)
                if listed == module and row.is_module:
                    yield _Use(module + attributes, offset, how)

    def _use(self, name: str, node: ast.expr | ast.stmt | ast.alias, how: How) -> None:
        how = "string" if self.is_example else how
        self.uses.append(_Use(name, self.text.offset(node), how))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and node.level:
            return
        module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            name = (module + alias.name).replace(".*", "")
            if name.partition(".")[0] == "functorch":
                # Before Python 3.10 an alias does not know its place.
                self._use(name, alias if hasattr(alias, "lineno") else node, "import")

    def _access(
        self, node: ast.expr, scope: Bindings, attributes: str, how: How, at: ast.expr
    ) -> None:
        """Note the attributes of a name, such as ``.vjp`` in ``functorch.vjp``."""
        while isinstance(node, ast.Attribute):
            attributes = f".{node.attr}{attributes}"
            node = node.value
        if isinstance(node, ast.Name):
            how = "string" if self.is_example else how
            self._accesses.append((scope, node.id, attributes, self.text.offset(at), how))

    def _call(self, node: ast.Call, scope: Bindings) -> None:
        name, module = called(node), imported_by(node)
        first, second = [*node.args, None, None][:2]
        if module is not None:
            self._use(module, node, "call")
        elif name in _PATCHES:
            targets = [keyword.value for keyword in node.keywords if keyword.arg == "target"]
            self._string(first or next(iter(targets), None))
        if name in _ATTRIBUTE_CALLS and first is not None and literal(second):
            self._access(first, scope, f".{literal(second)}", "call", node)

    def _sys_modules(self, node: ast.AST) -> None:
        if any(map(_is_sys_modules, ast.iter_child_nodes(node))):
            for child in ast.walk(node):
                self._string(child)

    def _string(self, node: ast.AST | None) -> None:
        """Note a string that is a dotted name in functorch."""
        name = literal(node)
        if name is not None and DOTTED.fullmatch(name):
            assert isinstance(node, ast.Constant)
            offset = self.text.code.find("functorch", self.text.offset(node))
            self.uses.append(_Use(name, offset, "string"))


def _examples(docstring: ast.expr, lines: list[str]) -> Iterator[tuple[ast.Module, int, int]]:
    """Yield the examples in a docstring, each with the line and the column where it begins."""
    from doctest import DocTestParser

    first, last = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
    # The source counts, not the value: an escape in it may stand for a newline.
    text = "\n".join(lines[first:last])
    text = re.sub(r"\A\s*\w*[\"']+", lambda opening: " " * len(opening[0]), text)
    try:
        examples = DocTestParser().get_examples(text)
    except ValueError:
        return
    for example in examples:
        try:
            tree = _parsed(example.source)
        except (SyntaxError, ValueError):
            continue
        yield tree, first + example.lineno, example.indent + len(">>> ")


def _is_sys_modules(node: ast.AST) -> bool:
    """Return whether a node is ``sys.modules``, a method of it, or the string ``"sys.modules"``."""
    if isinstance(node, ast.Attribute) and node.attr != "modules":
        node = node.value
    is_attribute = isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "sys"
    return is_attribute or literal(node) == "sys.modules"
