"""From imports keep their names, aliases, order and comments."""

from functorch import vjp, vmap as vm  # the transforms
from functorch.experimental import functionalize, jvp as forward

print(vjp(f, x), vm(f)(x), functionalize(f), forward(f))
