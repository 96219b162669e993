"""Replaces a call of ``make_functional`` or a similar function by the code that it stands for."""

from __future__ import annotations

import re

import libcst as cst
from libcst.metadata import Access, Assignment

from functorch_compat.edits import Edit
from functorch_compat.migrate.decisions import Kept, Need, Replaced, spell_short
from functorch_compat.migrate.imports import Imports
from functorch_compat.migrate.uses import Use


def first_target(call: cst.CSTNode, names: Imports) -> cst.BaseExpression | None:
    """Return the target that gets the function, or None if the results are not unpacked."""
    targets = _unpacked(call, names)
    return targets[0] if targets else None


def references(target: cst.BaseExpression, names: Imports) -> list[Access]:
    """Return the accesses to a target, if it is a name."""
    if not isinstance(target, cst.Name):
        return []
    assignments = names.code.scope(target)[target.value]
    mine = (one for one in assignments if isinstance(one, Assignment) and one.node is target)
    return [access for one in mine for access in one.references]


def _unpacked(call: cst.CSTNode, names: Imports) -> list[cst.BaseExpression]:
    assign = names.code.parents[call]
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return []
    target = assign.targets[0].target
    if not isinstance(target, (cst.Tuple, cst.List)):
        return []
    return [element.value for element in target.elements if isinstance(element, cst.Element)]


def write_out(use: Use, call: cst.CSTNode, names: Imports) -> Replaced | None:
    """Return the code for the call, or None if it is in a loop or not alone on its lines."""
    code, kind = names.code, use.name.rpartition(".")[2]
    targets, assign = _unpacked(call, names), code.parents[call]
    statement = code.parents[assign]
    indent = code.indent(statement)
    if (
        len(targets) != (2 if kind == "make_functional" else 3)
        or not isinstance(call, cst.Call)
        or not isinstance(statement, cst.SimpleStatementLine)
        or len(statement.body) != 1
        or indent.strip()
        or _is_in_a_loop(statement, names)
        or _is_bound_again(targets[0], names)
    ):
        return None
    model, disabled = _arguments(call, names)
    if not model or (kind == "combine_state_for_ensemble" and not model.isidentifier()):
        return None
    written = _Written(use, names, model, disabled, [_name(target, names) for target in targets])
    try:
        lines = written.ensemble() if kind == "combine_state_for_ensemble" else written.one_model()
    except LookupError:
        return None
    if "" in lines:  # A function is among the lines.
        blank = [""] if indent else ["", ""]
        lines = [one for line in lines for one in ([line] if line else blank)]
        lines += _blank_lines_behind(statement, len(blank), names)
    text = code.newline.join(indent + line if line else "" for line in lines)[len(indent) :]
    return Replaced((Edit(*code.span(assign), text),), tuple(written.needs))


