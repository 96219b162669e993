"""Models in one batch: the module utilities and the other transforms, as tutorials used them."""

import functorch as ft
import torch
from functorch import combine_state_for_ensemble, make_functional_with_buffers, vmap

torch.manual_seed(0)
models = [torch.nn.Linear(3, 2) for _ in range(4)]
data = torch.randn(5, 3)

func, params, buffers = combine_state_for_ensemble(models)
print(vmap(func, in_dims=(0, 0, None))(params, buffers, data).sum((1, 2)))

func, params, buffers = make_functional_with_buffers(models[0])


def loss(params, sample):
    return func(params, buffers, sample).square().sum()


per_sample = ft.vmap(ft.grad(loss), in_dims=(None, 0))(params, data)
print([g.shape for g in per_sample], per_sample[1].sum(0))
print(ft.hessian(lambda s: loss(params, s))(data[0]))
print(ft.jacrev(torch.sin)(data[0]).diagonal(), ft.jacfwd(torch.sin)(data[0]).diagonal())
print(ft.make_fx(lambda x: ft.vjp(torch.sin, x)[1](x)[0])(data[0]).code.count("cos"))
