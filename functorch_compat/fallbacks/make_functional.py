"""Offers ``make_functional`` and its relatives, for a torch that has deleted its own.

Classes and attributes have the same names as in torch, because pickles contain these names.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

_MODULE = "torch._functorch.make_functional"  # Pickles contain this name.


class FunctionalModule(nn.Module):
    """The function that :func:`make_functional` returns: ``func(params, *args, **kwargs)``."""

    __module__ = _MODULE

    def __init__(
        self,
        stateless_model: nn.Module,
        param_names: tuple[str, ...],
        names_map: dict[str, list[str]],
    ) -> None:
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names = param_names
        self.names_map = names_map

    @staticmethod
    def _create_from(
        model: nn.Module, disable_autograd_tracking: bool = False
    ) -> tuple[FunctionalModule, tuple[Tensor, ...]]:
        stateless = copy.deepcopy(model)
        params, names_map = _take_out(stateless, "parameters", disable_autograd_tracking)
        return FunctionalModule(stateless, tuple(names_map), names_map), params

    def forward(self, params: Iterable[Tensor], *args: Any, **kwargs: Any) -> Any:
        """Call the model with ``params`` in place of its own parameters."""
        return _call(self.stateless_model, self.names_map, params, args, kwargs)


class FunctionalModuleWithBuffers(nn.Module):
    """The function that :func:`make_functional_with_buffers` returns.

    Call it as ``func(params, buffers, *args, **kwargs)``.
    """

    __module__ = _MODULE

    def __init__(
        self,
        stateless_model: nn.Module,
        param_names: tuple[str, ...],
        buffer_names: tuple[str, ...],
        param_names_map: dict[str, list[str]],
        buffer_names_map: dict[str, list[str]],
    ) -> None:
        super().__init__()
        self.stateless_model = stateless_model
        self.param_names = param_names
        self.buffer_names = buffer_names
        self.all_names_map = {**param_names_map, **buffer_names_map}

    @staticmethod
    def _create_from(
        model: nn.Module, disable_autograd_tracking: bool = False
    ) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
        stateless = copy.deepcopy(model)
        params, param_names = _take_out(stateless, "parameters", disable_autograd_tracking)
        buffers, buffer_names = _take_out(stateless, "buffers")
        func = FunctionalModuleWithBuffers(
            stateless, tuple(param_names), tuple(buffer_names), param_names, buffer_names
        )
        return func, params, buffers

    def forward(
        self, params: Iterable[Tensor], buffers: Iterable[Tensor], *args: Any, **kwargs: Any
    ) -> Any:
        """Call the model with ``params`` and ``buffers`` in place of its own."""
        state = (*params, *buffers)
        return _call(self.stateless_model, self.all_names_map, state, args, kwargs)


def make_functional(
    model: nn.Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModule, tuple[Tensor, ...]]:
    """Return ``(func, params)``: a function that takes a model's parameters, and the parameters.

    .. code-block:: python

        import torch
        from functorch import grad, make_functional

        x, target = torch.randn(4, 3), torch.randn(4, 3)
        func, params = make_functional(torch.nn.Linear(3, 3))


        def loss(params):
            return torch.nn.functional.mse_loss(func(params, x), target)


        grads = grad(loss)(params)

    Args:
        model: The model. It is copied and stays unchanged.
        disable_autograd_tracking: If True, the parameters have ``requires_grad=False``. Otherwise
            each parameter keeps the ``requires_grad`` that it has in the model.

    Raises:
        RuntimeError: If the model has buffers.
    """
    if next(model.buffers(), None) is not None:
        raise RuntimeError(
            "make_functional(model): `model` has buffers. Please use "
            "make_functional_with_buffers(model) instead."
        )
    return FunctionalModule._create_from(model, disable_autograd_tracking)


def make_functional_with_buffers(
    model: nn.Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return ``(func, params, buffers)``: like :func:`make_functional`, for models with buffers.

    .. code-block:: python

        import torch
        from functorch import make_functional_with_buffers

        model = torch.nn.BatchNorm1d(3).eval()
        func, params, buffers = make_functional_with_buffers(model)
        output = func(params, buffers, torch.randn(4, 3))

    A model in training mode updates in place the buffers that were passed to ``func``.
    """
    return FunctionalModuleWithBuffers._create_from(model, disable_autograd_tracking)


