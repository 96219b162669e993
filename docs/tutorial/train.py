"""Train a network with clipped per-sample gradients, and find its most important inputs."""

import torch
from functorch import grad, make_functional_with_buffers, vjp, vmap

torch.manual_seed(0)
x = torch.randn(256, 4, dtype=torch.float64)
y = torch.sin(3 * x[:, :1]) + x[:, 1:2]
model = torch.nn.Sequential(
    torch.nn.BatchNorm1d(4),
    torch.nn.Linear(4, 32),
    torch.nn.Tanh(),
    torch.nn.Linear(32, 1),
).to(torch.float64)
model(x)  # sets the statistics of BatchNorm
model.eval()
func, params, buffers = make_functional_with_buffers(model)


def loss(params, x, y):
    output = func(params, buffers, x[None])
    return (output - y).square().mean()


def clipped_gradients(params, limit=1.0):
    per_sample = vmap(grad(loss), in_dims=(None, 0, 0))(params, x, y)
    norms = torch.stack([g.flatten(1).norm(dim=1) for g in per_sample]).norm(dim=0)
    weights = (limit / norms).clamp(max=1)
    return [torch.tensordot(weights, g, 1) / len(x) for g in per_sample]


def sensitivity(params):
    def predict(x):
        return func(params, buffers, x), {"rows": len(x)}

    output, vjp_fn, aux = vjp(predict, x, has_aux=True)
    (products,) = vjp_fn(torch.ones_like(output))
    return products.abs().sum(0) / aux["rows"]


if __name__ == "__main__":
    for _ in range(20):
        params = [p - 0.5 * g for p, g in zip(params, clipped_gradients(params))]
    print("error", f"{(func(params, buffers, x) - y).abs().mean():.6f}")
    print("sensitivity", [f"{s:.4f}" for s in sensitivity(params).tolist()])
