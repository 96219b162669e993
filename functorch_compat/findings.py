"""A use of a legacy name, or a file that cannot be read: what the audit gives to its callers."""

from __future__ import annotations

from typing import Literal, NamedTuple

How = Literal["import", "use", "call", "star", "string", "declaration", "run"]

NO_DISTRIBUTION = "(of no distribution)"
"""Takes the place of a distribution, for code that is neither the project's nor installed."""


class ToolError(Exception):
    """A command cannot do its work. The text is one line that says why, and what to do."""


class UnreadableError(Exception):
    """A file or a cell cannot be read. The text says why."""


class Finding(NamedTuple):
    """One use of a legacy name."""

    path: str
    line: int
    """Counted from 1, in a notebook within its cell."""
    column: int
    """Counted from 1, in characters. It is 0 if only the line is known."""
    cell: int | None
    """The cell of a notebook, all kinds of them counted from 1."""
    name: str
    replacement: str
    """What to use instead. It is empty where nothing is known."""
    kind: str
    """``rename``, ``rewrite`` or ``none``, as in :mod:`functorch_compat.legacy_api`."""
    text: str
    """The line itself, without the blanks around it."""
    distribution: str = ""
    """Name and version of its distribution, in an audit of what is installed."""
    how: How = "use"
    """The word for how it was found.

    An ``import`` names it, code has a ``use`` of it, a ``call`` such as ``import_module`` gets it,
    a ``star`` imports it with all others, a ``string`` names it (a patch target, a doctest), or a
    ``declaration`` requires the PyPI project, or a ``run`` called it.
    """
    calls: int = 0
    """How often the line called it, in an audit of a run."""

    @property
    def place(self) -> str:
        """Where it is, in the form that editors know."""
        cell = f"cell {self.cell}:" if self.cell else ""
        column = f":{self.column}" if self.column else ""
        return f"{self.path}:{cell}{self.line}{column}"

    @property
    def advice(self) -> str:
        """What to do about it, in one sentence."""
        if self.how == "declaration":
            return "depends on functorch, an empty package on PyPI today: remove it"
        if not self.replacement:
            return f"{self.name}: no documented name, and no replacement is known"
        if self.kind == "rewrite":
            return f"{self.name}: rewrite it with {self.replacement}"
        if self.kind == "none":
            return f"{self.name}: nothing takes its place; {self.replacement} comes closest"
        return f"{self.name}: use {self.replacement}"


class Unreadable(NamedTuple):
    """A file that cannot be read, or one cell of a notebook."""

    path: str
    reason: str
    cell: int | None = None

    @property
    def place(self) -> str:
        """What it is, as ``Finding.place`` begins."""
        return f"{self.path}:cell {self.cell}" if self.cell else self.path


class Result(NamedTuple):
    """What an audit gives."""

    findings: list[Finding]
    unreadable: list[Unreadable]
