"""The ratchet: a file with the findings of one day, and what has changed since."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from functorch_compat.files import replace
from functorch_compat.findings import Finding, ToolError

_VERSION = 1


class Entry(NamedTuple):
    """What makes two findings the same: a line that has moved within its file is still itself."""

    path: str
    name: str
    text: str


def write(file: str, findings: list[Finding]) -> None:
    """Replace the file, or leave it as it was where that fails.

    Raises:
        ToolError: Where the file cannot be written.
    """
    entries = [
        {**entry._asdict(), "count": count} for entry, count in sorted(_counted(findings).items())
    ]
    text = json.dumps({"version": _VERSION, "findings": entries}, indent=2) + "\n"
    try:
        replace(file, text.encode())
    except OSError as error:
        raise ToolError(f"{file} cannot be written: {error.strerror}") from None


def compare(file: str, findings: list[Finding]) -> tuple[list[Finding], list[Entry]]:
    """The findings that are not in the file, and the entries of the file that are gone.

    Raises:
        ToolError: Where the file cannot be read, or is no baseline.
    """
    left = _read(file)
    new = []
    for finding in findings:
        entry = _entry(finding)
        if left[entry]:
            left[entry] -= 1
        else:
            new.append(finding)
    return new, sorted(left.elements())


def _entry(finding: Finding) -> Entry:
    return Entry(Path(finding.path).as_posix(), finding.name, finding.text)


def _counted(findings: list[Finding]) -> Counter[Entry]:
    return Counter(map(_entry, findings))


def _read(file: str) -> Counter[Entry]:
    try:
        document = json.loads(Path(file).read_bytes())
        if document["version"] != _VERSION:
            raise ValueError(f"its version is {document['version']}, not {_VERSION}")
        counts: Counter[Entry] = Counter()
        for entry in document["findings"]:
            strings = [entry[field] for field in Entry._fields]
            count = entry["count"]
            if not all(isinstance(s, str) for s in strings) or type(count) is not int or count < 1:
                raise ValueError(f"not an entry: {entry}")
            counts[Entry(*strings)] += count
    except OSError as error:
        raise ToolError(
            f"{file} cannot be read ({error.strerror}): --write-baseline {file} writes it"
        ) from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ToolError(
            f"{file} is not a baseline ({reason}): --write-baseline {file} writes it anew"
        ) from None
    return counts
