"""Legacy calls, for type checkers: a line is marked if its comment says so, and for that name."""

import functorch
import torch
from functorch import vjp
from torch import Tensor
from torch.fx.graph_module import GraphModule
from typing_extensions import assert_type

import functorch_compat


def func(x: Tensor) -> Tensor:
    return torch.sin(x)


def loss(x: Tensor, scale: float = 2.0) -> Tensor:
    return torch.sum(torch.mul(x, scale))


def structs(x: Tensor) -> dict[str, Tensor]:
    return {"sin": x.sin()}


def with_aux(x: Tensor) -> tuple[Tensor, dict[str, int]]:
    return x.sin(), {"step": 3}


x = torch.ones(3)
model = torch.nn.Linear(3, 3)

output, vjp_fn = functorch.vjp(func, x)  # deprecated: vjp
assert_type(output, Tensor)
assert_type(vjp_fn(x), tuple[Tensor])

struct, struct_vjp_fn = vjp(structs, x)  # deprecated: vjp
assert_type(struct, dict[str, Tensor])
assert_type(struct_vjp_fn({"sin": x}, retain_graph=False), tuple[Tensor])

product, product_vjp_fn = vjp(torch.matmul, x, {"y": x})  # deprecated: vjp
assert_type(product_vjp_fn(x, create_graph=True), tuple[Tensor, dict[str, Tensor]])

with_aux_output, with_aux_vjp_fn, aux = vjp(with_aux, x, has_aux=True)  # deprecated: vjp
assert_type(with_aux_output, Tensor)
assert_type(with_aux_vjp_fn(x), tuple[Tensor])
assert_type(aux, dict[str, int])

either = vjp(func, x, has_aux=bool(x.sum()))  # deprecated: vjp
assert_type(either[1](x), tuple[Tensor])
from_lambda, _ = functorch_compat.vjp(lambda x: x.sin(), x)  # deprecated: vjp

assert_type(functorch.jvp(func, (x,), (x,)), tuple[Tensor, Tensor])  # deprecated: jvp
assert_type(
    functorch.jvp(with_aux, (x,), (x,), has_aux=True),  # deprecated: jvp
    tuple[Tensor, Tensor, dict[str, int]],
)

gradient = functorch.grad(loss)(x, scale=3.0)  # deprecated: grad
gradient, aux = functorch.grad(with_aux, has_aux=True)(x)  # deprecated: grad
gradient, aux = functorch.grad(with_aux, 0, True)(x)  # deprecated: grad
gradient, value = functorch.grad_and_value(loss, argnums=(0,))(x)  # deprecated: grad_and_value
assert_type(value, Tensor)
both = functorch.grad_and_value(with_aux, has_aux=True)(x)  # deprecated: grad_and_value
gradient, (value, aux) = both
jacobian = functorch.jacrev(func, chunk_size=2)(x)  # deprecated: jacrev
jacobian, aux = functorch.jacrev(with_aux, has_aux=True)(x)  # deprecated: jacrev
jacobian = functorch.jacfwd(func, randomness="same")(x)  # deprecated: jacfwd
jacobian, aux = functorch.jacfwd(with_aux, 0, True)(x)  # deprecated: jacfwd
matrix = functorch.hessian(loss, argnums=0)(x)  # deprecated: hessian

batched = functorch.vmap(func, in_dims=1, chunk_size=2)  # deprecated: vmap
assert_type(batched(x), Tensor)
assert_type(functorch.functionalize(structs)(x), dict[str, Tensor])  # deprecated: functionalize

fmodel, params = functorch.make_functional(model)  # deprecated: make_functional
fmodel(params, x)
assert_type(fmodel.param_names, tuple[str, ...])
assert_type(fmodel.stateless_model, torch.nn.Module)
make = functorch.make_functional_with_buffers  # deprecated: make_functional_with_buffers
_, params, buffers = make(model)
combine = functorch.combine_state_for_ensemble  # deprecated: combine_state_for_ensemble
ensemble, params, buffers = combine([model, model])
ensemble(params, buffers, x)
graph = functorch.make_fx(func)(x)  # deprecated: make_fx
assert_type(graph, GraphModule)


def call(stateless: functorch.FunctionalModule) -> None:  # deprecated: FunctionalModule
    stateless(params, x)


migrated = torch.vmap(func)
version: str = functorch.__version__
