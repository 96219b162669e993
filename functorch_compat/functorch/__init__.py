"""The drop-in ``functorch`` namespace, found by :mod:`functorch_compat.activation`.

Its submodules are torch's own files while torch has them, completed from the table of legacy names.
"""

import contextlib
import sys

from functorch_compat import legacy_modules

# First of all: torch imports functorch while it is being imported itself.
legacy_modules.complete(sys.modules[__name__])

import torch  # noqa: E402, F401 (the shipped functorch has it too)

with contextlib.suppress(Exception):  # While torch is being imported, they cannot be made yet.
    legacy_modules.put_functions(sys.modules[__name__])

del contextlib, legacy_modules, sys
