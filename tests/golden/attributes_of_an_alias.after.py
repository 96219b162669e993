"""The import becomes one of torch, where there was none."""
import torch, os

print(torch.func.vjp(f, x))


def later():
    return torch.func.functionalize(f)
