"""Another import of torch counts only if it comes first, and always."""
import functorch

print(functorch.vjp(f, x))
if debug:
    import torch
