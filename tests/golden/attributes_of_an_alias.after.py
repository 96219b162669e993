"""The code did not import torch, so the import of functorch becomes one of torch."""
import torch, os

print(torch.func.vjp(f, x))


def later():
    return torch.func.functionalize(f)
