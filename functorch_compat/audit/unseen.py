"""What ruff does not see: names that are bound again, calls, strings, doctests."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import warnings
from collections.abc import Collection, Iterator
from typing import NamedTuple

from functorch_compat import documents
from functorch_compat.audit.bindings import Bindings
from functorch_compat.documents import Document
from functorch_compat.findings import Finding, How, UnreadableError
from functorch_compat.legacy_api import lookup

_LITERAL = re.compile(r"""["']functorch[\w.]*["']""")
# Parsing takes its time: it is for the few files that import functorch, or have it in a string.
_CANDIDATE = re.compile(
    rf"\b(?:import|from)\b(?:[^\n#\"']|\\\n)*?(?<![\w.])functorch\b|{_LITERAL.pattern}"
)
_OUTER = re.compile(r"\b(?:global|nonlocal)\b")
_DOTTED = re.compile(r"functorch(?:\.\w+)*")
_IMPORTERS = ("import_module", "__import__", "find_spec", "importorskip")
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
    for use in _Walk(document.code, tree).uses():
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


class _Walk:
    """Walks through code. What a name is can be told once all names are bound."""

    def __init__(self, code: str, tree: ast.Module):
        self.code = code
        self.has_outer = _OUTER.search(code) is not None
        self.lines = documents.lines(code)
        self.starts = [0, *(newline.end() for newline in re.finditer(r"\r\n|\r|\n", code))]
        self.literal: list[_Use] = []
        self.accesses: list[tuple[Bindings, str, str, int, How]] = []
        self.left: list[tuple[ast.AST, Bindings]] = [(tree, Bindings())]
        # Where in the code the tree begins: an example in a docstring is a tree of its own.
        self.line, self.column, self.is_example = 0, 0, False

    def uses(self) -> Iterator[_Use]:
        """All uses of what is in functorch."""
        docstrings = self.walk()
        self.is_example = True
        for docstring, scope in docstrings:
            for tree, line, column in _examples(docstring, self.lines):
                self.line, self.column, self.left = line, column, [(tree, scope)]
                self.walk()
        yield from self.literal
        for scope, name, attributes, offset, how in self.accesses:
            for module in scope.legacy(name):
                known, row = lookup(module)
                if known == module and row.is_module:
                    yield _Use(module + attributes, offset, how)

    def walk(self) -> list[tuple[ast.expr, Bindings]]:
        """Visit all nodes that are left, and return the docstrings with examples."""
        docstrings = []
        while self.left:
            node, scope = self.left.pop()
            visit = getattr(self, f"visit_{type(node).__name__}", self.visit)
            visit(node, scope)
            if isinstance(node, ast.Expr) and ">>>" in (_literal(node.value) or ""):
                docstrings.append((node.value, Bindings(scope)))
        return docstrings

    def offset(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """Where in the code a node begins."""
        number = self.line + node.lineno - 1
        line = self.lines[number][self.column :].encode("utf-8", "replace")
        column = len(line[: node.col_offset].decode("utf-8", "replace"))
        return self.starts[number] + self.column + column

    # What binds a name.

    def visit(self, node: ast.AST, scope: Bindings) -> None:
        # An `except` and a pattern have a name of their own.
        self.bind(scope, getattr(node, "name", None) or getattr(node, "rest", None))
        self.left += [(child, scope) for child in ast.iter_child_nodes(node)]

    def bind(self, scope: Bindings, name: object, legacy: str | None = None) -> None:
        if isinstance(name, str):
            scope = scope.outer.get(name, scope)
            scope.bound.add(name)
            if legacy:
                scope.imported.setdefault(name, set()).add(legacy)

    def visit_Name(self, node: ast.Name, scope: Bindings) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bind(scope, node.id)

    def visit_FunctionDef(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scope: Bindings
    ) -> None:
        self.bind(scope, getattr(node, "name", None))
        inner = Bindings(scope)
        for statement in ast.walk(node) if self.has_outer else ():
            if isinstance(statement, (ast.Global, ast.Nonlocal)):
                is_global = isinstance(statement, ast.Global)
                outer = scope.outermost if is_global else scope
                inner.outer.update(dict.fromkeys(statement.names, outer))
        body = node.body if isinstance(node.body, list) else [node.body]
        self.left += [(child, inner) for child in body]
        self.left += [(n, scope) for n in ast.iter_child_nodes(node) if n not in body]
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                self.bind(inner, argument.arg)

    visit_AsyncFunctionDef = visit_Lambda = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef, scope: Bindings) -> None:
        self.bind(scope, node.name)
        inner = Bindings(scope, is_class=True)
        self.left += [(child, inner) for child in node.body]
        self.left += [(n, scope) for n in (*node.bases, *node.keywords, *node.decorator_list)]

    def visit_ListComp(self, node: ast.AST, scope: Bindings) -> None:
        self.visit(node, Bindings(scope))

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def visit_Import(self, node: ast.Import, scope: Bindings) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            legacy = alias.name if alias.asname else root
            self.bind(scope, alias.asname or root, legacy if root == "functorch" else None)
            self.imported(alias.name, alias, node)

    def visit_ImportFrom(self, node: ast.ImportFrom, scope: Bindings) -> None:
        ours = node.level == 0 and (node.module or "").partition(".")[0] == "functorch"
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            self.bind(scope, alias.asname or alias.name, name if ours else None)
            if ours:
                self.imported(str(node.module) if alias.name == "*" else name, alias, node)

    def imported(self, name: str, alias: ast.alias, statement: ast.stmt) -> None:
        """Note an import in an example. Those in code ruff has found."""
        if self.is_example and name.partition(".")[0] == "functorch":
            place = alias if hasattr(alias, "lineno") else statement  # from Python 3.10 on
            self.literal.append(_Use(name, self.offset(place), "string"))

    def visit_Assign(self, node: ast.Assign, scope: Bindings) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                module = _imported_by(node.value)
                self.bind(scope, target.id, module)
                if isinstance(node.value, ast.Name):
                    scope.aliases.setdefault(target.id, set()).add(node.value.id)
        self.visit(node, scope)

    # What may be a use.

    def access(self, node: ast.expr, scope: Bindings, more: str, how: How, at: ast.expr) -> bool:
        """Note attributes of a name, and return whether ``node`` is one with attributes."""
        attributes = more
        while isinstance(node, ast.Attribute):
            attributes = f".{node.attr}{attributes}"
            node = node.value
        if not isinstance(node, ast.Name):
            return False
        how = "string" if self.is_example else how
        self.accesses.append((scope, node.id, attributes, self.offset(at), how))
        return True

    def visit_Attribute(self, node: ast.Attribute, scope: Bindings) -> None:
        if not self.access(node, scope, "", "use", node):
            self.left.append((node.value, scope))

    def visit_Call(self, node: ast.Call, scope: Bindings) -> None:
        called, module = _called(node), _imported_by(node)
        first, second = [*node.args, None, None][:2]
        if module is not None:
            how: How = "string" if self.is_example else "call"
            self.literal.append(_Use(module, self.offset(node), how))
        elif called in _PATCHES and _is_dotted(first):
            self.string(first)
        elif called in _ATTRIBUTE_CALLS and first is not None and _literal(second):
            self.access(first, scope, f".{_literal(second)}", "call", node)
        self.visit_Subscript(node, scope)

    def visit_Subscript(self, node: ast.AST, scope: Bindings) -> None:
        children = [*ast.iter_child_nodes(node)]
        if any(map(_is_sys_modules, children)):
            for child in ast.walk(node):
                if _is_dotted(child):
                    self.string(child)
        self.visit(node, scope)

    visit_Compare = visit_Subscript

    def string(self, node: ast.AST | None) -> None:
        assert isinstance(node, ast.Constant)
        offset = self.code.find("functorch", self.offset(node))
        self.literal.append(_Use(str(node.value), offset, "string"))


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


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_sys_modules(node: ast.AST) -> bool:
    """Whether it is ``sys.modules``, a method of it, or its name as ``patch.dict`` takes it."""
    if isinstance(node, ast.Attribute) and node.attr != "modules":
        node = node.value
    is_attribute = isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "sys"
    return is_attribute or _literal(node) == "sys.modules"


def _imported_by(node: ast.expr) -> str | None:
    """The module in functorch that a call imports, if the call names it."""
    if not isinstance(node, ast.Call) or _called(node) not in _IMPORTERS:
        return None
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    named = keywords.get("name", keywords.get("modname"))
    name = _literal(node.args[0] if node.args else named)
    if name is not None and name.startswith("."):
        package = _literal(node.args[1] if len(node.args) > 1 else keywords.get("package"))
        try:
            name = importlib.util.resolve_name(name, package)
        except (ImportError, ValueError):
            return None
    return name if name is not None and _DOTTED.fullmatch(name) else None


def _is_dotted(node: ast.AST | None) -> bool:
    """Whether it is a string with a dotted name in functorch."""
    return _DOTTED.fullmatch(_literal(node) or "") is not None


def _literal(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
