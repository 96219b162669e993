"""An installed library that knows nothing of functorch-compat."""

import torch
from functorch import vjp


def sensitivity(f, x):
    output, vjp_fn = vjp(f, x)
    return vjp_fn(torch.ones_like(output))[0]


def main():
    print(sensitivity(torch.exp, torch.zeros(2)).tolist())
