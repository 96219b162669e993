"""The files that an audit reads: those in the given paths, without what is excluded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from functorch_compat.audit import declarations, ruff
from functorch_compat.documents import SUFFIXES
from functorch_compat.findings import ToolError

PYTHON = tuple(f"*{suffix}" for suffix in SUFFIXES)
KINDS = (*PYTHON, *declarations.KINDS)
"""Globs of the files that an audit reads."""


def is_python(path: str) -> bool:
    """Return whether a file is Python or a notebook, by its name or by its first line."""
    if os.path.splitext(path)[1]:
        return path.endswith(SUFFIXES)
    try:
        with open(path, "rb") as file:
            return re.match(rb"#!.*python", file.readline(200)) is not None
    except OSError:
        return False


class Exclude(NamedTuple):
    """A pattern of files and folders that the audit does not read.

    A pattern without a slash matches a name in any folder. A pattern with a slash matches a path
    relative to ``folder``. ``**`` matches any folders.
    """

    glob: str
    folder: str

    def matches(self, path: str) -> bool:
        """Return whether the pattern matches the path, or a folder above it."""
        relative = Path(os.path.relpath(path, self.folder)).as_posix()
        return _regex(self.glob).fullmatch(relative) is not None


@cache
def _regex(glob: str) -> re.Pattern[str]:
    glob = re.sub(r"^\./", "", glob.rstrip("/"))
    wild = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]/\\]+\])", glob.lstrip("/"))
    anywhere = "" if "/" in glob else "(?:.*/)?"
    wild.update((part, part.replace("[!", "[^")) for part in parts[1::2] if part[0] == "[")
    regex = "".join(wild.get(part, re.escape(part)) for part in parts)
    return re.compile(f"{anywhere}{regex}(?:/.*)?", re.DOTALL)


class Scope:
    """Files, and folders with all that is in them."""

    def __init__(self, paths: Iterable[str], exclude: Iterable[Exclude] = ()):
        self.paths = tuple(paths)
        self.exclude = tuple(exclude)

    def __contains__(self, path: str) -> bool:
        """Return whether a path is one of these or inside one, and is not excluded."""
        absolute = os.path.realpath(os.path.dirname(path)) + os.sep + os.path.basename(path)
        inside = any(f"{absolute}{os.sep}".startswith(root) for root in self._roots)
        return inside and not self._excludes(path)

    @cached_property
    def _roots(self) -> list[str]:
        return [os.path.join(os.path.realpath(path), "") for path in self.paths]

    def _excludes(self, path: str) -> bool:
        return any(exclude.matches(path) for exclude in self.exclude)

    def files(self) -> list[str]:
        """Return the files of a known kind. Files in a folder that git ignores are left out.

        Raises:
            ToolError: If a path does not exist, or ruff is missing or fails.
        """
        files = []
        for path in self.paths:
            if not os.path.exists(path):
                raise ToolError(f"{path}: no such file or folder")
            if os.path.isdir(path):
                found = ruff.files(path, KINDS)
                # If git ignores the whole folder, the user who named it still wants it.
                if not found and not ruff.files(path, ("*",)):
                    found = ruff.files(path, KINDS, gitignore=False)
                files += found
            elif path not in self.unknown:
                files.append(os.path.normpath(path))
        return [path for path in files if not self._excludes(path)]

    @cached_property
    def unknown(self) -> list[str]:
        """The given files that are of no known kind."""
        files = (path for path in self.paths if os.path.isfile(path))
        return [path for path in files if not is_python(path) and not declarations.is_kind(path)]
