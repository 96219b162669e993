"""Rewrites the uses of legacy names in Python code."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import NamedTuple, Union

import libcst as cst
from libcst.helpers import get_full_name_for_node_or_raise as full_name
from libcst.metadata import (
    Access,
    BaseAssignment,
    ByteSpanPositionProvider,
    ClassScope,
    ExpressionContext,
    ExpressionContextProvider,
    GlobalScope,
    ImportAssignment,
    MetadataWrapper,
    Scope,
    ScopeProvider,
)

from functorch_compat.edits import Edit, apply
from functorch_compat.findings import UnreadableError
from functorch_compat.legacy_api import LEGACY_API, MODULES, lookup
from functorch_compat.migrate.from_imports import Name, split

FALLBACK = "a fallback between releases, left as it is"
ELSEWHERE = "its name is bound elsewhere too"
SHADOWED = "torch is another name there"
ASSIGNED = "it is assigned to, or deleted"
NEEDED = "something still needs it"
EXPORTED = "others may import it from there"
# What catches the error of an import that fails.
_CATCHES = re.compile(r"\b(ImportError|ModuleNotFoundError|(Base)?Exception)\b")
# A comment for a program, which has to be on each of the imports that are made of one.
_PRAGMA = re.compile(r"[ \t]*#\s*(noqa|type:|pyright:|mypy:|pylint:|isort:|pragma:|fmt:)[^\r\n]*")
# What `import torch` loads on every release.
_LOADED = ("torch", "torch.func", "torch._ops")

_Import = Union[cst.Import, cst.ImportFrom]


class Rewrite(NamedTuple):
    """What becomes of the uses in a piece of code. Each is known by its offset."""

    edits: list[Edit]
    done: set[int]
    """The uses that the edits rewrite."""
    left: dict[int, str]
    """Of other uses, why they stay."""


def rewrite(
    code: str, found: Collection[int], exported: bool = False, mentioned: str = ""
) -> Rewrite:
    """Find what to edit.

    Args:
        code: The code.
        found: The offsets of the uses that the audit found. No other is rewritten.
        exported: Whether others may import what the code imports and does not use.
        mentioned: More text in which an imported name may be used.

    Raises:
        UnreadableError: Where LibCST cannot parse the code, or what would become of it.
    """
    result = None
    try:
        result = _Code(cst.parse_module(code), code, found, exported, mentioned).rewrite()
        cst.parse_module(apply(code, result.edits).text)
    except cst.ParserSyntaxError as error:
        it = "what would become of it" if result else "it"
        raise UnreadableError(
            f"line {error.raw_line} of its code: LibCST cannot parse {it}"
        ) from None
    except RecursionError:
        raise UnreadableError("nested too deeply for LibCST") from None
    return result


@dataclass(eq=False)
class _Binding:
    """A name that an import binds to something of functorch."""

    statement: _Import
    alias: cst.ImportAlias
    local: str
    imported: str
    """The whole name of what is imported."""
    legacy: str
    """The whole name of what the local name is then."""
    scope: Scope
    accesses: list[Access]
    place: int
    """Where the audit found it, or else where it begins."""
    why: str = ""
    """Why it is left alone, if it is."""


class _Use(NamedTuple):
    """A legacy name that is an attribute of a module, and can be replaced."""

    edit: Edit
    module: str
    """What has to be imported for it."""
    bindings: list[_Binding]


class _Torch(NamedTuple):
    """A name that an import binds to torch."""

    statement: _Import
    local: str
    imported: str
    scope: Scope


class _New(NamedTuple):
    """What becomes of a name in an import."""

    imported: str | None
    """The whole name of what is imported in its place, if anything is."""
    modules: list[str]
    """What else is imported."""


class _Code:
    """A piece of code, and what LibCST knows of it."""

    def __init__(
        self, module: cst.Module, code: str, found: Collection[int], exported: bool, mentioned: str
    ):
        wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
        self.scopes = wrapper.resolve(ScopeProvider)
        self.spans = wrapper.resolve(ByteSpanPositionProvider)
        self.contexts = wrapper.resolve(ExpressionContextProvider)
        self.parents = _parents(module)
        self.code, self.found, self.exported = code, found, exported
        self.encoded = None if code.isascii() else code.encode()

        statements = [node for node in self.parents if isinstance(node, cst.BaseSmallStatement)]
        public = [self.text(node) for node in statements if "__all__" in self.text(node)]
        self.mentioned = {*re.findall(r"\w+", " ".join([mentioned, *public]))}
        imports = [node for node in statements if isinstance(node, (cst.Import, cst.ImportFrom))]
        self.imports = sorted(imports, key=self.offset)
        self.bindings = [*self.bindings_to_functorch()]
        self.torch = [*self.bindings_to_torch()]
        self.new_torch: list[_Torch] = []
        names = [torch.local for torch in self.torch if isinstance(torch.scope, GlobalScope)]
        self.root = names[0] if names and "torch" not in names else "torch"

    def rewrite(self) -> Rewrite:
        uses, _ = self.uses()
        for binding in self.bindings:
            if not binding.why and self.would_hide_torch(binding, uses):
                binding.why = SHADOWED
        uses, left = self.uses()
        done = {*uses}
        edits = [use.edit for use in uses.values()]
        pieces: dict[cst.CSTNode, list[str]] = {}
        for statement in dict.fromkeys(binding.statement for binding in self.bindings):
            new: dict[cst.ImportAlias, _New] = {}
            for binding in (b for b in self.bindings if b.statement is statement):
                why = self.why_it_stays(binding, uses)
                if why:
                    left[binding.place] = why
                else:
                    done.add(binding.place)
                modules = self.missing(binding, uses)
                if modules or not why:
                    name = binding.imported if why else _new_name(binding)
                    new[binding.alias] = _New(name, modules)
                for module in modules:
                    local = self.root if module == "torch" else "torch"
                    self.new_torch.append(_Torch(statement, local, module, binding.scope))
            if new and isinstance(statement, cst.Import):
                pieces[statement] = self.new_import(statement, new)
            elif new and isinstance(statement, cst.ImportFrom):
                pieces[statement] = self.new_from(statement, new)
        return Rewrite([*edits, *self.edits(pieces)], done - left.keys(), left)

    # Places.

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        start, length = self.spans[node].start, self.spans[node].length
        if self.encoded is None:
            return start, start + length
        before = len(self.encoded[:start].decode())
        return before, before + len(self.encoded[start : start + length].decode())

    def offset(self, node: cst.CSTNode) -> int:
        return self.span(node)[0]

    def text(self, node: cst.CSTNode) -> str:
        return self.code[slice(*self.span(node))]

    # Imports.

    def bindings_to_functorch(self) -> Iterator[_Binding]:
        scopes: dict[tuple[object, str], Scope] = {}
        accesses: dict[tuple[object, str], list[Access]] = {}
        for scope in {scope for scope in self.scopes.values() if scope}:
            for assignment in scope.assignments:
                if isinstance(assignment, ImportAssignment):
                    scopes[assignment.node, _first(assignment.name)] = assignment.scope
            for access in scope.accesses:
                for name in {(_node(one), _first(one.name)) for one in _accessed(access)}:
                    accesses.setdefault(name, []).append(access)
        for statement in self.imports:
            for alias, imported, local in _imported(statement):
                if _first(imported) != "functorch":
                    continue
                whole = alias.asname or isinstance(statement, cst.ImportFrom)
                # What is in a module that moved as a whole is found where the statement begins.
                places = self.offset(alias), self.offset(statement)
                binding = _Binding(
                    statement,
                    alias,
                    local,
                    imported,
                    legacy=imported if whole else "functorch",
                    scope=scopes[statement, local],
                    accesses=accesses.get((statement, local), []),
                    place=next((place for place in places if place in self.found), places[0]),
                )
                binding.why = self.why_left_alone(binding)
                yield binding

    def bindings_to_torch(self) -> Iterator[_Torch]:
        for statement in self.imports:
            for alias, imported, local in _imported(statement):
                scope = self.scopes[alias]
                if (
                    isinstance(statement, cst.Import)
                    and scope
                    and (
                        imported == "torch" or (imported.startswith("torch.") and not alias.asname)
                    )
                ):
                    yield _Torch(statement, local, imported, scope)

    def why_left_alone(self, binding: _Binding) -> str:
        """Why nothing of it is touched, if so."""
        same_name = binding.scope[binding.local]
        other_imports = [
            other
            for other in same_name
            if isinstance(other, ImportAssignment) and not _binds(other, "functorch")
        ]
        if self.is_guarded(binding.statement) or other_imports:
            return FALLBACK
        names = [
            imported
            for _, imported, local in _imported(binding.statement)
            if local == binding.local
        ]
        return ELSEWHERE if isinstance(binding.scope, ClassScope) or len({*names}) > 1 else ""

    def is_guarded(self, node: cst.CSTNode) -> bool:
        """Whether something catches the error of an import there."""
        while not isinstance(node, (cst.FunctionDef, cst.Module)):
            inner, node = node, self.parents[node]
            catching: list[cst.CSTNode | None] = []
            if isinstance(node, (cst.Try, cst.TryStar)):
                if inner is node.body or inner in node.handlers:
                    catching = [handler.type for handler in node.handlers]
            elif isinstance(node, cst.With):
                catching = [item.item for item in node.items]
            if any(one is None or _CATCHES.search(self.text(one)) for one in catching):
                return True
        return False

    def is_unconditional(self, statement: cst.CSTNode) -> bool:
        """Whether nothing but a function or the module itself is around it."""
        block = self.parents[self.parents[statement]]
        return isinstance(block, cst.Module) or isinstance(self.parents.get(block), cst.FunctionDef)

    # Uses through a module.

    def uses(self) -> tuple[dict[int, _Use], dict[int, str]]:
        """Those that can be replaced, and why others cannot, by their offsets."""
        uses, left = {}, {}
        for binding in self.bindings:
            for access in binding.accesses if binding.legacy in MODULES else ():
                root = _root(access)
                if root is not None:
                    use = self.use(binding.legacy, root, access)
                    if isinstance(use, _Use):
                        uses[use.edit.start] = use
                    else:
                        left[self.offset(root)] = use
        return uses, left

    def use(self, name: str, root: cst.Name, access: Access) -> _Use | str:
        """The use that begins with ``root``, which is ``name``, or why it cannot be replaced."""
        node: cst.BaseExpression = root
        while name in MODULES:
            parent = self.parents[node]
            if not isinstance(parent, cst.Attribute) or parent.value is not node:
                return NEEDED
            node, name = parent, f"{name}.{parent.attr.value}"
        start, end = self.span(node)
        row = LEGACY_API.get(name)
        if row is None or row.kind != "rename" or start not in self.found:
            return NEEDED
        if self.contexts.get(node) is not ExpressionContext.LOAD:
            return ASSIGNED
        assignments = _accessed(access)
        bindings = [
            binding
            for binding in self.bindings
            if binding.local == root.value
            and any(_node(assignment) is binding.statement for assignment in assignments)
        ]
        for binding in bindings:
            if binding.why:
                return binding.why
        ours = all(_binds(assignment, "functorch") for assignment in assignments)
        if not ours or len({binding.legacy for binding in bindings}) > 1:
            return ELSEWHERE

        module = "torch" if row.module in _LOADED else row.module
        torch = self.root if module == "torch" else "torch"
        if not all(_binds(a, "torch") for a in access.scope[torch]):
            return SHADOWED
        # Where the name is looked up, if anywhere.
        scope = next((assignment.scope for assignment in access.scope[torch]), None)
        names = [name for name in self.torch if name.scope is scope and name.local == torch]
        if any(_loads(name, module) and self.is_sure(name, start) for name in names):
            module = ""
        elif any(scope and scope not in _around(binding.scope) for binding in bindings):
            return SHADOWED
        elif module == "torch" and all(self.uses_torch(binding.scope) for binding in bindings):
            module = ""
        new = torch + row.replacement[len("torch") :]
        return _Use(Edit(start, end, new), module, bindings)

    def is_sure(self, name: _Torch, use: int) -> bool:
        """Whether the import of ``name`` is made before the use, and always."""
        return self.offset(name.statement) < use and self.is_unconditional(name.statement)

    def missing(self, binding: _Binding, uses: dict[int, _Use]) -> list[str]:
        """What has to be imported where the import of ``binding`` is."""
        its = [use for use in uses.values() if binding in use.bindings and use.module]
        first = min((use.edit.start for use in its), default=0)
        scopes = [*_around(binding.scope)]
        own = next((n for n, scope in enumerate(scopes) if self.root in scope.assignments), None)
        there = [
            name
            for name in self.new_torch
            if name.scope in (scopes if own is None else scopes[: own + 1])
            and (name.statement is binding.statement or self.is_sure(name, first))
        ]
        modules = sorted({use.module for use in its})
        modules = [m for m in modules if not any(_loads(name, m) for name in there)]
        return [module for module in modules if module != "torch"] or modules

    def uses_torch(self, scope: Scope) -> bool:
        """Whether something in a function is looked up in a torch from outside of it."""
        if isinstance(scope, GlobalScope) or self.root in scope.assignments:
            return False
        roots = (_root(access) for access in scope.accesses)
        return any(root is not None and root.value == self.root for root in roots)

    def would_hide_torch(self, binding: _Binding, uses: dict[int, _Use]) -> bool:
        """Whether an import of torch there would take another torch away from its function."""
        return self.uses_torch(binding.scope) and self.missing(binding, uses) != []

    # The new imports.

    def why_it_stays(self, binding: _Binding, uses: dict[int, _Use]) -> str:
        """Why the import of ``binding`` does, if so."""
        row = LEGACY_API.get(lookup(binding.imported)[0])
        if binding.why or binding.place not in self.found:
            return binding.why or NEEDED
        if row is not None and row.kind != "rename":
            return NEEDED
        if binding.legacy not in MODULES:
            return "" if row is not None else NEEDED
        if binding.local in self.mentioned or (self.exported and not binding.accesses):
            return EXPORTED
        needed = [access for access in binding.accesses if not self.is_replaced(access, uses)]
        if any(
            other.scope is binding.scope
            and other.local == other.imported == binding.local != binding.imported
            and self.is_unconditional(other.statement)
            for other in self.bindings
        ):  # which leaves to this import what is in its module
            needed = [access for access in needed if self.may_need(access, binding.imported)]
        return NEEDED if needed else ""

    def is_replaced(self, access: Access, uses: dict[int, _Use]) -> bool:
        root = _root(access)
        return root is not None and self.offset(root) in uses

    def may_need(self, access: Access, module: str) -> bool:
        """Whether an access to the package of a module may be one to the module."""
        node: cst.CSTNode | None = _root(access)
        name = ""
        while isinstance(node, (cst.Name, cst.Attribute)):
            name += f".{node.value if isinstance(node, cst.Name) else node.attr.value}"
            node = self.parents.get(node)
        return f"{module}.".startswith(f"{name[1:]}.") or f"{name[1:]}.".startswith(f"{module}.")

    def new_import(self, statement: cst.Import, new: dict[cst.ImportAlias, _New]) -> list[str]:
        """The statements that take the place of an ``import``."""
        parts = []
        for alias, imported, _ in _imported(statement):
            name = new.get(alias, _New(imported, []))
            if name.imported:
                parts.append(name.imported + self.text(alias)[len(self.text(alias.name)) :])
            parts += self.names_of(name.modules)
        if len(statement.names) == 1:
            return [f"import {part}" for part in parts]
        return [f"import {', '.join(parts)}"] if parts else []

    def new_from(self, statement: cst.ImportFrom, new: dict[cst.ImportAlias, _New]) -> list[str]:
        """The statements that take the place of a ``from`` import."""
        text, start = self.text(statement), self.offset(statement)
        names, modules = [], []
        for alias, imported, local in _imported(statement):
            name = new.get(alias, _New(imported, []))
            module, _, last = (name.imported or "").rpartition(".")
            written = self.text(alias)
            if last != full_name(alias.name):
                written = f"{last} as {local}"
            begin, end = self.span(alias)
            names.append(Name(begin - start, end - start, module or None, written))
            modules += self.names_of(name.modules)
        as_they_were = all(text[name.start : name.end] == name.text for name in names)
        if as_they_were and len({name.module for name in names}) == 1 and statement.module:
            begin, end = self.span(statement.module)
            imports = [f"{text[: begin - start]}{names[0].module}{text[end - start :]}"]
        else:
            imports = split(text, names)
        return [*(f"import {module}" for module in modules), *imports]

    def names_of(self, modules: list[str]) -> list[str]:
        """The modules as an import names them."""
        if self.root == "torch":
            return modules
        return [f"torch as {self.root}" if module == "torch" else module for module in modules]

    def edits(self, pieces: dict[cst.CSTNode, list[str]]) -> Iterator[Edit]:
        """Put the new statements in the place of the old ones."""
        gone = {}
        for line in dict.fromkeys(self.parents[statement] for statement in pieces):
            assert isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
            texts = [pieces.get(statement, [self.text(statement)]) for statement in line.body]
            start, end = self.offset(line.body[0]), self.span(line.body[-1])[1]
            if all(len(new) == 1 for new in texts):
                for statement, (new,) in zip(line.body, texts):
                    yield Edit(*self.span(statement), new)
            elif not any(texts):
                gone[line] = Edit(start, end, None)
            elif len(texts) == 1 and isinstance(line, cst.SimpleStatementLine):
                pragma = _PRAGMA.match(self.code, end)
                newline = re.search(r"\r\n|\r|\n", self.code)
                before = re.split(r"[\r\n]", self.code[:start])[-1]
                between = f"{pragma[0] if pragma else ''}{newline[0] if newline else ''}{before}"
                yield Edit(start, end, between.join(texts[0]))
            else:
                yield Edit(start, end, "; ".join(text for new in texts for text in new))
        for line, edit in gone.items():
            block = self.parents[line]
            alone = isinstance(line, cst.SimpleStatementSuite) or (
                isinstance(block, cst.IndentedBlock)
                and block.body[-1] is line
                and all(other in gone for other in block.body)
            )
            yield edit._replace(text="pass") if alone else edit


def _parents(module: cst.Module) -> dict[cst.CSTNode, cst.CSTNode]:
    """The parent of each node, in a fraction of the time of LibCST's ParentNodeProvider."""
    parents: dict[cst.CSTNode, cst.CSTNode] = {}
    nodes: list[cst.CSTNode] = [module]
    for node in nodes:
        for field in fields(node):
            value = getattr(node, field.name)
            for child in value if isinstance(value, (list, tuple)) else (value,):
                if isinstance(child, cst.CSTNode):
                    parents[child] = node
                    nodes.append(child)
    return parents


