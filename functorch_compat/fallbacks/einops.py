"""Offers torch's own ``rearrange``, if it works on this torch without functorch."""

import torch

# If torch's function needs functorch.einops, as in torch 2.13, this call raises: no fallback then.
torch.func.rearrange(torch.zeros(1), "a -> a")
rearrange = torch.func.rearrange
