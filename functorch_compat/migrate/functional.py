"""Rewrites ``make_functional`` and similar functions to ``torch.func.functional_call``.

If there is a single call and its results are unpacked, new code replaces the call. In all other
cases, a function of the old name replaces the import, as torch's guide advises.
"""

from __future__ import annotations

import re

import libcst as cst

from functorch_compat.edits import Edit
from functorch_compat.migrate import written_out
from functorch_compat.migrate.decisions import (
    Decision,
    Helper,
    Kept,
    Need,
    Replaced,
    spell_short,
)
from functorch_compat.migrate.imports import Imports
from functorch_compat.migrate.reasons import Reason
from functorch_compat.migrate.uses import Use

_MAKE_FUNCTIONAL = '''\
def {name}(model, disable_autograd_tracking=False):
    """Return a function that calls a copy of the model, and the parameters of the copy."""
    model = {deepcopy}(model)
    names = [name for name, _ in model.named_parameters()]
    params = tuple(model.parameters())
    if disable_autograd_tracking:
        model.requires_grad_(False)

    def func(params, *args, **kwargs):
        return {functional_call}(model, dict(zip(names, params)), args, kwargs)

    return func, params
'''
_WITH_BUFFERS = '''\
def {name}(model, disable_autograd_tracking=False):
    """Return a function that calls a copy of the model, its parameters and its buffers."""
    model = {deepcopy}(model)
    names = [name for name, _ in model.named_parameters()]
    buffer_names = [name for name, _ in model.named_buffers()]
    params, buffers = tuple(model.parameters()), tuple(model.buffers())
    if disable_autograd_tracking:
        model.requires_grad_(False)

    def func(params, buffers, *args, **kwargs):
        state = dict(zip(names, params)), dict(zip(buffer_names, buffers))
        return {functional_call}(model, state, args, kwargs)

    return func, params, buffers
'''
_ENSEMBLE = '''\
def {name}(models):
    """Return a function that calls a copy of one model, and the state of all, stacked."""
    model = {deepcopy}(models[0])
    params, buffers = {stack_module_state}(models)
    names, buffer_names = list(params), list(buffers)

    def func(params, buffers, *args, **kwargs):
        state = dict(zip(names, params)), dict(zip(buffer_names, buffers))
        return {functional_call}(model, state, args, kwargs)

    return func, tuple(p.detach() for p in params.values()), tuple(buffers.values())
'''
_HELPERS = {
    "make_functional": _MAKE_FUNCTIONAL,
    "make_functional_with_buffers": _WITH_BUFFERS,
    "combine_state_for_ensemble": _ENSEMBLE,
}
# Instances of classes with only these bases are not modules, so their attributes are no children.
_PLAIN_BASES = re.compile(r"object|ABC|abc\.ABC|(typing\.)?(Protocol|Generic)|(\w+\.)*\w*TestCase")


def functional(use: Use, names: Imports) -> Decision:
    """Decide to write out the only call, or to define a function that does the same."""
    code = names.code
    accesses = names.accesses(use.imports[0]) if use.access is None else [use.access]
    nodes = [access.node for access in accesses] if use.access is None else [use.node]
    calls = [code.parents[node] for node in nodes if _is_called(code.parents[node], node)]
    for call in calls:
        kept = _used_as_a_module(call, names)
        if kept:
            return kept
    template = _HELPERS[use.name.rpartition(".")[2]]
    if len(calls) == len(nodes) == 1 and len(_calls(names)) == 1:
        replaced = written_out.write_out(use, calls[0], names)
        if replaced is not None:
            return replaced
    return _with_helper(use, template, names)


def _calls(names: Imports) -> list[cst.Call]:
    """Return all calls in the code that have the name of one of the three functions."""
    aliases = {
        one.local for one in names.of("functorch") if one.imported.rpartition(".")[2] in _HELPERS
    }
    calls = [node for node in names.code.parents if isinstance(node, cst.Call)]
    called = [(call, names.code.source(call.func).rpartition(".")[2]) for call in calls]
    return [call for call, name in called if name in _HELPERS or name in aliases]


def _is_called(parent: cst.CSTNode, node: cst.CSTNode) -> bool:
    return isinstance(parent, cst.Call) and parent.func is node


def _with_helper(use: Use, template: str, names: Imports) -> Decision:
    spelled: dict[str, str] = {}
    needs: list[Need] = []
    for name in ("copy.deepcopy", "torch.func.functional_call", "torch.func.stack_module_state"):
        last = name.rpartition(".")[2]
        if f"{{{last}}}" in template:
            spelling = spell_short(name, use, names)
            if isinstance(spelling, Kept):
                return spelling
            spelled[last] = spelling.text
            needs += spelling.needs
    edits: tuple[Edit, ...] = ()
    if use.access is None:
        name = use.imports[0].local
    else:
        name = names.code.free(use.name.rpartition(".")[2])
        edits = (Edit(*names.code.span(use.node), name),)
    return Replaced(edits, (*needs, Helper(template.format(name=name, **spelled))))


def _used_as_a_module(call: cst.CSTNode, names: Imports) -> Kept | None:
    """Return the decision to leave a call if its function is used as a module, or else None.

    The legacy function is a module. The new one is not.
    """
    code = names.code
    assign = next((node for node in code.around(call) if isinstance(node, cst.BaseStatement)), None)
    target = written_out.first_target(call, names)
    if target is None or assign is None:
        return None
    if isinstance(target, cst.Attribute):
        parts = [
            node
            for node in code.parents
            if isinstance(node, cst.Attribute) and code.source(node.value) == code.source(target)
        ]
        return _leave(parts[0], names) if parts else _leave_if_in_a_module(target, names)
    for access in written_out.references(target, names):
        parent = code.parents[access.node]
        if isinstance(parent, cst.Attribute):
            return _leave(parent, names)
        if isinstance(parent, cst.Assign) and parent.value is access.node:
            for one in parent.targets:
                if isinstance(one.target, cst.Attribute) and (
                    kept := _leave_if_in_a_module(one.target, names)
                ):
                    return kept
    return None


def _leave(node: cst.CSTNode, names: Imports) -> Kept:
    return Kept(Reason.MODULE, names.code.offset(node))


def _leave_if_in_a_module(target: cst.Attribute, names: Imports) -> Kept | None:
    """Return the decision to leave a call if a module may get its function as a child, or None."""
    code = names.code
    if code.source(target.value) != "self":
        return None
    owner = next((node for node in code.around(target) if isinstance(node, cst.ClassDef)), None)
    return None if owner is None or _is_plain_class(owner, names) else _leave(target, names)


def _is_plain_class(owner: cst.ClassDef, names: Imports) -> bool:
    code = names.code
    classes = {n.name.value: n for n in code.parents if isinstance(n, cst.ClassDef)}
    for base in owner.bases:
        name = code.source(base.value)
        if name in classes and classes[name] is not owner:
            if not _is_plain_class(classes[name], names):
                return False
        elif not _PLAIN_BASES.fullmatch(name.partition("[")[0]):
            return False
    return True