def combine_state_for_ensemble(
    models: Sequence[nn.Module],
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """Return ``(func, params, buffers)`` for several models, so that ``vmap`` can run them at once.

    .. code-block:: python

        import torch
        from functorch import combine_state_for_ensemble, vmap

        models = [torch.nn.Linear(3, 3) for _ in range(5)]
        func, params, buffers = combine_state_for_ensemble(models)
        output = vmap(func, (0, 0, None))(params, buffers, torch.randn(64, 3))
        assert output.shape == (5, 64, 3)

    The parameters and the buffers of the models are stacked along a new first dimension and
    detached.

    Raises:
        RuntimeError: If there is no model, or if the models differ in class or in training mode.
    """
    if not models:
        raise RuntimeError("combine_state_for_ensemble: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError(
            "combine_state_for_ensemble: Expected all models to have the same training/eval mode."
        )
    if len({type(model) for model in models}) > 1:
        raise RuntimeError(
            "combine_state_for_ensemble: Expected all models to be of the same class."
        )
    func, _, _ = make_functional_with_buffers(models[0])
    # stack_module_state needs the same requires_grad in all models. Its result has the same one.
    detached = [copy.deepcopy(model).requires_grad_(False) for model in models]
    params, buffers = torch.func.stack_module_state(detached)
    return func, tuple(params.values()), tuple(buffers.values())


def _take_out(
    model: nn.Module, kind: str, disable_autograd_tracking: bool = False
) -> tuple[tuple[Tensor, ...], dict[str, list[str]]]:
    """Take the parameters or the buffers out of a model, and leave meta Tensors in their places.

    Returns:
        The Tensors, and a dict from the first name of each Tensor to all its names in the model.
        A tied weight has several names.
    """
    names: dict[Tensor, list[str]] = {}
    for name, tensor in getattr(model, f"named_{kind}")(remove_duplicate=False):
        names.setdefault(tensor, []).append(name)
    for tensor, aliases in names.items():
        placeholder = torch.empty_like(tensor, device="meta")
        if kind == "parameters":
            placeholder = nn.Parameter(placeholder, requires_grad=tensor.requires_grad)
            if disable_autograd_tracking:
                tensor.requires_grad_(False)
        for alias in aliases:
            members, attribute = _slot(model, alias)
            members[attribute] = placeholder
    return tuple(names), {aliases[0]: aliases for aliases in names.values()}


def _call(
    model: nn.Module,
    names_map: dict[str, list[str]],
    tensors: Iterable[Tensor],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Call the model with the Tensors in their places, and put the placeholders back."""
    # torch.func.functional_call does not work under torch.jit.trace. If a submodule has two names,
    # it leaves the caller's Tensors in the model.
    slots = [
        (*_slot(model, name), tensor)
        for names, tensor in zip(names_map.values(), tensors)
        for name in names
    ]
    placeholders = [members[attribute] for members, attribute, _ in slots]
    try:
        for members, attribute, tensor in slots:
            members[attribute] = tensor
        return model(*args, **kwargs)
    finally:
        for (members, attribute, _), placeholder in zip(slots, placeholders):
            members[attribute] = placeholder


def _slot(model: nn.Module, name: str) -> tuple[dict[str, Any], str]:
    """Return the dict that holds the parameter or buffer ``name`` of a model, and the key."""
    owner, _, attribute = name.rpartition(".")
    module = model.get_submodule(owner)
    is_parameter = attribute in module._parameters
    members: dict[str, Any] = module._parameters if is_parameter else module._buffers
    return members, attribute
