"""Who calls torch th goes on to do so."""
import functorch
import torch as th

print(functorch.vjp(th.sin, x))
