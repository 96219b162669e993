"""Reads the settings of a project: the table ``[tool.functorch-compat]`` in ``pyproject.toml``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from functorch_compat.audit.declarations import toml
from functorch_compat.audit.scope import Exclude, Scope
from functorch_compat.findings import ToolError

_TABLE = "functorch-compat"


class Settings(NamedTuple):
    """The settings of a project, with paths relative to the current folder."""

    paths: tuple[str, ...] = ()
    exclude: tuple[Exclude, ...] = ()
    baseline: str | None = None

    def scope(self, paths: list[str], exclude: list[str]) -> Scope:
        """Return what to audit if a command is called with these paths and patterns."""
        here = os.getcwd()
        more = tuple(Exclude(glob, here) for glob in exclude)
        return Scope(tuple(paths) or self.paths or (".",), (*self.exclude, *more))


def nearest() -> Settings:
    """Return the settings in the current folder, or in the nearest folder above that has some.

    Raises:
        ToolError: If they have an unknown key, or a value of another type.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        file = folder / "pyproject.toml"
        try:
            data = file.read_bytes()
        except OSError:
            continue
        if _TABLE.encode() not in data:
            continue
        try:
            table = toml(data.decode()).get("tool", {}).get(_TABLE)
        except ValueError as error:
            raise ToolError(f"{file} is not TOML ({error}): correct it") from None
        if table is not None:
            return _settings(file, table)
    return Settings()


def _settings(file: Path, table: Any) -> Settings:
    def wrong(what: str) -> ToolError:
        return ToolError(f"{file}: [tool.{_TABLE}] {what}")

    if not isinstance(table, dict):
        raise wrong("is not a table")
    for key, value in table.items():
        if key in ("paths", "exclude"):
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise wrong(f'has a {key} that is no list of strings: write {key} = ["…"]')
        elif key == "baseline":
            if not isinstance(value, str):
                raise wrong('has a baseline that is no string: write baseline = "…"')
        else:
            raise wrong(f"has the unknown key {key!r}: paths, exclude and baseline are known")

    def relative(path: str) -> str:
        return os.path.relpath(file.parent / path)

    baseline = table.get("baseline")
    return Settings(
        tuple(relative(path) for path in table.get("paths", [])),
        tuple(Exclude(glob, str(file.parent)) for glob in table.get("exclude", [])),
        None if baseline is None else relative(baseline),
    )
