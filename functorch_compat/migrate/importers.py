"""What other files import from a module, so that a name which only they need stays in it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable
from functools import cached_property

_WORD = re.compile(r"\w+|\*")
_ATTRIBUTE = re.compile(r"\.\s*(\w+)")


class Importers:
    """The files that may import from the modules in question.

    A module is known by the last part of its name, and files are not parsed. That finds too much
    rather than too little.
    """

    def __init__(self, files: Iterable[str], modules: Collection[str]):
        self.files, self.modules = [*files], {_name(path) for path in modules}

    def take(self, path: str, name: str) -> bool:
        """Whether a file other than this one may take a name from the module in it."""
        takers = self._takers.get(_name(path), {})
        return any(
            file != path and not names.isdisjoint((name, "*")) for file, names in takers.items()
        )

    @cached_property
    def _takers(self) -> dict[str, dict[str, set[str]]]:
        """For each module, what each file takes from it."""
        modules = "|".join(map(re.escape, self.modules))
        names = re.compile(rf"\bfrom\s+[\w.]*\b({modules})\s+import\b\s*(\([^)]*|[^\n;#]*)")
        whole = re.compile(rf"\bimport\b(?:\s*\([^)]*?|[^\n;#(]*?)\b({modules})\b")
        takers: dict[str, dict[str, set[str]]] = {}
        for file in self.files:
            try:
                with open(file, encoding="utf-8", errors="replace") as opened:
                    text = opened.read()
            except OSError:
                continue
            for found in names.finditer(text):
                taken = takers.setdefault(found[1], {}).setdefault(file, set())
                taken.update(_WORD.findall(found[2]))
            for found in whole.finditer(text):
                taken = takers.setdefault(found[1], {}).setdefault(file, set())
                taken.update(_ATTRIBUTE.findall(text))
        return takers


def _name(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]
