"""Parsed Python code: where each node stands, and what is around it. Knows nothing of functorch."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cached_property

import libcst as cst
from libcst.metadata import (
    ByteSpanPositionProvider,
    ExpressionContext,
    ExpressionContextProvider,
    MetadataWrapper,
    Scope,
    ScopeProvider,
)
from libcst.metadata.span_provider import SpanProvidingCodegenState

from functorch_compat.findings import UnreadableError

_NEWLINE = re.compile(r"\r\n|\r|\n")


class _SpanProvider(ByteSpanPositionProvider):
    """Counts in characters, where LibCST counts in bytes."""

    def _gen_impl(self, module: cst.Module) -> None:
        state = SpanProvidingCodegenState(
            default_indent=module.default_indent,
            default_newline=module.default_newline,
            provider=self,
            get_length=len,
        )
        module._codegen(state)


def parse(text: str) -> Code:
    """Parse a text.

    Raises:
        UnreadableError: Where LibCST cannot.
    """
    try:
        return Code(text, cst.parse_module(text))
    except cst.ParserSyntaxError as error:
        reason = f"line {error.raw_line} of its code: LibCST cannot parse it"
        raise UnreadableError(reason) from None
    except RecursionError:
        raise UnreadableError("nested too deeply for LibCST") from None


class Code:
    """Python code, and what LibCST knows of it."""

    def __init__(self, text: str, module: cst.Module):
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self.text, self.module = text, module
        self.scopes = wrapper.resolve(ScopeProvider)
        self._spans = wrapper.resolve(_SpanProvider)
        self._contexts = wrapper.resolve(ExpressionContextProvider)
        self.parents = _parents(module)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """From where to where in the text it stands."""
        span = self._spans[node]
        return span.start, span.start + span.length

    def offset(self, node: cst.CSTNode) -> int:
        """Where in the text it begins."""
        return self._spans[node].start

    def source(self, node: cst.CSTNode) -> str:
        """What stands there, without the blanks around it."""
        return self.text[slice(*self.span(node))]

    def line(self, node: cst.CSTNode) -> int:
        """The line on which it begins, counted from 1."""
        return len(_NEWLINE.findall(self.text, 0, self.offset(node))) + 1

    def indent(self, node: cst.CSTNode) -> str:
        """What stands on its line before it."""
        start = self.offset(node)
        line = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        return self.text[line:start]

    @cached_property
    def newline(self) -> str:
        """What ends the first line."""
        newline = _NEWLINE.search(self.text)
        return newline[0] if newline else "\n"

    def around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """What is around a node, from inside to outside."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def is_loaded(self, node: cst.CSTNode) -> bool:
        """Whether the value of a name or an attribute is asked for, not set or deleted."""
        return self._contexts.get(node) is ExpressionContext.LOAD

    def is_unconditional(self, statement: cst.CSTNode) -> bool:
        """Whether nothing but a function or the module itself is around a small statement."""
        block = self.parents[self.parents[statement]]
        return isinstance(block, cst.Module) or isinstance(self.parents.get(block), cst.FunctionDef)

    def is_top_level(self, statement: cst.CSTNode) -> bool:
        """Whether nothing but the module is around a small statement."""
        return isinstance(self.parents[self.parents[statement]], cst.Module)

    def scope(self, node: cst.CSTNode) -> Scope:
        """The scope that a name at this place is looked up in first."""
        for around in (node, *self.around(node)):
            scope = self.scopes.get(around)
            if scope is not None:
                return scope
        raise KeyError(node)

    @cached_property
    def taken(self) -> set[str]:
        """All names in the code, and those of Python. No new name may be one of them."""
        return {*dir(builtins), *self.named, *self.bound_by_imports}

    @cached_property
    def named(self) -> set[str]:
        """The names in expressions, in parameters and after ``def``, ``as`` and the like."""
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
        """The names that imports without ``as`` bind."""
        aliases = (node for node in self.parents if isinstance(node, cst.ImportAlias))
        return {self.source(alias.name).partition(".")[0].strip() for alias in aliases}

    def free(self, name: str) -> str:
        """A name that nothing in the code has: this one, or else with a number."""
        taken, number, new = self.taken, 2, name
        while new in taken:
            new, number = f"{name}_{number}", number + 1
        return new


def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """The parent of each node, in a fraction of the time of LibCST's ParentNodeProvider."""
    parents: dict[cst.CSTNode, cst.CSTNode] = {}
    names: dict[type, tuple[str, ...]] = {}
    nodes: list[cst.CSTNode] = [module]
    for node in nodes:
        kind = type(node)
        if kind not in names:
            names[kind] = tuple(field.name for field in fields(node))
        for name in names[kind]:
            value = getattr(node, name)
            for child in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(child, cst.CSTNode):
                    parents[child] = node
                    nodes.append(child)
    return parents
