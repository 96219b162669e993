"""A file that is to be migrated, and what is known of it besides its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from functorch_compat.documents import Document
from functorch_compat.findings import Finding


@dataclass(frozen=True)
class Context:
    """What is known of a file besides its code."""

    exported: bool = False
    """Whether others may import what the code imports and does not use."""
    mentioned: frozenset[str] = frozenset()
    """The words in which an imported name may be used, though no code uses it."""
    taken: frozenset[str] = frozenset()
    """The names that other files import from here, where ``*`` may be any name."""
    used: frozenset[str] = frozenset()
    """The legacy names that code uses in any of the files, and that a rule may rewrite there."""
    keeps_fallbacks: bool = False
    """Whether imports that serve torch 1 stay beside those that take their place."""


class Task(NamedTuple):
    """A file with uses that a rule may rewrite."""

    document: Document
    findings: list[Finding]
    context: Context = Context()
