"""What is :mod:`torch._functorch.aot_autograd` today."""

from functorch_compat.reexport import reexport_all

reexport_all(globals())
