"""What ruff does not see: names that are bound again, calls, strings, doctests."""

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
# Parsing takes its time: it is for the few files that import functorch, or have it in a string.
_CANDIDATE = re.compile(
    rf"\b(?:import|from)\b(?:[^\n#\"']|\\\n)*?(?<![\w.])functorch\b|{_LITERAL.pattern}"
)
# Their first argument is an object, and the second names an attribute of it.
_ATTRIBUTE_CALLS = ("getattr", "hasattr", "setattr", "delattr", "object")
# Their first argument may be a dotted name.
_PATCHES = ("patch", "multiple", "setattr", "delattr")


def find(document: Document, found: Collection[str]) -> Iterator[Finding]:
    """The uses in a document, without those at the places that have been found.

    Raises:
        UnreadableError: Where this Python cannot parse the code, and a string names functorch.
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
        warnings.simplefilter("ignore")  # of an escape sequence in a string, say
        return ast.parse(code)


class _Use(NamedTuple):
    name: str
    offset: int
    how: How


class _Text(NamedTuple):
    """Tells where in the code the nodes of a tree are."""

    code: str
    lines: list[str]
    starts: list[int]
    # An example in a docstring has a tree of its own, which begins here.
    line: int = 0
    column: int = 0

    def offset(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Where in the code a node begins."""
        number = self.line + node.lineno - 1
        line = self.lines[number][self.column :].encode("utf-8", "replace")
        column = len(line[: node.col_offset].decode("utf-8", "replace"))
        return self.starts[number] + self.column + column


def _uses(code: str, tree: ast.Module) -> Iterator[_Use]:
    """All uses of what is in functorch, also those in the examples of docstrings."""
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
        yield from walk.literal
    for walk in walks:
        yield from walk.accessed()


class _Walk:
    """Collects what may be a use. What a name is can be told once all names are bound."""

    def __init__(self, text: _Text, is_example: bool = False):
        self.text, self.is_example = text, is_example
        self.literal: list[_Use] = []
        self.docstrings: list[tuple[ast.expr, Bindings]] = []
        self._accesses: list[tuple[Bindings, str, str, int, How]] = []

    def through(self, tree: ast.AST, scope: Bindings) -> None:
        """Visit all nodes of a tree, and bind in the scope what they bind."""
        for node, inner in scopes(tree, scope):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and self.is_example:
                self._import(node)  # those in code ruff has found
            elif isinstance(node, ast.Attribute):
                self._access(node, inner, "", "use", node)
            elif isinstance(node, ast.Call):
                self._call(node, inner)
            elif isinstance(node, ast.Expr) and ">>>" in (literal(node.value) or ""):
                self.docstrings.append((node.value, Bindings(inner)))
            if isinstance(node, (ast.Call, ast.Subscript, ast.Compare)):
                self._sys_modules(node)

    def accessed(self) -> Iterator[_Use]:
        """The uses of names that are bound to a module of functorch."""
        for scope, name, attributes, offset, how in self._accesses:
            for module in sorted(scope.legacy(name)):
                known, row = lookup(module)
                if known == module and row.is_module:
                    yield _Use(module + attributes, offset, how)

    def _use(self, name: str, node: ast.expr | ast.stmt | ast.alias, how: How) -> None:
        how = "string" if self.is_example else how
        self.literal.append(_Use(name, self.text.offset(node), how))

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and node.level:
            return
        module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for alias in node.names:
            name = (module + alias.name).replace(".*", "")
            if name.partition(".")[0] == "functorch":
                # An alias has a place from Python 3.10 on.
                self._use(name, alias if hasattr(alias, "lineno") else node, "import")

    def _access(
        self, node: ast.expr, scope: Bindings, attributes: str, how: How, at: ast.expr
    ) -> None:
        """Note the attributes of a name. An attribute of another expression is nothing to note."""
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
        """Note a string with a dotted name in functorch."""
        name = literal(node)
        if name is not None and DOTTED.fullmatch(name):
            assert isinstance(node, ast.Constant)
            offset = self.text.code.find("functorch", self.text.offset(node))
            self.literal.append(_Use(name, offset, "string"))


def _examples(docstring: ast.expr, lines: list[str]) -> Iterator[tuple[ast.Module, int, int]]:
    """The examples in a docstring, each with the line and the column in which it begins."""
    from doctest import DocTestParser

    first, last = docstring.lineno - 1, docstring.end_lineno or docstring.lineno
    # Lines as they are written: in the value an escape may have made two of one.
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
    """Whether it is ``sys.modules``, a method of it, or its name as ``patch.dict`` takes it."""
    if isinstance(node, ast.Attribute) and node.attr != "modules":
        node = node.value
    is_attribute = isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "sys"
    return is_attribute or literal(node) == "sys.modules"
