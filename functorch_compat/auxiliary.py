"""``has_aux``: aux is any object, where ``torch.func`` raises unless its leaves are Tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils import _pytree as pytree

from functorch_compat.deprecation import REFUSED_AUX, warn


class RefusedAux:
    """An aux that ``torch.func`` would refuse: to pytree, a node with its Tensors alone."""

    def __init__(self, tensors: list[Any], aux: Any) -> None:
        self.tensors = tensors
        self.aux = aux

    def restored(self) -> Any:
        """The aux as it was, with the Tensors as they are now, unwrapped."""
        if not self.tensors:
            return self.aux
        leaves, spec = pytree.tree_flatten(self.aux)
        rest = iter(self.tensors)
        leaves = [next(rest) if _torch_accepts(leaf) else leaf for leaf in leaves]
        return pytree.tree_unflatten(leaves, spec)


# Its public name came with torch 2.2.
_register = getattr(pytree, "register_pytree_node", None) or pytree._register_pytree_node
_register(
    RefusedAux,
    lambda node: (node.tensors, node.aux),
    lambda tensors, aux: RefusedAux(list(tensors), aux),
)


def accept_any_aux(func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call the user's ``func`` and make its aux one that ``torch.func`` accepts."""
    result = func(*args, **kwargs)
    if not (isinstance(result, tuple) and len(result) == 2) or _torch_accepts(result[1]):
        return result  # where it is not a pair, torch.func will say so
    output, aux = result
    leaves = pytree.tree_flatten(aux)[0]
    return output, RefusedAux([leaf for leaf in leaves if _torch_accepts(leaf)], aux)


def restore_aux(name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call ``function``, of the transform ``name``, and give the aux back as it was.

    To be called by the function that the user called, whose line the warning then names.
    """
    result = function(*args, **kwargs)
    with_value = name == "functorch.grad_and_value"  # which gives (gradients, (output, aux))
    pair = result[1] if with_value else result
    aux = pair[-1]
    if not isinstance(aux, RefusedAux):
        return result
    warn(REFUSED_AUX[name], stacklevel=4)
    restored = (*pair[:-1], aux.restored())
    return (result[0], restored) if with_value else restored


def _torch_accepts(aux: Any) -> bool:
    """Whether ``torch.func`` accepts the aux: a pytree, or tuple of any class, of Tensors alone."""
    if isinstance(aux, torch.Tensor):
        return True
    leaves = pytree.tree_flatten(aux)[0]
    if len(leaves) == 1 and leaves[0] is aux:
        return isinstance(aux, tuple) and _torch_accepts(tuple(aux))
    return all(_torch_accepts(leaf) for leaf in leaves)
