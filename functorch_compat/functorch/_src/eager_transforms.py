"""What is :mod:`torch._functorch.eager_transforms` today."""

from functorch_compat.reexport import reexport_all

reexport_all(globals())
