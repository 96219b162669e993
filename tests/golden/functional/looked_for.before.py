"""Calls that look for the module, or take it, use its new name."""
import importlib.util
from unittest.mock import patch

import functorch
import functorch.compile
import functorch.compile.config as config
import torch

is_there = importlib.util.find_spec("functorch") is not None
try:
    importlib.import_module("functorch")
except ImportError:
    is_there = False


def patched(x):
    with patch.object(functorch.compile.config, "debug_partitioner", True):
        with patch.object(config, "cse", False):
            return functorch.grad(torch.sin)(x), config.debug_partitioner, config.cse


result = [is_there, *patched(torch.tensor(1.0)), config.cse]
