"""Legacy calls with an untyped argument, one at least for each overload of each name."""

from functools import partial
from typing import Any

import functorch
import torch
from functorch import grad, grad_and_value, jacfwd, jacrev, jvp, vjp
from torch import Tensor
from typing_extensions import assert_type


def func(x: Tensor) -> Tensor:
    return torch.sin(x)


def with_aux(x: Tensor) -> tuple[Tensor, dict[str, int]]:
    return torch.sin(x), {"step": 3}


def unannotated(x):  # type: ignore
    return x.sin()


def vjps(x: Tensor, flag: bool, untyped: Any, *args: Any, **options: Any) -> None:
    output, vjp_fn, aux = vjp(lambda t: (t.sin(), {"n": 3}), x, has_aux=True)  # deprecated: vjp
    assert_type(output, Any)
    assert_type(vjp_fn(x), tuple[Tensor])
    assert_type(aux, dict[str, int])
    assert_type(vjp(unannotated, x, has_aux=True)[2], Any)  # deprecated: vjp
    assert_type(vjp(partial(with_aux), x, has_aux=True)[2], dict[str, int])  # deprecated: vjp
    assert_type(vjp(with_aux, *args, has_aux=True)[2], dict[str, int])  # deprecated: vjp
    assert_type(vjp(untyped, x, has_aux=True)[1](x), tuple[Tensor])  # deprecated: vjp

    output, vjp_fn = vjp(lambda t: t.sin(), x)  # deprecated: vjp
    assert_type(output, Any)
    assert_type(vjp_fn(x), tuple[Tensor])
    assert_type(vjp(unannotated, x)[1](x), tuple[Tensor])  # deprecated: vjp
    assert_type(vjp(unannotated, x, has_aux=False)[1](x), tuple[Tensor])  # deprecated: vjp
    assert_type(vjp(partial(func), untyped)[0], Tensor)  # deprecated: vjp
    assert_type(vjp(func, *args)[0], Tensor)  # deprecated: vjp
    assert_type(vjp(untyped, *args)[0], Any)  # deprecated: vjp

    assert_type(vjp(unannotated, x, has_aux=flag)[0], Any)  # deprecated: vjp
    vjp(func, x, has_aux=untyped)  # deprecated: vjp
    vjp(with_aux, *args, **options)  # deprecated: vjp


def jvps(x: Tensor, flag: bool, untyped: Any) -> None:
    assert_type(
        jvp(lambda t: (func(t), {"n": 3}), (x,), (x,), has_aux=True),  # deprecated: jvp
        tuple[Tensor, Tensor, dict[str, int]],
    )
    assert_type(jvp(unannotated, (x,), (x,), has_aux=True)[2], Any)  # deprecated: jvp
    assert_type(jvp(partial(func), untyped, (x,)), tuple[Tensor, Tensor])  # deprecated: jvp
    assert_type(jvp(untyped, (x,), (x,), strict=untyped)[1], Any)  # deprecated: jvp
    assert_type(jvp(untyped, (x,), (x,), has_aux=flag)[1], Any)  # deprecated: jvp
    jvp(func, (x,), (x,), has_aux=untyped)  # deprecated: jvp


def grads(x: Tensor, flag: bool, untyped: Any, *args: Any, **options: Any) -> None:
    by_keyword = grad(lambda t: (t.sum(), {"n": 3}), has_aux=True)  # deprecated: grad
    assert_type(by_keyword(x)[1], dict[str, int])
    by_position = grad(lambda t: (t.sum(), {"n": 3}), untyped, True)  # deprecated: grad
    assert_type(by_position(x)[1], dict[str, int])
    assert_type(grad(partial(with_aux), has_aux=True)(x)[1], dict[str, int])  # deprecated: grad
    assert_type(grad(unannotated, 0, True)(x)[1], Any)  # deprecated: grad
    assert_type(grad(unannotated, has_aux=True)(x)[1], Any)  # deprecated: grad
    assert_type(grad(unannotated)(x), Any)  # deprecated: grad
    assert_type(grad(unannotated, has_aux=False)(x), Any)  # deprecated: grad
    assert_type(grad(untyped, untyped)(x), Any)  # deprecated: grad
    assert_type(grad(unannotated, has_aux=flag)(x), tuple[Any, Any])  # deprecated: grad
    assert_type(grad(unannotated, 0, flag)(x), tuple[Any, Any])  # deprecated: grad
    grad(func, has_aux=untyped)  # deprecated: grad
    grad(func, *args)  # deprecated: grad
    grad(with_aux, *args, **options)  # deprecated: grad


