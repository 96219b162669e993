"""One use of a legacy name, and what an audit gives."""

from __future__ import annotations

from typing import NamedTuple

from functorch_compat.legacy_api import LEGACY_API, MODULES


class AuditError(Exception):
    """The audit cannot be made. The text says why, and what to do."""


class Unreadable(Exception):
    """A file that cannot be audited. The text says why."""


class Finding(NamedTuple):
    """One use of a legacy name."""

    path: str
    line: int
    """Counted from 1, in a notebook within its cell."""
    column: int
    """Counted from 1, in characters."""
    cell: int | None
    """The cell of a notebook, all kinds of them counted from 1."""
    name: str
    replacement: str
    kind: str
    """``rename``, ``rewrite`` or ``none``, as in :mod:`functorch_compat.legacy_api`."""
    text: str
    """The line itself, without the blanks around it."""
    distribution: str = ""
    """Name and version of the distribution that it is in, where what is installed is audited."""


class Result(NamedTuple):
    """What an audit gives."""

    findings: list[Finding]
    unreadable: dict[str, str]
    """For each file that could not be audited the reason."""


def known(name: str) -> str:
    """The longest name in the table that ``name`` is or is in: ``functorch`` if there is no other.

    >>> known("functorch.vjp.__doc__")
    'functorch.vjp'
    """
    while name not in LEGACY_API and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def use(
    name: str, path: str, line: int, column: int, cell: int | None, text: str, kind: str = ""
) -> Finding:
    """The finding of ``name`` at a place. Its kind is that of the table, if there is no other."""
    if name in LEGACY_API:
        replacement, kind = LEGACY_API[name].replacement, kind or LEGACY_API[name].kind
    else:
        replacement, kind = MODULES[name], kind or "rename"
    return Finding(path, line, column, cell, name, replacement, kind, text.strip())
