"""Parses Python code, and finds the place and the surroundings of each node. Knows no functorch."""

from __future__ import annotations

import builtins
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from functools import cache, cached_property
from typing import Any

import libcst as cst
from libcst.metadata import BaseMetadataProvider, CodeSpan, ExpressionContext, Scope
from libcst.metadata.scope_provider import ScopeVisitor
from libcst.metadata.span_provider import SpanProvidingCodegenState

from functorch_compat.findings import UnreadableError

_NEWLINE = re.compile(r"\r\n|\r|\n")
# These patterns bind the value that they match to a name.
_PATTERNS = (cst.MatchAs, cst.MatchStar, cst.MatchMapping)
# These are the most frequent nodes that bind no name.
_BINDS_NOTHING = {
    *(cst.Arg, cst.Attribute, cst.Comma, cst.Dot, cst.EmptyLine, cst.Expr, cst.Integer, cst.Name),
    *(cst.Newline, cst.SimpleStatementLine, cst.SimpleWhitespace, cst.TrailingWhitespace),
}


class _Spans(BaseMetadataProvider[CodeSpan]):
    """Finds the span of each node in characters. LibCST's own provider counts bytes."""

    def of(self, module: cst.Module) -> Mapping[cst.CSTNode, CodeSpan]:
        """Return the span of each node, without the blanks around it."""
        state = SpanProvidingCodegenState(
            default_indent=module.default_indent,
            default_newline=module.default_newline,
            provider=self,
            get_length=len,
        )
        module._codegen(state)
        spans: dict[cst.CSTNode, CodeSpan] = self._computed  # type: ignore[assignment]
        return spans


class _Scopes(ScopeVisitor):
    """Finds the scope of each node, and the accesses to some names.

    LibCST compares every access to a name with every assignment of it. For a name with thousands
    of both, that takes too long. So this class notes only the accesses to the names that matter.
    """

    def __init__(self, parents: Mapping[cst.CSTNode, cst.CSTNode], names: Collection[str]):
        super().__init__(self)  # type: ignore[arg-type]
        self.found: dict[cst.CSTNode, Scope] = {}
        self._parents, self._names = parents, names

    def get_metadata(self, key: Any, node: cst.CSTNode, default: Any = None) -> Any:
        """Return whether a name is read, set or deleted. LibCST asks for nothing else."""
        return _context(node, self._parents)

    def set_metadata(self, node: cst.CSTNode, scope: Scope) -> None:
        """Note the scope of a node."""
        self.found[node] = scope

    def visit_Name(self, node: cst.Name) -> None:
        """Note an assignment of any name, or an access to a name that matters."""
        if node.value in self._names or _context(node, self._parents) is ExpressionContext.STORE:
            super().visit_Name(node)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        """Note the scope of a node, but skip LibCST's slow search if the node can bind no name."""
        if type(original_node) in _BINDS_NOTHING:
            self.found[original_node] = self.scope
        else:
            super().on_leave(original_node)


def _context(node: cst.CSTNode, parents: Mapping[cst.CSTNode, cst.CSTNode]) -> ExpressionContext:
    """Return whether an expression is read, set or deleted."""
    parent = parents.get(node)
    while isinstance(parent, (cst.BaseElement, cst.Tuple, cst.List)):
        node, parent = parent, parents[parent]
    if isinstance(parent, cst.Del):
        return ExpressionContext.DEL
    is_set = isinstance(parent, (cst.AsName, *_PATTERNS)) or (
        getattr(parent, "target", None) is node
    )
    return ExpressionContext.STORE if is_set else ExpressionContext.LOAD


def parse(text: str) -> Code:
    """Return the parsed code of a text.

    Raises:
        UnreadableError: If LibCST cannot parse it.
    """
    try:
        return Code(text, cst.parse_module(text))
    except cst.ParserSyntaxError as error:
        reason = f"line {error.raw_line} of its code: LibCST cannot parse it"
        raise UnreadableError(reason) from None
    except RecursionError:
        raise UnreadableError("the code is nested too deeply for LibCST") from None