class _Written:
    """The code that is written for one call."""

    def __init__(
        self, use: Use, names: Imports, model: str, disabled: bool, targets: list[str]
    ) -> None:
        self.use, self.names, self.model, self.disabled = use, names, model, disabled
        self.func, self.params, *self.buffers = targets
        self.step = names.code.module.default_indent
        self.needs: list[Need] = []

    def spelled(self, name: str) -> str:
        """Return the spelling of a name here, and note the import that it needs."""
        spelling = spell_short(name, self.use, self.names)
        if isinstance(spelling, Kept):
            raise LookupError(name)
        self.needs += spelling.needs
        return spelling.text

    def one_model(self) -> list[str]:
        """Return the lines for ``make_functional`` or ``make_functional_with_buffers``."""
        copy = f"{self.spelled('copy.deepcopy')}({self.model})"
        copied, names, buffer_names = map(self.names.code.free, ("copied", "names", "buffer_names"))
        lines = [f"{copied} = {copy}"]
        if self.disabled:
            lines.append(f"{copied}.requires_grad_(False)")
        if self.func:
            lines.append(f"{names} = [name for name, _ in {copied}.named_parameters()]")
            if self.buffers:
                lines.append(f"{buffer_names} = [name for name, _ in {copied}.named_buffers()]")
        if self.params:
            lines.append(f"{self.params} = tuple({copied}.parameters())")
        lines += [f"{buffers} = tuple({copied}.buffers())" for buffers in self.buffers if buffers]
        if len(lines) == 2 and not self.func and not self.disabled:  # One line is enough.
            return [lines[1].replace(copied, copy)]
        return lines + self.function(copied, names, buffer_names)

    def ensemble(self) -> list[str]:
        """Return the lines for ``combine_state_for_ensemble``."""
        free = self.names.code.free
        copied, stacked, names, buffer_names = map(
            free, ("copied", "stacked", "names", "buffer_names")
        )
        stack = f"{self.spelled('torch.func.stack_module_state')}({self.model})"
        lines = [f"{stacked} = {stack}"]
        if self.func:
            lines.insert(0, f"{copied} = {self.spelled('copy.deepcopy')}({self.model}[0])")
            lines.append(f"{names}, {buffer_names} = map(list, {stacked})")
        if self.params:
            lines.append(f"{self.params} = tuple(p.detach() for p in {stacked}[0].values())")
        lines += [
            f"{buffers} = tuple({stacked}[1].values())" for buffers in self.buffers if buffers
        ]
        return lines + self.function(copied, names, buffer_names)

    def function(self, copied: str, names: str, buffer_names: str) -> list[str]:
        """Return a blank line and the function, or nothing if no name gets the function."""
        if not self.func:
            return []
        name = self.func if self.func.isidentifier() else self.names.code.free("func")
        call = self.spelled("torch.func.functional_call")
        parameters = ", ".join(["params", *["buffers" for _ in self.buffers], "*args", "**kwargs"])
        state = f"dict(zip({names}, params))"
        body = []
        if self.buffers:
            body = [f"state = {state}, dict(zip({buffer_names}, buffers))"]
            state = "state"
        body.append(f"return {call}({copied}, {state}, args, kwargs)")
        lines = ["", f"def {name}({parameters}):", *(self.step + line for line in body)]
        return lines if name == self.func else [*lines, "", f"{self.func} = {name}"]


def _is_in_a_loop(statement: cst.CSTNode, names: Imports) -> bool:
    """Return whether the statement is in a loop, where each round needs a function of its own."""
    for node in names.code.around(statement):
        if isinstance(node, (cst.For, cst.While)):
            return True
        if isinstance(node, cst.FunctionDef):
            return False
    return False


def _is_bound_again(target: cst.BaseExpression, names: Imports) -> bool:
    """Return whether something else is bound to the name that the function would get."""
    if not isinstance(target, cst.Name) or target.value == "_":
        return False
    return len(names.code.scope(target)[target.value]) > 1


def _arguments(call: cst.Call, names: Imports) -> tuple[str, bool]:
    """Return the model, and whether autograd tracking is disabled. Return no model if unsure."""
    values: dict[str, str] = {}
    for name, argument in zip(("model", "disable_autograd_tracking", ""), call.args):
        if argument.star:
            return "", False
        name = argument.keyword.value if argument.keyword else name
        values[name] = names.code.source(argument.value)
    model = values.pop("model", values.pop("models", ""))
    disabled = values.pop("disable_autograd_tracking", "False")
    if values or len(call.args) > 2 or disabled not in ("True", "False") or "\n" in model:
        return "", False
    return model, disabled == "True"


def _name(target: cst.BaseExpression, names: Imports) -> str:
    """Return the text of a target, or "" if it is ``_`` and nothing uses it."""
    source = names.code.source(target)
    return "" if source == "_" and not references(target, names) else source


def _blank_lines_behind(statement: cst.CSTNode, wanted: int, names: Imports) -> list[str]:
    """Return the blank lines that are missing before the next statement in the block."""
    text = names.code.text[names.code.span(statement)[1] :]
    rest = re.match(r"[^\r\n]*(?:\r\n|\r|\n)((?:[ \t]*(?:\r\n|\r|\n))*)[ \t]*[^\s]", text)
    block = names.code.parents[statement]
    assert isinstance(block, (cst.IndentedBlock, cst.Module))
    if rest is None or block.body[-1] is statement:
        return []
    return [""] * (wanted - len(re.findall(r"\r\n|\r|\n", rest[1])))
