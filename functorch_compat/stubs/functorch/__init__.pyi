"""The types of ``functorch``, for type checkers and editors.

``.ci/generate.py`` writes ``__all__`` and the messages.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, Protocol, TypeVar, overload

import torch
from torch import Tensor
from torch.fx.graph_module import GraphModule as _GraphModule
from typing_extensions import ParamSpec, TypeVarTuple, Unpack, deprecated

__all__ = [
    "FunctionalModule",
    "FunctionalModuleWithBuffers",
    "combine_state_for_ensemble",
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "make_functional",
    "make_functional_with_buffers",
    "make_fx",
    "torch",
    "vjp",
    "vmap",
]
__version__: str

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Out = TypeVar("_Out")
_Aux = TypeVar("_Aux")
_Cotangents = TypeVar("_Cotangents", contravariant=True)
_Primals = TypeVarTuple("_Primals")

# If an argument is untyped, several overloads can match. mypy then marks the call as deprecated only
# if these overloads agree on the type of that argument, or on the result. So each overload has a
# type variable for the result of `func`, for `argnums` and for `has_aux`, and an untyped argument
# makes all of them Any. A call whose `has_aux` may be True or False gets the result of True.
_Argnums = TypeVar("_Argnums", bound=int | tuple[int, ...])
_True = TypeVar("_True", bound=Literal[True])
_False = TypeVar("_False", bound=Literal[False])
_Bool = TypeVar("_Bool", bound=bool)

class _VjpFn(Protocol[_Cotangents, Unpack[_Primals]]):
    def __call__(
        self,
        cotangents: _Cotangents,
        retain_graph: bool = True,
        create_graph: bool | None = None,
    ) -> tuple[Unpack[_Primals]]: ...

@overload
@deprecated(
    "functorch.vjp is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.vjp` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def vjp(
    func: Callable[..., tuple[_Out, _Aux]], *primals: Unpack[_Primals], has_aux: _True
) -> tuple[_Out, _VjpFn[_Out, Unpack[_Primals]], _Aux]: ...
@overload
@deprecated(
    "functorch.vjp is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.vjp` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def vjp(  # type: ignore[overload-overlap]
    func: Callable[..., _Out], *primals: Unpack[_Primals], has_aux: _False = ...
) -> tuple[_Out, _VjpFn[_Out, Unpack[_Primals]]]: ...
@overload
@deprecated(
    "functorch.vjp is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.vjp` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def vjp(
    func: Callable[..., _R], *primals: Unpack[_Primals], has_aux: _Bool
) -> tuple[Any, _VjpFn[Any, Unpack[_Primals]], Any]: ...
@overload
@deprecated(
    "functorch.jvp is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jvp` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jvp(
    func: Callable[..., tuple[_Out, _Aux]],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: _True,
) -> tuple[_Out, _Out, _Aux]: ...
@overload
@deprecated(
    "functorch.jvp is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jvp` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jvp(
    func: Callable[..., _Out],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: _False = ...,
) -> tuple[_Out, _Out]: ...
@overload
@deprecated(
    "functorch.jvp is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jvp` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jvp(
    func: Callable[..., _R],
    primals: Any,
    tangents: Any,
    *,
    strict: bool = False,
    has_aux: _Bool,
) -> tuple[Any, Any, Any]: ...
@overload
@deprecated(
    "functorch.grad is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad(
    func: Callable[_P, tuple[Any, _Aux]],
    argnums: _Argnums = ...,
    *,
    has_aux: _True,
) -> Callable[_P, tuple[Any, _Aux]]: ...
@overload
@deprecated(
    "functorch.grad is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad(
    func: Callable[_P, tuple[Any, _Aux]],
    argnums: _Argnums,
    has_aux: _True,
) -> Callable[_P, tuple[Any, _Aux]]: ...
@overload
@deprecated(
    "functorch.grad is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    has_aux: _False = ...,
) -> Callable[_P, Any]: ...
@overload
@deprecated(
    "functorch.grad is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    *,
    has_aux: _Bool,
) -> Callable[_P, tuple[Any, Any]]: ...
@overload
@deprecated(
    "functorch.grad is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad(
    func: Callable[_P, _R],
    argnums: _Argnums,
    has_aux: _Bool,
) -> Callable[_P, tuple[Any, Any]]: ...
@overload
@deprecated(
    "functorch.grad_and_value is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad_and_value` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad_and_value(
    func: Callable[_P, tuple[_Out, _Aux]],
    argnums: _Argnums = ...,
    *,
    has_aux: _True,
) -> Callable[_P, tuple[Any, tuple[_Out, _Aux]]]: ...
@overload
@deprecated(
    "functorch.grad_and_value is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad_and_value` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad_and_value(
    func: Callable[_P, tuple[_Out, _Aux]],
    argnums: _Argnums,
    has_aux: _True,
) -> Callable[_P, tuple[Any, tuple[_Out, _Aux]]]: ...
@overload
@deprecated(
    "functorch.grad_and_value is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad_and_value` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad_and_value(  # type: ignore[overload-overlap]
    func: Callable[_P, _Out],
    argnums: _Argnums = ...,
    has_aux: _False = ...,
) -> Callable[_P, tuple[Any, _Out]]: ...
@overload
@deprecated(
    "functorch.grad_and_value is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad_and_value` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad_and_value(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    *,
    has_aux: _Bool,
) -> Callable[_P, tuple[Any, tuple[Any, Any]]]: ...
@overload
@deprecated(
    "functorch.grad_and_value is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.grad_and_value` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def grad_and_value(
    func: Callable[_P, _R],
    argnums: _Argnums,
    has_aux: _Bool,
) -> Callable[_P, tuple[Any, tuple[Any, Any]]]: ...
@overload
@deprecated(
    "functorch.jacrev is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacrev` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacrev(
    func: Callable[_P, tuple[Any, _Aux]],
    argnums: _Argnums = ...,
    *,
    has_aux: _True,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[_P, tuple[Any, _Aux]]: ...
@overload
@deprecated(
    "functorch.jacrev is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacrev` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacrev(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    *,
    has_aux: _False = ...,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[_P, Any]: ...
@overload
@deprecated(
    "functorch.jacrev is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacrev` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacrev(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    *,
    has_aux: _Bool,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[_P, tuple[Any, Any]]: ...
@overload
@deprecated(
    "functorch.jacfwd is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacfwd` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacfwd(
    func: Callable[_P, tuple[Any, _Aux]],
    argnums: _Argnums = ...,
    *,
    has_aux: _True,
    randomness: str = "error",
) -> Callable[_P, tuple[Any, _Aux]]: ...
@overload
@deprecated(
    "functorch.jacfwd is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacfwd` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacfwd(
    func: Callable[_P, tuple[Any, _Aux]],
    argnums: _Argnums,
    has_aux: _True,
    *,
    randomness: str = "error",
) -> Callable[_P, tuple[Any, _Aux]]: ...
@overload
@deprecated(
    "functorch.jacfwd is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacfwd` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacfwd(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    has_aux: _False = ...,
    *,
    randomness: str = "error",
) -> Callable[_P, Any]: ...
@overload
@deprecated(
    "functorch.jacfwd is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacfwd` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacfwd(
    func: Callable[_P, _R],
    argnums: _Argnums = ...,
    *,
    has_aux: _Bool,
    randomness: str = "error",
) -> Callable[_P, tuple[Any, Any]]: ...
@overload
@deprecated(
    "functorch.jacfwd is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.jacfwd` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def jacfwd(
    func: Callable[_P, _R],
    argnums: _Argnums,
    has_aux: _Bool,
    *,
    randomness: str = "error",
) -> Callable[_P, tuple[Any, Any]]: ...
@deprecated(
    "functorch.hessian is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.hessian` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def hessian(func: Callable[_P, Any], argnums: int | tuple[int, ...] = 0) -> Callable[_P, Any]: ...
@deprecated(
    "functorch.vmap is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.vmap` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def vmap(
    func: Callable[_P, _R],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[_P, _R]: ...
@deprecated(
    "functorch.functionalize is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.functionalize` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def functionalize(func: Callable[_P, _R], *, remove: str = "mutations") -> Callable[_P, _R]: ...

@deprecated(
    "functorch.FunctionalModule is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.functional_call` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
class FunctionalModule(torch.nn.Module):
    stateless_model: torch.nn.Module
    param_names: tuple[str, ...]
    names_map: dict[str, list[str]]
    def __init__(
        self,
        stateless_model: torch.nn.Module,
        param_names: tuple[str, ...],
        names_map: dict[str, list[str]],
    ) -> None: ...
    def forward(self, params: Iterable[Tensor], *args: Any, **kwargs: Any) -> Any: ...

@deprecated(
    "functorch.FunctionalModuleWithBuffers is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.functional_call` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
class FunctionalModuleWithBuffers(torch.nn.Module):
    stateless_model: torch.nn.Module
    param_names: tuple[str, ...]
    buffer_names: tuple[str, ...]
    all_names_map: dict[str, list[str]]
    def __init__(
        self,
        stateless_model: torch.nn.Module,
        param_names: tuple[str, ...],
        buffer_names: tuple[str, ...],
        param_names_map: dict[str, list[str]],
        buffer_names_map: dict[str, list[str]],
    ) -> None: ...
    def forward(
        self, params: Iterable[Tensor], buffers: Iterable[Tensor], *args: Any, **kwargs: Any
    ) -> Any: ...

@deprecated(
    "functorch.make_functional is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.functional_call` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def make_functional(
    model: torch.nn.Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModule, tuple[Tensor, ...]]: ...
@deprecated(
    "functorch.make_functional_with_buffers is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.functional_call` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def make_functional_with_buffers(
    model: torch.nn.Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]: ...
@deprecated(
    "functorch.combine_state_for_ensemble is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.func.stack_module_state` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def combine_state_for_ensemble(
    models: Sequence[torch.nn.Module],
) -> tuple[FunctionalModuleWithBuffers, tuple[Tensor, ...], tuple[Tensor, ...]]: ...
@deprecated(
    "functorch.make_fx is deprecated since PyTorch 2.0 and will be deleted in a future version of PyTorch. Please use `torch.fx.experimental.proxy_tensor.make_fx` instead; see the migration guide: https://pytorch.org/docs/main/func.migrating.html"
)
def make_fx(
    f: Callable[..., Any],
    decomposition_table: dict[Any, Callable[..., Any]] | None = None,
    tracing_mode: str = "real",
    _allow_non_fake_inputs: bool = False,
    **options: Any,
) -> Callable[..., _GraphModule]: ...
