"""Calls that look for the module, or take it, use its new name."""
import importlib.util
from unittest.mock import patch

import torch
import torch._functorch.config
import torch._functorch.config as config

is_there = importlib.util.find_spec("torch.func") is not None
try:
    importlib.import_module("torch.func")
except ImportError:
    is_there = False


def patched(x):
    with patch.object(torch._functorch.config, "debug_partitioner", True):
        with patch.object(config, "cse", False):
            return torch.func.grad(torch.sin)(x), config.debug_partitioner, config.cse


result = [is_there, *patched(torch.tensor(1.0)), config.cse]
