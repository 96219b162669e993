"""The legacy transforms: warn, guard, delegate to ``torch.func``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from functorch_compat.deprecation import MESSAGES, REFUSED_AUX, warn
from functorch_compat.inference_mode import GUARD_NEEDED, outside_inference_mode


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Compute ``func(*primals)`` and the function for its vector-Jacobian products.

    Deprecated since torch 2.0: use :func:`torch.func.vjp`, which this delegates to. The promises
    are those of https://pytorch.org/docs/stable/generated/torch.func.vjp.html, on every torch.

    Args:
        func: A function of one or more arguments that returns a Tensor, or a pytree of Tensors,
            of any shape and of floating-point or complex dtype.
        *primals: The positional arguments for ``func``: Tensors or pytrees of Tensors. The products
            are with respect to all of them. Keyword arguments of ``func`` keep their defaults.
        has_aux: Whether ``func`` returns ``(output, aux)``, where ``output`` is differentiated and
            ``aux`` is anything else.

    Returns:
        ``(output, vjp_fn)``, or ``(output, vjp_fn, aux)`` where ``has_aux`` is true.

        ``vjp_fn(cotangents)`` takes the structure of ``output``, with the shapes and dtypes of its
        Tensors, and returns a tuple with one product for each primal, of the primal's structure,
        shapes and dtypes.

        ``aux`` keeps its structure. Its Tensors come back as ordinary Tensors, every other leaf as
        the object that ``func`` returned. ``torch.func.vjp`` refuses such leaves; a second warning
        says so.

    A ``torch.no_grad`` or ``torch.inference_mode`` inside ``func`` is respected. Outside, where
    ``vjp`` or ``vjp_fn`` is called, it does not change the products.

    Warns:
        FunctorchDeprecationWarning: On every call, at the caller's line.

    Raises:
        RuntimeError, ValueError: Whatever ``torch.func.vjp`` raises, for an output that is not made
            of Tensors, say, or cotangents of another structure than the output.
    """
    warn(MESSAGES["functorch.vjp"])
    torch_vjp: Callable[..., Any] = _guarded_vjp if GUARD_NEEDED else torch.func.vjp
    if not has_aux:
        return torch_vjp(func, *primals)
    hidden: list[Any] = []
    output, vjp_fn, aux = torch_vjp(_hiding_refused_aux(func, hidden), *primals, has_aux=True)
    if hidden:
        warn(REFUSED_AUX)
        aux = _put_back(aux, hidden[0])
    return output, vjp_fn, aux


def _guarded_vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """``torch.func.vjp`` with the level guard around it and around its ``vjp_fn``."""
    output, vjp_fn, *aux = outside_inference_mode(torch.func.vjp, func, *primals, has_aux=has_aux)
    return (output, partial(outside_inference_mode, vjp_fn), *aux)


def _hiding_refused_aux(func: Callable[..., Any], hidden: list[Any]) -> Callable[..., Any]:
    """Let ``func`` return any object as aux, where ``torch.func`` raises unless all are Tensors.

    An aux that it would refuse is put into ``hidden``, and the list of its Tensors takes its place.
    """

    def func_with_accepted_aux(*args: Any) -> Any:
        result = func(*args)
        if not (isinstance(result, tuple) and len(result) == 2):
            return result  # for torch.func to say what is wrong with it
        output, aux = result
        if _torch_accepts(aux):
            return result
        hidden.append(aux)
        leaves = torch.utils._pytree.tree_flatten(aux)[0]
        return output, [leaf for leaf in leaves if _torch_accepts(leaf)]

    return func_with_accepted_aux


def _put_back(tensors: list[Any], hidden: Any) -> Any:
    """Put the Tensors, which are unwrapped by now, into the aux that ``func`` returned."""
    if not tensors:
        return hidden
    leaves, spec = torch.utils._pytree.tree_flatten(hidden)
    rest = iter(tensors)
    leaves = [next(rest) if _torch_accepts(leaf) else leaf for leaf in leaves]
    return torch.utils._pytree.tree_unflatten(leaves, spec)


def _torch_accepts(aux: Any) -> bool:
    """Whether ``torch.func`` accepts the aux: a pytree, or tuple of any class, of Tensors alone."""
    if isinstance(aux, torch.Tensor):
        return True
    leaves = torch.utils._pytree.tree_flatten(aux)[0]
    if len(leaves) == 1 and leaves[0] is aux:
        return isinstance(aux, tuple) and _torch_accepts(tuple(aux))
    return all(_torch_accepts(leaf) for leaf in leaves)


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.vmap`."""
    warn(MESSAGES["functorch.vmap"])
    return torch.func.vmap(func, in_dims, out_dims, randomness, chunk_size=chunk_size)


def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.grad`."""
    warn(MESSAGES["functorch.grad"])
    return torch.func.grad(func, argnums, has_aux)


def grad_and_value(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.grad_and_value`."""
    warn(MESSAGES["functorch.grad_and_value"])
    return torch.func.grad_and_value(func, argnums, has_aux)


def jvp(
    func: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """Deprecated: use :func:`torch.func.jvp`."""
    warn(MESSAGES["functorch.jvp"])
    return torch.func.jvp(func, primals, tangents, strict=strict, has_aux=has_aux)


def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.jacrev`."""
    warn(MESSAGES["functorch.jacrev"])
    return torch.func.jacrev(
        func,
        argnums,
        has_aux=has_aux,
        chunk_size=chunk_size,
        _preallocate_and_copy=_preallocate_and_copy,
    )


def jacfwd(
    func: Callable[..., Any],
    argnums: Any = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.jacfwd`."""
    warn(MESSAGES["functorch.jacfwd"])
    return torch.func.jacfwd(func, argnums, has_aux, randomness=randomness)


def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.hessian`."""
    warn(MESSAGES["functorch.hessian"])
    return torch.func.hessian(func, argnums)


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """Deprecated: use :func:`torch.func.functionalize`."""
    warn(MESSAGES["functorch.functionalize"])
    return torch.func.functionalize(func, remove=remove)


def make_functional(model: torch.nn.Module, disable_autograd_tracking: bool = False) -> Any:
    """Deprecated: use :func:`torch.func.functional_call`."""
    warn(MESSAGES["functorch.make_functional"])
    from torch._functorch.make_functional import make_functional

    return make_functional(model, disable_autograd_tracking)


def make_functional_with_buffers(
    model: torch.nn.Module, disable_autograd_tracking: bool = False
) -> Any:
    """Deprecated: use :func:`torch.func.functional_call`."""
    warn(MESSAGES["functorch.make_functional_with_buffers"])
    from torch._functorch.make_functional import make_functional_with_buffers

    return make_functional_with_buffers(model, disable_autograd_tracking)


def combine_state_for_ensemble(models: list[torch.nn.Module]) -> Any:
    """Deprecated: use :func:`torch.func.stack_module_state`."""
    warn(MESSAGES["functorch.combine_state_for_ensemble"])
    from torch._functorch.make_functional import combine_state_for_ensemble

    return combine_state_for_ensemble(models)
