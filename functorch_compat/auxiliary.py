"""``has_aux``: aux is any object, where ``torch.func`` raises unless its leaves are Tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.utils import _pytree as pytree

from functorch_compat.deprecation import REFUSED_AUX, warn
from functorch_compat.torch_support import PYTREE_REGISTRATION_IS_PUBLIC


class HiddenAux:
    """An aux that ``torch.func`` would refuse, of which it sees the Tensors alone.

    They are its leaves as a pytree. Once ``torch.func`` has unwrapped them, pytree unflattens it to
    the aux as it was.
    """

    def __init__(self, tensors: Iterable[Any], aux: Any) -> None:
        self.tensors = list(tensors)
        self.aux = aux

    def restored(self) -> Any:
        """Return the aux with the Tensors as they are now. Without any it is the same object."""
        if not self.tensors:
            return self.aux
        leaves, spec = pytree.tree_flatten(self.aux)
        rest = iter(self.tensors)
        leaves = [next(rest) if _torch_accepts(leaf) else leaf for leaf in leaves]
        return pytree.tree_unflatten(leaves, spec)


class CarriedAux(HiddenAux):
    """A hidden aux that stays hidden until :func:`restore_carried_aux` gets it.

    ``torch.func.jacfwd`` flattens aux several times, also within a ``vmap``, which would refuse the
    other leaves again.
    """


_register = (
    pytree.register_pytree_node if PYTREE_REGISTRATION_IS_PUBLIC else pytree._register_pytree_node
)
_register(
    HiddenAux,
    lambda node: (node.tensors, node.aux),
    lambda tensors, aux: HiddenAux(tensors, aux).restored(),
)
_register(CarriedAux, lambda node: (node.tensors, node.aux), CarriedAux)


def hide_aux(name: str, result: Any, carried: bool) -> Any:
    """Return the result of the user's function, with an aux that the transform ``name`` accepts."""
    # Where it is no pair, torch.func raises the error that says so.
    if not isinstance(result, tuple) or len(result) != 2 or _torch_accepts(result[1]):
        return result
    warn(REFUSED_AUX[name])
    output, aux = result
    leaves = pytree.tree_flatten(aux)[0]
    hidden = CarriedAux if carried else HiddenAux
    return output, hidden([leaf for leaf in leaves if _torch_accepts(leaf)], aux)


def restore_carried_aux(result: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the result of ``torch.func.jacfwd`` with the aux as it was."""
    jacobian, aux = result
    return jacobian, aux.restored() if isinstance(aux, CarriedAux) else aux


def _torch_accepts(aux: Any) -> bool:
    """Return whether aux is a Tensor, or a pytree, or tuple of any class, of Tensors alone."""
    if isinstance(aux, torch.Tensor):
        return True
    leaves = pytree.tree_flatten(aux)[0]
    if len(leaves) == 1 and leaves[0] is aux:
        return isinstance(aux, tuple) and _torch_accepts(tuple(aux))
    return all(_torch_accepts(leaf) for leaf in leaves)
