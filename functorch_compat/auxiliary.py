"""Lets ``has_aux`` return any object, although ``torch.func`` accepts only Tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.utils import _pytree as pytree

from functorch_compat.deprecation import REFUSED_AUX, warn
from functorch_compat.torch_support import PYTREE_REGISTRATION_IS_PUBLIC


class HiddenAux:
    """Wraps an aux that ``torch.func`` would refuse, so that it sees only the Tensors.

    The wrapper is a pytree node, and the Tensors are its leaves. ``torch.func`` unwraps the Tensors
    and unflattens the node. The result is the original aux, with the unwrapped Tensors.
    """

    def __init__(self, tensors: Iterable[Any], aux: Any) -> None:
        self.tensors = list(tensors)
        self.aux = aux

    def restored(self) -> Any:
        """Return the aux with the current Tensors. An aux without Tensors is the same object."""
        if not self.tensors:
            return self.aux
        leaves, spec = pytree.tree_flatten(self.aux)
        rest = iter(self.tensors)
        leaves = [next(rest) if _torch_accepts(leaf) else leaf for leaf in leaves]
        return pytree.tree_unflatten(leaves, spec)


class CarriedAux(HiddenAux):
    """A hidden aux that stays hidden until :func:`restore_carried_aux` restores it.

    ``torch.func.jacfwd`` flattens the aux several times, also inside a ``vmap``. That ``vmap``
    would refuse an aux that was restored too early.
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
    # If the result is not a pair, torch.func raises its own error, which says so.
    if not isinstance(result, tuple) or len(result) != 2 or _torch_accepts(result[1]):
        return result
    warn(REFUSED_AUX[name])
    output, aux = result
    leaves = pytree.tree_flatten(aux)[0]
    hidden = CarriedAux if carried else HiddenAux
    return output, hidden([leaf for leaf in leaves if _torch_accepts(leaf)], aux)


def restore_carried_aux(result: tuple[Any, Any]) -> tuple[Any, Any]:
    """Return the result of ``torch.func.jacfwd`` with the original aux."""
    jacobian, aux = result
    return jacobian, aux.restored() if isinstance(aux, CarriedAux) else aux


def _torch_accepts(aux: Any) -> bool:
    """Return whether aux contains only Tensors: a Tensor, a pytree, or a tuple of any class."""
    if isinstance(aux, torch.Tensor):
        return True
    leaves = pytree.tree_flatten(aux)[0]
    if len(leaves) == 1 and leaves[0] is aux:
        return isinstance(aux, tuple) and _torch_accepts(tuple(aux))
    return all(_torch_accepts(leaf) for leaf in leaves)
