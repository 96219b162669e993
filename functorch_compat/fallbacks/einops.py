"""``rearrange`` as torch has it, on a torch where it works without functorch."""

import torch

torch.func.rearrange(torch.zeros(1), "a -> a")  # That of torch 2.13 imports functorch.einops.
rearrange = torch.func.rearrange
