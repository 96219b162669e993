"""Control flow operators, from where torch has them today."""

from functorch_compat.reexport import reexport

reexport(globals())
