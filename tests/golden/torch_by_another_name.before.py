"""If the code calls torch by another name, th, the new code does so too."""
import functorch
import torch as th

print(functorch.vjp(th.sin, x))
