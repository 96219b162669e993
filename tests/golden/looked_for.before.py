"""A call that looks for the module, or takes it, gets it by its new name."""
import importlib.util
from unittest.mock import patch

import functorch
import functorch.compile
import functorch.compile.config as config

has_functorch = importlib.util.find_spec("functorch") is not None
try:
    importlib.import_module("functorch")
except ImportError:
    pass


def patched():
    with patch.object(functorch.compile.config, "debug_joint", True):
        with patch.object(config, "debug_graphs", True):
            return functorch.vjp(f, x)


patched()