def grads_and_values(x: Tensor, flag: bool, untyped: Any) -> None:
    by_keyword = grad_and_value(lambda t: (func(t), 3), has_aux=True)  # deprecated: grad_and_value
    assert_type(by_keyword(x), tuple[Any, tuple[Tensor, int]])
    by_position = grad_and_value(lambda t: (func(t), 3), 0, True)  # deprecated: grad_and_value
    assert_type(by_position(x), tuple[Any, tuple[Tensor, int]])
    assert_type(grad_and_value(partial(func))(x)[1], Tensor)  # deprecated: grad_and_value
    grad_and_value(unannotated, has_aux=True)  # deprecated: grad_and_value
    grad_and_value(unannotated, untyped, True)  # deprecated: grad_and_value
    grad_and_value(unannotated)  # deprecated: grad_and_value
    grad_and_value(unannotated, has_aux=flag)  # deprecated: grad_and_value
    grad_and_value(unannotated, 0, flag)  # deprecated: grad_and_value
    grad_and_value(func, untyped, untyped)  # deprecated: grad_and_value


def jacobians(x: Tensor, flag: bool, untyped: Any) -> None:
    of_lambda = jacrev(lambda t: (t.sin(), {"n": 3}), has_aux=True)  # deprecated: jacrev
    assert_type(of_lambda(x)[1], dict[str, int])
    jacrev(unannotated, untyped, has_aux=True)  # deprecated: jacrev
    jacrev(unannotated, chunk_size=untyped)  # deprecated: jacrev
    jacrev(unannotated, has_aux=flag)  # deprecated: jacrev
    jacrev(func, has_aux=untyped)  # deprecated: jacrev

    forward = jacfwd(lambda t: (t.sin(), {"n": 3}), has_aux=True)  # deprecated: jacfwd
    assert_type(forward(x)[1], dict[str, int])
    by_position = jacfwd(lambda t: (t.sin(), {"n": 3}), 0, True)  # deprecated: jacfwd
    assert_type(by_position(x)[1], dict[str, int])
    jacfwd(unannotated, untyped, has_aux=True)  # deprecated: jacfwd
    jacfwd(unannotated, untyped, True)  # deprecated: jacfwd
    jacfwd(unannotated, randomness=untyped)  # deprecated: jacfwd
    jacfwd(unannotated, has_aux=flag)  # deprecated: jacfwd
    jacfwd(unannotated, 0, flag)  # deprecated: jacfwd
    jacfwd(func, has_aux=untyped)  # deprecated: jacfwd

    assert_type(functorch.hessian(unannotated)(x), Any)  # deprecated: hessian


def others(x: Tensor, untyped: Any) -> None:
    assert_type(functorch.vmap(lambda t: func(t))(x), Tensor)  # deprecated: vmap
    assert_type(functorch.functionalize(unannotated)(x), Any)  # deprecated: functionalize
    functorch.make_fx(unannotated)(x)  # deprecated: make_fx

    _, params = functorch.make_functional(untyped)  # deprecated: make_functional
    assert_type(params, tuple[Tensor, ...])
    make = functorch.make_functional_with_buffers  # deprecated: make_functional_with_buffers
    assert_type(make(untyped)[2], tuple[Tensor, ...])
    combine = functorch.combine_state_for_ensemble  # deprecated: combine_state_for_ensemble
    assert_type(combine(untyped)[1], tuple[Tensor, ...])
    functorch.FunctionalModule(untyped, (), {})(params, x)  # deprecated: FunctionalModule
    with_buffers = functorch.FunctionalModuleWithBuffers  # deprecated: FunctionalModuleWithBuffers
    assert_type(with_buffers(untyped, (), (), {}, {}).buffer_names, tuple[str, ...])
