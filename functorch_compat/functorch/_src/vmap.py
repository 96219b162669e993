"""What is :mod:`torch._functorch.vmap` today."""

from functorch_compat.reexport import reexport_all

reexport_all(globals())
