"""Defines the legacy functions. Each one warns, guards, and delegates to torch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial, update_wrapper, wraps
from importlib import import_module
from inspect import cleandoc
from typing import Any, TypeVar

import torch
from typing_extensions import deprecated

from functorch_compat.deprecation import MESSAGES, warn
from functorch_compat.inference_mode import is_tracing, outside_inference_mode
from functorch_compat.torch_support import DYNAMO_WRAPS_CLOSURES, INFERENCE_MODE_REACHES_INSIDE

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _legacy(source: str) -> Callable[[_Function], _Function]:
    """Return a decorator that sets the module, the PEP 702 mark and the docstring of a function.

    The docstring consists of the warning, the function's own docstring, which says what it does
    beyond the function of the same name in ``source``, and the docstring of that function.
    """

    def complete(function: _Function) -> _Function:
        name, message = function.__name__, MESSAGES[f"functorch.{function.__name__}"]
        texts = [message, function.__doc__]
        # While torch is being imported, importing more of it can crash the process.
        if not getattr(torch.__spec__, "_initializing", False):
            # If the function is missing, only a call of it raises.
            with suppress(ImportError, AttributeError):
                texts.append(getattr(import_module(source), name).__doc__)
        function.__doc__ = "\n\n".join(cleandoc(text) for text in texts if text)
        function.__module__ = "functorch"  # Pickles made here must load without this package.
        return deprecated(message, category=None)(function)

    return complete


def _named_after(func: Callable[..., Any], function: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``function`` with the name and the docstring of ``func``."""
    if is_tracing():
        return wraps(func)(function) if DYNAMO_WRAPS_CLOSURES else partial(function)
    return update_wrapper(function, func)  # This is what wraps does, but faster.


