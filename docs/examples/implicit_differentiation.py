"""Solve a fixed-point equation, and differentiate the solution without unrolling the solver.

The layer is z = tanh(w z + x). Its solver runs without a graph; by the implicit function theorem
the gradients follow from vector-Jacobian products at the solution alone, with u = v + u df/dz.
"""

import torch
from functorch import vjp

torch.manual_seed(0)
w = 0.2 * torch.randn(4, 4, dtype=torch.float64)
x = torch.randn(4, dtype=torch.float64)


def f(z, w, x):
    return torch.tanh(w @ z + x)


def iterate(step, z, tolerance=1e-12):
    for count in range(1000):
        z, previous = step(z), z
        if (z - previous).norm() < tolerance:
            return z, count
    raise RuntimeError("the iteration does not converge")


def solve_with_gradients(w, x, loss):
    z, steps = iterate(lambda z: f(z, w, x), torch.zeros_like(x))

    def loss_and_residual(z):
        return loss(z), (f(z, w, x) - z).norm()

    value, loss_vjp, residual = vjp(loss_and_residual, z, has_aux=True)
    (v,) = loss_vjp(torch.ones_like(value))

    _, f_vjp = vjp(f, z, w, x)
    u, _ = iterate(lambda u: v + f_vjp(u)[0], v)
    _, grad_w, grad_x = f_vjp(u)
    print(f"solved in {steps} steps, residual below 1e-11: {bool(residual < 1e-11)}")
    return value, grad_w, grad_x


def loss(z):
    return (z**2).sum()


value, grad_w, grad_x = solve_with_gradients(w, x, loss)
print("loss  ", f"{value.item():.8f}")
print("dl/dx ", [f"{g:.6f}" for g in grad_x.tolist()])
print("dl/dw0", [f"{g:.6f}" for g in grad_w[0].tolist()])

step = 1e-6
moved = [iterate(lambda z, d=d: f(z, w, x + d), z=torch.zeros_like(x))[0] for d in (step, -step)]
difference = (loss(moved[0]) - loss(moved[1])) / (2 * step)
print("agrees with finite differences:", bool((difference - grad_x.sum()).abs() < 1e-7))
