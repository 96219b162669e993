"""The baseline: a file that lists findings, so that the audit can report only new ones.

The paths in it are relative to its own folder, so it does not matter where the audit is run.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, NamedTuple, Union

from functorch_compat.audit import declarations
from functorch_compat.audit.formats import unread
from functorch_compat.audit.scope import Scope, is_python
from functorch_compat.files import replace
from functorch_compat.findings import NO_DISTRIBUTION, Finding, Result, ToolError, Unreadable
from functorch_compat.legacy_api import lookup

_VERSION = 2
_CELL = ":cell "


Audited = Union[Scope, Literal["installed", "run"]]
"""What an audit was about: paths, what is installed, or a run."""


class Entry(NamedTuple):
    """What identifies a finding. It has no line number, so a line may move within its file."""

    path: str
    name: str
    """The legacy name. It is empty if the entry is for a file that cannot be read."""
    text: str
    distribution: str = ""
    """The name of its distribution without the version, or empty for code of the project."""


class Baseline(NamedTuple):
    """The entries of a baseline file, each with the number of its findings."""

    file: str
    entries: Mapping[Entry, int] = MappingProxyType({})
    version: int = _VERSION

    def write(self, result: Result, audited: Audited) -> Baseline:
        """Replace the entries that the audit covered, and return the new baseline.

        Raises:
            ToolError: If the file cannot be written. It does not change then.
        """
        kept = {e: n for e, n in self.entries.items() if not self._is_covered(e, audited)}
        # A file has one version. So entries of an old version keep the whole file in it.
        new = self._replace(version=self.version if kept else _VERSION)
        entries = Counter(kept)
        entries.update(map(new._entry_of_finding, result.findings))
        entries.update(map(new._entry_of_unreadable, result.unreadable))
        listed = [_as_json(entry, n) for entry, n in sorted(entries.items()) if entry.name]
        unreadable = [entry.path for entry in sorted(entries) if not entry.name]
        document = {"version": new.version, "findings": listed, "unreadable": unreadable}
        try:
            replace(self.file, (json.dumps(document, indent=2) + "\n").encode())
        except OSError as error:
            raise ToolError(f"{self.file} cannot be written: {error.strerror}") from None
        return new._replace(entries=entries)

    def compare(self, result: Result, audited: Audited) -> tuple[Result, list[Entry]]:
        """Return the findings that the file does not list, and its entries that were not found."""
        left = Counter(self.entries)

        def is_new(entry: Entry) -> bool:
            left[entry] -= 1
            return left[entry] < 0

        new = Result(
            [one for one in result.findings if is_new(self._entry_of_finding(one))],
            [one for one in result.unreadable if is_new(self._entry_of_unreadable(one))],
        )
        # Uses in a file that cannot be read today may still be there.
        unreadable = {self._path(one.path) for one in result.unreadable}
        gone = (entry for entry in sorted((+left).elements()) if self._is_covered(entry, audited))
        return new, [entry for entry in gone if entry.path not in unreadable]

    def described(self, entry: Entry) -> str:
        """Return an entry in one line, with its path relative to the current folder."""
        path = entry.path if entry.distribution else self._from_here(entry)
        return f"{path}: {entry.name}: {entry.text}" if entry.name else f"{path}: unreadable"

    @property
    def sums(self) -> str:
        """The numbers of uses, and of files and cells that cannot be read, with the file's name."""
        uses = sum(count for entry, count in self.entries.items() if entry.name)
        unreadable = [entry.path for entry in self.entries if not entry.name]
        cells = sum(_CELL in path for path in unreadable)
        more = unread(len(unreadable) - cells, cells)
        return f"{uses} in {self.file}{f', and {more} that cannot be read' if more else ''}"

    def _is_covered(self, entry: Entry, audited: Audited) -> bool:
        """Return whether an audit would have found the use of an entry."""
        if audited == "run":
            return True
        if audited == "installed" or entry.distribution:
            return audited == "installed" and entry.distribution != ""
        return self._from_here(entry).partition(_CELL)[0] in audited

    def _from_here(self, entry: Entry) -> str:
        return os.path.relpath(os.path.join(self._folder, entry.path))

    @property
    def _folder(self) -> str:
        return os.path.dirname(os.path.realpath(self.file))

    def _path(self, path: str) -> str:
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        return Path(os.path.relpath(real, self._folder)).as_posix()

    def _entry_of_finding(self, finding: Finding) -> Entry:
        if finding.distribution:
            distribution = finding.distribution
            if distribution != NO_DISTRIBUTION:
                distribution = distribution.rpartition(" ")[0]  # without its version
            return Entry(Path(finding.path).as_posix(), finding.name, finding.text, distribution)
        # Version 1 knew only the names of the table.
        name = finding.name if self.version > 1 else lookup(finding.name)[0]
        return Entry(self._path(finding.path), name, finding.text)

    def _entry_of_unreadable(self, unreadable: Unreadable) -> Entry:
        cell = f"{_CELL}{unreadable.cell}" if unreadable.cell else ""
        return Entry(self._path(unreadable.path) + cell, "", "")


def _as_json(entry: Entry, count: int) -> dict[str, object]:
    fields = entry._asdict()
    if not entry.distribution:
        del fields["distribution"]
    return {**fields, "count": count}


def read(file: str) -> Baseline:
    """Read a baseline.

    Raises:
        ToolError: If the file cannot be read, or is not a baseline.
    """
    try:
        document = json.loads(Path(file).read_bytes())
        version = document["version"]
        if version not in (1, _VERSION):
            raise ValueError(f"its version is {version}, not {_VERSION}")
        entries: Counter[Entry] = Counter()
        for one in document["findings"]:
            strings = [one["path"], one["name"], one["text"], one.get("distribution", "")]
            count = one["count"]
            if not all(isinstance(s, str) for s in strings) or type(count) is not int or count < 1:
                raise ValueError(f"not an entry: {one}")
            entries[Entry(*strings)] += count
        for path in document.get("unreadable", []):
            if not isinstance(path, str):
                raise ValueError(f"not a path: {path}")
            entries[Entry(path, "", "")] += 1
    except OSError as error:
        raise ToolError(
            f"{file} cannot be read ({error.strerror}): --write-baseline {file} writes it"
        ) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ToolError(
            f"{file} is not a baseline ({reason}): --write-baseline {file} writes it anew"
        ) from None
    return Baseline(file, entries, version)


def to_write(file: str) -> Baseline:
    """Return the baseline in a file that will be written. It is empty if there is none yet.

    Raises:
        ToolError: If the file is one that the audit reads, so that writing it would destroy code.
    """
    if is_python(file) or declarations.is_kind(file):
        raise ToolError(f"{file} is a file to audit: name another one for --write-baseline")
    try:
        return read(file)
    except ToolError:
        return Baseline(file)