def _with_any_aux(
    name: str, func: Callable[..., Any], named: bool = False, carried: bool = False
) -> Callable[..., Any]:
    """Return a function like ``func``, but with an aux that the transform ``name`` accepts."""
    if not DYNAMO_WRAPS_CLOSURES and is_tracing():
        return partial(_call_and_hide_aux, name, func, carried)

    def function(*args: Any, **kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        if type(result) is tuple and len(result) == 2 and isinstance(result[1], torch.Tensor):
            return result  # The most frequent aux is a Tensor, which needs no treatment.
        return _call_and_hide_aux(name, lambda: result, carried)

    return _named_after(func, function) if named else function


def _call_and_hide_aux(
    name: str, func: Callable[..., Any], carried: bool, /, *args: Any, **kwargs: Any
) -> Any:
    # This imports torch.utils, which must not be loaded while torch itself is being imported.
    from functorch_compat.auxiliary import hide_aux

    return hide_aux(name, func(*args, **kwargs), carried)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function like ``function`` that ignores an outer inference mode on every torch."""
    if not INFERENCE_MODE_REACHES_INSIDE:
        return function

    def guarded(*args: Any, **kwargs: Any) -> Any:
        return outside_inference_mode(function, *args, **kwargs)

    return _named_after(function, guarded)


@_legacy("torch.func")
def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """This text says what is different here. Torch's own documentation follows it.

    The primals and the output may be pytrees of Tensors. The products have the structure, the
    shapes and the dtypes of the primals. ``aux`` may be any object: its Tensors come back as
    ordinary Tensors, and every other leaf is the same object that ``func`` returned.
    ``torch.func.vjp`` refuses such leaves, and a second warning says so.

    A ``torch.no_grad`` or ``torch.inference_mode`` inside ``func`` is respected. A mode outside,
    where ``vjp`` or ``vjp_fn`` is called, does not change the products.

    Warns:
        FunctorchDeprecationWarning: On every call, at the caller's line.

    Raises:
        RuntimeError, ValueError: As ``torch.func.vjp`` does, for example if the output contains
            anything but Tensors, or if the cotangents do not have the structure of the output.

    From https://pytorch.org/docs/stable/generated/torch.func.vjp.html:
    """
    warn(MESSAGES["functorch.vjp"])
    if has_aux:
        func = _with_any_aux("functorch.vjp", func)
    if not INFERENCE_MODE_REACHES_INSIDE:
        return torch.func.vjp(func, *primals, has_aux=has_aux)
    # The function that torch.func.vjp returns needs the level guard too.
    result = outside_inference_mode(torch.func.vjp, func, *primals, has_aux=has_aux)
    return (result[0], partial(outside_inference_mode, result[1]), *result[2:])


@_legacy("torch.func")
def jvp(
    func: Callable[..., Any],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """Aux, outer modes, the warning and errors are as in :func:`functorch.vjp`.

    From https://pytorch.org/docs/stable/generated/torch.func.jvp.html:
    """
    warn(MESSAGES["functorch.jvp"])
    torch_jvp: Callable[..., Any] = torch.func.jvp
    if INFERENCE_MODE_REACHES_INSIDE:
        torch_jvp = partial(outside_inference_mode, torch_jvp)
    if has_aux:
        func = _with_any_aux("functorch.jvp", func)
    return torch_jvp(func, primals, tangents, strict=strict, has_aux=has_aux)


@_legacy("torch.func")
def grad(func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False) -> Callable[..., Any]:
    """Aux, outer modes, the warning and errors are as in :func:`functorch.vjp`.

    From https://pytorch.org/docs/stable/generated/torch.func.grad.html:
    """
    warn(MESSAGES["functorch.grad"])
    if has_aux:
        func = _with_any_aux("functorch.grad", func, named=True)
    return _guarded(torch.func.grad(func, argnums, has_aux))


@_legacy("torch.func")
def grad_and_value(
    func: Callable[..., Any], argnums: Any = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """Aux, outer modes, the warning and errors are as in :func:`functorch.vjp`.

    From https://pytorch.org/docs/stable/generated/torch.func.grad_and_value.html:
    """
    warn(MESSAGES["functorch.grad_and_value"])
    if has_aux:
        func = _with_any_aux("functorch.grad_and_value", func, named=True)
    return _guarded(torch.func.grad_and_value(func, argnums, has_aux))


@_legacy("torch.func")
def jacrev(
    func: Callable[..., Any],
    argnums: int | tuple[int, ...] = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """Aux, outer modes, the warning and errors are as in :func:`functorch.vjp`.

    From https://pytorch.org/docs/stable/generated/torch.func.jacrev.html:
    """
    warn(MESSAGES["functorch.jacrev"])
    if has_aux:
        func = _with_any_aux("functorch.jacrev", func, named=True)
    return _guarded(
        torch.func.jacrev(
            func,
            argnums,
            has_aux=has_aux,
            chunk_size=chunk_size,
            _preallocate_and_copy=_preallocate_and_copy,
        )
    )


@_legacy("torch.func")
def jacfwd(
    func: Callable[..., Any],
    argnums: Any = 0,
    has_aux: bool = False,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Aux, outer modes, the warning and errors are as in :func:`functorch.vjp`.

    From https://pytorch.org/docs/stable/generated/torch.func.jacfwd.html:
    """
    warn(MESSAGES["functorch.jacfwd"])
    if not has_aux:
        return _guarded(torch.func.jacfwd(func, argnums, randomness=randomness))
    from functorch_compat.auxiliary import restore_carried_aux

    with_aux = _with_any_aux("functorch.jacfwd", func, carried=True)
    jacobian = _guarded(torch.func.jacfwd(with_aux, argnums, True, randomness=randomness))
    return _named_after(
        func, lambda *args, **kwargs: restore_carried_aux(jacobian(*args, **kwargs))
    )


@_legacy("torch.func")
def hessian(func: Callable[..., Any], argnums: Any = 0) -> Callable[..., Any]:
    """Outer modes, the warning and errors are as in :func:`functorch.vjp`.

    From https://pytorch.org/docs/stable/generated/torch.func.hessian.html:
    """
    warn(MESSAGES["functorch.hessian"])
    return _guarded(torch.func.hessian(func, argnums))


# vmap and functionalize do not differentiate, so they need no guard against inference mode.
@_legacy("torch.func")
def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """From https://pytorch.org/docs/stable/generated/torch.func.vmap.html:"""  # noqa: D415
    warn(MESSAGES["functorch.vmap"])
    return torch.func.vmap(func, in_dims, out_dims, randomness, chunk_size=chunk_size)


@_legacy("torch.func")
def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """From https://pytorch.org/docs/stable/generated/torch.func.functionalize.html:"""  # noqa: D415
    warn(MESSAGES["functorch.functionalize"])
    return torch.func.functionalize(func, remove=remove)


def module_utilities() -> Any:
    """Return torch's module with ``make_functional`` and its relatives, or ours if it is gone."""
    try:
        return import_module("torch._functorch.make_functional")
    except ModuleNotFoundError:  # The shim is not active. Its finder would have found ours.
        return import_module("functorch_compat.fallbacks.make_functional")


@_legacy("torch._functorch.make_functional")
def make_functional(model: torch.nn.Module, disable_autograd_tracking: bool = False) -> Any:
    """See https://pytorch.org/docs/stable/func.migrating.html for how to write it today."""
    warn(MESSAGES["functorch.make_functional"])
    return module_utilities().make_functional(model, disable_autograd_tracking)


@_legacy("torch._functorch.make_functional")
def make_functional_with_buffers(
    model: torch.nn.Module, disable_autograd_tracking: bool = False
) -> Any:
    """See https://pytorch.org/docs/stable/func.migrating.html for how to write it today."""
    warn(MESSAGES["functorch.make_functional_with_buffers"])
    return module_utilities().make_functional_with_buffers(model, disable_autograd_tracking)


@_legacy("torch._functorch.make_functional")
def combine_state_for_ensemble(models: list[torch.nn.Module]) -> Any:
    """See https://pytorch.org/docs/stable/func.migrating.html for how to write it today."""
    warn(MESSAGES["functorch.combine_state_for_ensemble"])
    return module_utilities().combine_state_for_ensemble(models)
