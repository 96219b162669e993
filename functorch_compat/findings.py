"""The result of an audit: the uses of legacy names, and the files that cannot be read."""

from __future__ import annotations

from typing import Literal, NamedTuple

How = Literal["import", "use", "call", "star", "string", "declaration", "run"]

NO_DISTRIBUTION = "(of no distribution)"
"""The distribution of code that is neither in the project nor installed."""


class ToolError(Exception):
    """A command cannot do its work. Its text is one line that says why, and what to do."""


class UnreadableError(Exception):
    """A file or a cell cannot be read. Its text says why."""


class Finding(NamedTuple):
    """One use of a legacy name."""

    path: str
    line: int
    """The line, counted from 1. In a notebook it is counted within the cell."""
    column: int
    """The column in characters, counted from 1. It is 0 if only the line is known."""
    cell: int | None
    """The number of the cell in a notebook. Cells of all kinds are counted, from 1."""
    name: str
    replacement: str
    """What to use instead, or empty if nothing is known."""
    kind: str
    """``rename``, ``rewrite`` or ``none``, as in :mod:`functorch_compat.legacy_api`."""
    text: str
    """The text of the line, without the blanks around it."""
    distribution: str = ""
    """The name and version of its distribution. It is empty for code of the project."""
    how: How = "use"
    """How the code names it.

    It is named by an ``import``, by a ``use`` in code, by a ``call`` such as ``import_module``, by
    a ``star`` import of all names, by a ``string`` (a patch target, a doctest), or by a
    ``declaration`` that requires the PyPI project. A ``run`` called it.
    """
    calls: int = 0
    """How often the line called it. It is 0 except in an audit of a run."""

    @property
    def place(self) -> str:
        """The place, in the form that editors understand."""
        cell = f"cell {self.cell}:" if self.cell else ""
        column = f":{self.column}" if self.column else ""
        return f"{self.path}:{cell}{self.line}{column}"

    @property
    def advice(self) -> str:
        """What the user should do, in one sentence."""
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
        """The place, in the form of ``Finding.place`` without a line."""
        return f"{self.path}:cell {self.cell}" if self.cell else self.path


class Result(NamedTuple):
    """The result of an audit."""

    findings: list[Finding]
    unreadable: list[Unreadable]
