"""From imports keep their names, aliases, order and comments."""

from torch.func import vjp, vmap as vm  # the transforms
from torch.func import functionalize, jvp as forward

print(vjp(f, x), vm(f)(x), functionalize(f), forward(f))
