"""What other files import from a module, so that a name which only they need stays in it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from functools import cached_property

_IMPORT = re.compile(r"(?:\bfrom\s+([\w.]+)\s+)?\bimport\b\s*(\([^)]*|[^\n;#(]*)")
_WORD = re.compile(r"\w+|\*")
_ATTRIBUTE = re.compile(r"\.\s*(\w+)")


class Importers:
    """The files that may import from the modules in question.

    A module is known by the last part of its name, and files are not parsed. That finds too much
    rather than too little.
    """

    def __init__(self, files: Iterable[str], modules: Collection[str]):
        self.files, self.modules = [*files], {_name(path) for path in modules}

    def taken(self, path: str) -> frozenset[str]:
        """The names that files other than this one may take from the module in it."""
        takers = self._takers.get(_name(path), {})
        return frozenset().union(*(names for file, names in takers.items() if file != path))

    @cached_property
    def _takers(self) -> dict[str, dict[str, set[str]]]:
        """For each module, what each file takes from it."""
        takers: dict[str, dict[str, set[str]]] = {module: {} for module in self.modules}
        for file in filter(os.path.isfile, self.files):  # to read a pipe would never end
            try:
                with open(file, encoding="utf-8", errors="replace") as opened:
                    text = opened.read()
            except OSError:
                continue
            for module, imported in _IMPORT.findall(text):
                words = {*_WORD.findall(imported)}
                _, _, module = module.rpartition(".")
                if module in takers:
                    takers[module].setdefault(file, set()).update(words)
                for module in words & self.modules:
                    takers[module].setdefault(file, set()).update(_ATTRIBUTE.findall(text))
        return takers


def _name(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]
