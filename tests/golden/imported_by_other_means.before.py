"""A star and a call are left to a person."""
import importlib

from functorch import *
from functorch import vmap

importlib.import_module("functorch").vjp(f, x)
vmap(f)
