"""Defines tasks. A task is a file to migrate, with facts that its code does not show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from functorch_compat.documents import Document
from functorch_compat.findings import Finding


@dataclass(frozen=True)
class Context:
    """The facts about a file that its code does not show."""

    exported: bool = False
    """Whether other code may import the names that this file imports but does not use."""
    mentioned: frozenset[str] = frozenset()
    """The words in magics. They may use imported names that the Python code does not use."""
    imported_elsewhere: frozenset[str] = frozenset()
    """The names that other files may import from this file. ``*`` stands for any name."""
    used: frozenset[str] = frozenset()
    """The legacy names that any of the files uses, without those that stay in a file."""
    keeps_fallbacks: bool = False
    """Whether imports that serve both torch 1 and torch 2 stay."""


class Task(NamedTuple):
    """A file with uses that a rule may rewrite."""

    document: Document
    findings: list[Finding]
    context: Context = Context()
