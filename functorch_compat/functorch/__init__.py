"""The drop-in ``functorch`` namespace, which :mod:`functorch_compat.activation` finds.

The submodules are torch's own files while torch has them. The table completes them.
"""

import contextlib
import sys

from functorch_compat import legacy_modules

# This must come first, because torch imports functorch while torch itself is being imported.
legacy_modules.complete(sys.modules[__name__])

import torch  # noqa: E402, F401 (torch's own functorch has this name too)

with contextlib.suppress(Exception):  # While torch is being imported, this can fail.
    legacy_modules.put_functions(sys.modules[__name__])

del contextlib, legacy_modules, sys
