"""What is :mod:`torch._functorch.make_functional` today."""

from functorch_compat.reexport import reexport_all

reexport_all(globals())
