"""Another import of torch counts only if it comes first, and always."""
import torch

print(torch.func.vjp(f, x))
if debug:
    import torch
