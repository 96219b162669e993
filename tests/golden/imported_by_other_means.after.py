"""A star import and a call need a person."""
import importlib

from functorch import *
from torch.func import vmap

importlib.import_module("functorch").vjp(f, x)
vmap(f)
