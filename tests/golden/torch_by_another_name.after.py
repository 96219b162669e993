"""If the code calls torch by another name, th, the new code does so too."""
import torch as th

print(th.func.vjp(th.sin, x))
