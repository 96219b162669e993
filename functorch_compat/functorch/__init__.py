"""The drop-in ``functorch`` namespace, found by :mod:`functorch_compat.activation`.

The other modules of ``functorch`` are torch's own while it has them, then those of
``functorch_compat/fallbacks``; ``functorch._src`` is always the one beside this file.
"""

from contextlib import suppress as _suppress

from functorch_compat.legacy_api import LEGACY_API as _LEGACY_API
from functorch_compat.reexport import reexport as _reexport

_lookup = _reexport(globals(), __version__="torch")

# Dynamo before torch 2.4 looks names up in the module's __dict__, so the functions are put there.
# What goes wrong here is left for the first use to say: torch may be broken, or half-imported.
with _suppress(Exception):
    for _name, _api in _LEGACY_API.items():
        if _api.warns:
            _lookup(_name[len("functorch.") :])