class Code:
    """Python code as text and as nodes, with the parent, span and scope of each node."""

    def __init__(self, text: str, module: cst.Module):
        self.text, self.module = text, module
        self.parents = _parents(module)
        self._spans = _Spans().of(module)
        scopes = _Scopes(self.parents, {"torch", *self.bound_by_imports})
        module.visit(scopes)
        scopes.infer_accesses()
        self.scopes = scopes.found

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Return the offsets in the text at which the node begins and ends."""
        span = self._spans[node]
        return span.start, span.start + span.length

    def offset(self, node: cst.CSTNode) -> int:
        """Return the offset in the text at which the node begins."""
        return self._spans[node].start

    def source(self, node: cst.CSTNode) -> str:
        """Return the text of the node, without the blanks around it."""
        return self.text[slice(*self.span(node))]

    def indent(self, node: cst.CSTNode) -> str:
        """Return the text before the node on its line."""
        start = self.offset(node)
        line = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        return self.text[line:start]

    @cached_property
    def newline(self) -> str:
        """Return the newline that ends the first line."""
        newline = _NEWLINE.search(self.text)
        return newline[0] if newline else "\n"

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """Yield the nodes around a node, from the inside to the outside."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def is_loaded(self, node: cst.CSTNode) -> bool:
        """Return whether a name or an attribute is read, and not set or deleted."""
        return _context(node, self.parents) is ExpressionContext.LOAD

    def is_unconditional(self, statement: cst.CSTNode) -> bool:
        """Return whether a small statement stands directly in a function or in the module."""
        block = self.parents[self.parents[statement]]
        return isinstance(block, cst.Module) or isinstance(self.parents.get(block), cst.FunctionDef)

    def is_top_level(self, statement: cst.CSTNode) -> bool:
        """Return whether a small statement stands directly in the module."""
        return isinstance(self.parents[self.parents[statement]], cst.Module)

    def scope(self, node: cst.CSTNode) -> Scope:
        """Return the scope in which Python first looks up a name at this place."""
        for around in (node, *self.around(node)):
            scope = self.scopes.get(around)
            if scope is not None:
                return scope
        raise KeyError(node)

    @cached_property
    def taken(self) -> set[str]:
        """Return all names in the code and Python's builtins. A new name must be none of them."""
        return {*dir(builtins), *self.named, *self.bound_by_imports}

    @cached_property
    def named(self) -> set[str]:
        """Return the names in expressions and parameters, and those after ``def``, ``as``, etc."""
        parents = self.parents
        return {
            node.value
            for node, parent in parents.items()
            if isinstance(node, cst.Name)
            and not (isinstance(parent, cst.Attribute) and parent.attr is node)
            and not (isinstance(parent, cst.ImportAlias) and parent.name is node)
            and not (isinstance(parent, cst.Arg) and parent.keyword is node)
        }

    @cached_property
    def bound_by_imports(self) -> set[str]:
        """Return the names that imports bind."""
        aliases = (node for node in self.parents if isinstance(node, cst.ImportAlias))
        names = (alias.asname.name if alias.asname else alias.name for alias in aliases)
        return {self.source(name).partition(".")[0].strip() for name in names}

    @cached_property
    def published(self) -> set[str]:
        """Return the words in the statements that contain ``__all__``."""
        if "__all__" not in self.text:
            return set()
        small = (node for node in self.parents if isinstance(node, cst.BaseSmallStatement))
        texts = [text for text in map(self.source, small) if "__all__" in text]
        return {word for text in texts for word in re.findall(r"\w+", text)}

    def free(self, name: str) -> str:
        """Return this name, with a number behind it if the code already has the name."""
        taken, number, new = self.taken, 2, name
        while new in taken:
            new, number = f"{name}_{number}", number + 1
        return new


def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """Return the parent of each node. This is much faster than LibCST's ParentNodeProvider."""
    parents: dict[cst.CSTNode, cst.CSTNode] = {}
    nodes: list[cst.CSTNode] = [module]
    for node in nodes:
        for name in _field_names(type(node)):
            value = getattr(node, name)
            for child in value if isinstance(value, (list, tuple)) else (value,):
                if _is_node(type(child)):  # type: ignore[arg-type]
                    parents[child] = node
                    nodes.append(child)
    return parents


@cache
def _field_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _is_node(kind: type) -> bool:
    """Return whether a class is a class of nodes. LibCST's abstract classes make this slow."""
    return issubclass(kind, cst.CSTNode)
