"""The experimental names, from where torch has them today."""

from functorch_compat.reexport import reexport

reexport(globals())
