"""Finds the names that other files import from a module. Such names must stay in the module."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from functools import cached_property

_IMPORT = re.compile(r"(?:\bfrom\s+([\w.]+)\s+)?\bimport\b\s*(\([^)]*|[^\n;#(]*)")
_WORD = re.compile(r"\w+|\*")
_ATTRIBUTE = re.compile(r"\.\s*(\w+)")


class Importers:
    """The files that may import from some modules.

    The search does not parse the files, and compares only the last part of the name of a module.
    So it may find too many names, but not too few.
    """

    def __init__(self, files: Iterable[str], modules: Collection[str]):
        self.files, self.modules = [*files], {_name(path) for path in modules}

    def imported_elsewhere(self, path: str) -> frozenset[str]:
        """Return the names that other files may import from the module at this path."""
        importers = self._names_by_file.get(_name(path), {})
        return frozenset().union(*(names for file, names in importers.items() if file != path))

    @cached_property
    def _names_by_file(self) -> dict[str, dict[str, set[str]]]:
        """Return, for each module and each file, the names that the file may import from it."""
        importers: dict[str, dict[str, set[str]]] = {module: {} for module in self.modules}
        for file in filter(os.path.isfile, self.files):  # Reading a pipe would never end.
            try:
                with open(file, encoding="utf-8", errors="replace") as opened:
                    text = opened.read()
            except OSError:
                continue
            for module, imported in _IMPORT.findall(text):
                words = {*_WORD.findall(imported)}
                _, _, module = module.rpartition(".")
                if module in importers:
                    importers[module].setdefault(file, set()).update(words)
                for module in words & self.modules:
                    importers[module].setdefault(file, set()).update(_ATTRIBUTE.findall(text))
        return importers


def _name(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]
