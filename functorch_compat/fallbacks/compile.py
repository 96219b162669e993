"""The compiler's building blocks, from where torch has them today."""

from functorch_compat.reexport import reexport

reexport(globals())
