"""Lines that silence the audit stay as they are."""
import functorch  # noqa: TID251
import torch
from functorch import vjp  # noqa: TID251

functorch.vmap(f)
functorch.grad(f)  # noqa: TID251
