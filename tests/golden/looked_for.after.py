"""A call that looks for the module, or takes it, gets it by its new name."""
import importlib.util
from unittest.mock import patch

import torch._functorch.config
import torch._functorch.config as config

has_functorch = importlib.util.find_spec("torch.func") is not None
try:
    importlib.import_module("torch.func")
except ImportError:
    pass


def patched():
    with patch.object(torch._functorch.config, "debug_joint", True):
        with patch.object(config, "debug_graphs", True):
            return torch.func.vjp(f, x)


patched()