def _imported(statement: _Import) -> Iterator[tuple[cst.ImportAlias, str, str]]:
    """The names in an import, each with the whole name of what it imports, and what it binds."""
    package = ""
    if isinstance(statement, cst.ImportFrom):
        if statement.relative or statement.module is None:
            return
        package = f"{full_name(statement.module)}."
    for alias in () if isinstance(statement.names, cst.ImportStar) else statement.names:
        name = full_name(alias.name)
        local = alias.asname.name if alias.asname else None
        yield alias, package + name, full_name(local) if local else _first(name)


def _new_name(binding: _Binding) -> str | None:
    """What is imported in its place: nothing, if it is a module whose names are elsewhere now."""
    if binding.legacy in MODULES:
        return None
    name, row = lookup(binding.imported)
    return row.replacement + binding.imported[len(name) :]


def _root(access: Access) -> cst.Name | None:
    """The first name of what is used, unless that is in a string."""
    node: cst.BaseExpression = access.node
    while isinstance(node, cst.Attribute):
        node = node.value
    return node if isinstance(node, cst.Name) else None


def _loads(name: _Torch, module: str) -> bool:
    """Whether the import of ``name`` loads the module."""
    return f"{name.imported}.".startswith(f"{module}.")


def _around(scope: Scope) -> Iterator[Scope]:
    """The scope, and those around it."""
    yield scope
    while not isinstance(scope, GlobalScope):
        scope = scope.parent
        yield scope


def _accessed(access: Access) -> set[BaseAssignment]:
    """What an access may be to."""
    root = _root(access)
    by_name = access.scope[root.value] if root is not None else set()
    # By its order, which LibCST looks at: that counts in the body of a class alone. A string it
    # has parsed.
    in_order = root is None or isinstance(access.scope, ClassScope)
    return {*by_name, *(access.referents if in_order else ())}


def _node(assignment: BaseAssignment) -> cst.CSTNode | None:
    """Where a name is bound, unless Python itself does it."""
    return getattr(assignment, "node", None)


def _first(name: str) -> str:
    return name.partition(".")[0]


def _binds(assignment: BaseAssignment, package: str) -> bool:
    """Whether it is an import of ``package``, or of something in it."""
    statement = _node(assignment)
    return isinstance(statement, (cst.Import, cst.ImportFrom)) and any(
        _first(imported) == package and local == _first(assignment.name)
        for _, imported, local in _imported(statement)
    )
