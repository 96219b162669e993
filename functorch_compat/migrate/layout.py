"""Writes the planned imports in the place of the legacy imports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import libcst as cst
from libcst.helpers import get_full_name_for_node_or_raise as full_name

from functorch_compat.edits import Edit
from functorch_compat.legacy_api import MODULES
from functorch_compat.migrate.decisions import Helper, Need
from functorch_compat.migrate.from_imports import Name, split
from functorch_compat.migrate.import_plan import Plan
from functorch_compat.migrate.imports import Import, Imports, Statement

# These comments are for programs. If one import becomes several, each of them needs the comment.
_PRAGMA = re.compile(r"[ \t]*#\s*(noqa|type:|pyright:|mypy:|pylint:|isort:|pragma:|fmt:)[^\r\n]*")


def edits(plans: Mapping[Import, Plan], names: Imports) -> list[Edit]:
    """Return the edits that replace the imports and add the functions after them."""
    by_statement: dict[Statement, dict[cst.ImportAlias, Plan]] = {}
    for one, plan in plans.items():
        if plan.needs or plan.stays is None:
            by_statement.setdefault(one.statement, {})[one.alias] = plan
    imports = {one.alias: one for one in names.all}
    pieces: dict[cst.CSTNode, list[str]] = {}
    helpers: dict[cst.CSTNode, dict[str, None]] = {}
    for statement, by_alias in by_statement.items():
        needs = [need for plan in by_alias.values() for need in plan.needs]
        functions = [need for need in needs if isinstance(need, Helper)]
        texts = (_of_import if isinstance(statement, cst.Import) else _of_from)(
            statement,  # type: ignore[arg-type]
            by_alias,
            imports,
            names,
        )
        pieces[statement] = list(dict.fromkeys(texts))
        if functions:
            last_import = _last_import_line(statement, names)
            for function in functions:
                helpers.setdefault(last_import, {})[function.text] = None
    return [*_replaced(pieces, helpers, names)]


def _of_import(
    statement: cst.Import,
    plans: Mapping[cst.ImportAlias, Plan],
    imports: Mapping[cst.ImportAlias, Import],
    names: Imports,
) -> list[str]:
    """Return the statements that replace an ``import``."""
    code, parts, froms = names.code, [], []
    for alias in statement.names:
        plan = plans.get(alias)
        if plan is None or plan.stays is not None:
            parts.append(code.source(alias))
        for need in plan.needs if plan else ():
            if isinstance(need, Helper):
                continue
            if need.name:
                froms.append(need.text)
            elif imports[alias].bound not in MODULES:  # Only the name of the module changes.
                name = code.source(alias.name)
                parts.append(need.module + code.source(alias)[len(name) :])
            else:
                parts.append(need.text[len("import ") :])
    parts = list(dict.fromkeys(parts))
    if len(statement.names) == 1:
        return [*(f"import {part}" for part in parts), *froms]
    return [*([f"import {', '.join(parts)}"] if parts else []), *froms]


def _of_from(
    statement: cst.ImportFrom,
    plans: Mapping[cst.ImportAlias, Plan],
    imports: Mapping[cst.ImportAlias, Import],
    names: Imports,
) -> list[str]:
    """Return the statements that replace a ``from`` import."""
    code = names.code
    text, start = code.source(statement), code.offset(statement)
    listed: list[Name] = []
    extra: list[Need] = []
    assert not isinstance(statement.names, cst.ImportStar)
    for alias in statement.names:
        one, plan = imports[alias], plans.get(alias)
        module: str | None = one.imported.rpartition(".")[0]
        written = code.source(alias)
        if plan is not None and plan.stays is None:
            module = None
            for need in plan.needs:
                if isinstance(need, Helper):
                    continue
                if module is None and need.name and (need.local or need.name) == one.local:
                    module = need.module
                    if need.name != full_name(alias.name):
                        written = f"{need.name} as {one.local}"
                    if need.name == one.local and alias.asname is not None:
                        written = code.source(alias)
                else:
                    extra.append(need)
        elif plan is not None:
            extra += [need for need in plan.needs if isinstance(need, Need)]
        begin, end = code.span(alias)
        listed.append(Name(begin - start, end - start, module, written))
    are_unchanged = all(text[name.start : name.end] == name.text for name in listed)
    if are_unchanged and len({name.module for name in listed}) == 1 and listed[0].module:
        assert statement.module is not None
        begin, end = code.span(statement.module)
        result = [f"{text[: begin - start]}{listed[0].module}{text[end - start :]}"]
    else:
        result = split(text, listed)
    modules = [need.text for need in extra if not need.name]
    for need in extra:
        if need.name:
            result = _with_name(result, need)
    return [*dict.fromkeys(modules), *result]


def _with_name(imports: list[str], need: Need) -> list[str]:
    """Return the imports with one more name.

    The name joins the import of its module if that is on one line.
    """
    head = f"from {need.module} import "
    name = need.text[len(head) :]
    for n, text in enumerate(imports):
        if re.fullmatch(re.escape(head) + r"[\w, ]+", text):
            listed = [*text[len(head) :].split(", ")]
            listed = listed if name in listed else sorted([*listed, name])
            return [*imports[:n], head + ", ".join(listed), *imports[n + 1 :]]
    return sorted([*imports, head + name])


def _last_import_line(statement: cst.CSTNode, names: Imports) -> cst.CSTNode:
    """Return the line after which to define a function: the last of the imports there."""
    code = names.code
    line = code.parents[statement]
    if not code.is_top_level(statement):
        return line
    body = list(code.module.body)
    here = body.index(line)  # type: ignore[arg-type]
    last = here
    for node in body[here + 1 :]:
        between = code.text[code.span(body[last])[1] : code.offset(node)]
        if not _imports_only(node):
            break
        if between.count("\n") > 3:
            break
        last = body.index(node)
    return body[last]


def _imports_only(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and all(
        isinstance(one, (cst.Import, cst.ImportFrom)) for one in node.body
    )


def _replaced(
    pieces: Mapping[cst.CSTNode, list[str]],
    helpers: Mapping[cst.CSTNode, dict[str, None]],
    names: Imports,
) -> Iterator[Edit]:
    """Yield the edits that put the new statements in the place of the old ones."""
    code = names.code
    gone: dict[cst.CSTNode, Edit] = {}
    lines = dict.fromkeys([*(code.parents[statement] for statement in pieces), *helpers])
    for line in lines:
        assert isinstance(line, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
        texts = [pieces.get(statement, [code.source(statement)]) for statement in line.body]
        functions = list(helpers.get(line, ()))
        start, end = code.offset(line.body[0]), code.span(line.body[-1])[1]
        if functions:
            yield _with_functions(line, texts, functions, names)
        elif all(len(new) == 1 for new in texts):
            for statement, (new,) in zip(line.body, texts):
                yield Edit(*code.span(statement), new)
        elif not any(texts):
            gone[line] = Edit(start, end, None)
        elif len(texts) == 1 and isinstance(line, cst.SimpleStatementLine):
            pragma = _PRAGMA.match(code.text, end)
            between = f"{pragma[0] if pragma else ''}{code.newline}{code.indent(line.body[0])}"
            yield Edit(start, end, between.join(texts[0]))
        else:
            yield Edit(start, end, "; ".join(text for new in texts for text in new))
    for line, edit in gone.items():
        block = code.parents[line]
        alone = isinstance(line, cst.SimpleStatementSuite) or (
            isinstance(block, cst.IndentedBlock)
            and block.body[-1] is line
            and all(other in gone for other in block.body)
        )
        yield edit._replace(text="pass") if alone else edit


def _with_functions(
    line: cst.CSTNode, texts: list[list[str]], functions: list[str], names: Imports
) -> Edit:
    code = names.code
    body = line.body  # type: ignore[attr-defined]
    start, end = code.offset(body[0]), code.span(body[-1])[1]
    indent = code.indent(body[0])
    flat = [text for new in texts for text in new]
    rest = re.match(r"[^\r\n]*", code.text[end:])
    comment = rest[0] if rest else ""
    blank_lines = [""] if indent else ["", ""]
    lines = list(flat)
    if lines:
        lines[-1] += comment
    for function in functions:
        step = code.module.default_indent
        written = function.rstrip("\n").replace("    ", step).split("\n")
        lines += [*(blank_lines if lines else []), *(indent + w if w else "" for w in written)]
    if lines and lines[0].startswith(indent) and not flat:
        lines[0] = lines[0][len(indent) :]
    after = code.text[end + len(comment) :]
    blank = re.match(r"(\r\n|\r|\n)?((?:[ \t]*(?:\r\n|\r|\n))*)", after)
    missing = len(blank_lines) - (len(re.findall(r"\r\n|\r|\n", blank[2])) if blank else 0)
    if after.strip() and missing > 0:
        lines += [""] * missing
    first = f"{code.newline}{indent}".join(lines[: len(flat)])
    text = code.newline.join([first, *lines[len(flat) :]] if flat else lines)
    return Edit(start, end + len(comment), text)
