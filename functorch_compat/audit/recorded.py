"""Audits a run: reads which lines called a legacy name, as each process has recorded them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Collection
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from functorch_compat.audit.installed import editable_source, label_of
from functorch_compat.findings import NO_DISTRIBUTION, Finding, Result, ToolError
from functorch_compat.legacy_api import LEGACY_API
from functorch_compat.recording import VARIABLE, VERSION

# A folder that distributions are installed into, or that of the standard library.
_LIBRARY = re.compile(r"(.*[/\\](?:(?:site|dist)-packages|lib(?:64)?[/\\]python3\.\d+))[/\\](.+)")
# IPython makes up a file name for each cell, which changes from run to run.
_NOTEBOOK = re.compile(r"ipykernel_\d+|ipython-input-")


def audit_recorded(
    folder: str, ignored: Collection[str] = (), project: str | None = None
) -> Result:
    """Return a finding for each line and the legacy name that it called.

    The project's own lines come first, then those of each distribution. Within both, the lines with
    the most calls come first. Files with an ``ignored`` name are not read. ``project`` is a folder
    of the project; without it, that is the current folder.

    Raises:
        ToolError: If the folder or a file cannot be read, or a file is not a record.
    """
    try:
        names = {name for name in os.listdir(folder) if not name.startswith(".")}
    except FileNotFoundError:
        raise ToolError(
            f"{folder}: no such folder: to record a command, put {VARIABLE}={folder} before it"
        ) from None
    except OSError as error:
        raise ToolError(f"{folder} cannot be read: {error.strerror}") from None
    project = _whole_project(project or os.getcwd())
    calls: Counter[Finding] = Counter()
    for name in sorted(names.difference(ignored)):
        calls.update(_read(os.path.join(folder, name), project))
    by_distribution: Counter[str] = Counter()
    for finding, count in calls.items():
        by_distribution[finding.distribution] += count
    findings = sorted(finding._replace(calls=count) for finding, count in calls.items())
    findings.sort(key=lambda f: f.calls, reverse=True)
    findings.sort(
        key=lambda f: (f.distribution != "", -by_distribution[f.distribution], f.distribution)
    )
    return Result(findings, [])


def _read(file: str, project: str) -> Counter[Finding]:
    """Return how often one process called each name at each line."""
    calls: Counter[Finding] = Counter()
    try:
        document = json.loads(Path(file).read_bytes())
        if document["version"] != VERSION:
            raise ValueError(f"its version is {document['version']}, not {VERSION}")
        for call in document["calls"]:
            if {key: type(value) for key, value in call.items()} != _TYPES or call["count"] < 1:
                raise ValueError(f"not a call: {call}")
            path, distribution = _place(call["file"], project)
            finding = _finding(call["name"], path, call["line"], call["text"], distribution)
            calls[finding] += call["count"]
    except OSError as error:
        raise ToolError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ToolError(
            f"{file} is not a record of a run ({reason}): record into a folder with nothing else"
        ) from None
    return calls


_TYPES = {"name": str, "file": str, "line": int, "text": str, "count": int}


def _finding(name: str, path: str, line: int, text: str, distribution: str) -> Finding:
    api = LEGACY_API[name]
    row = (name, api.replacement, api.kind)
    return Finding(path, line, 0, None, *row, text, distribution, how="run")


def _whole_project(folder: str) -> str:
    """Return the editable install that a folder is in, or else the folder itself."""
    real = os.path.realpath(folder)
    return next((source for source in _editable_sources() if _is_in(real, source)), folder)


def _place(file: str, project: str) -> tuple[str, str]:
    """Return the path to show for a file, and its distribution unless it is in the project."""
    installed = _LIBRARY.match(file)
    if installed is not None:
        folder, path = installed.groups()
        return path, _owner(folder, path)
    if _NOTEBOOK.search(file):
        return "<notebook>", NO_DISTRIBUTION
    if file.startswith("<"):  # The code has no file, as in `exec`.
        return file, NO_DISTRIBUTION
    real = os.path.realpath(file)
    if _is_in(real, project):
        return os.path.relpath(real), ""
    for source, distribution in _editable_sources().items():
        if _is_in(real, source):
            return os.path.relpath(real, source), distribution
    if _is_in(real, tempfile.gettempdir()):  # Each run has another folder there.
        return f"<temporary>/{os.path.basename(file)}", NO_DISTRIBUTION
    return file, ""


def _owner(folder: str, path: str) -> str:
    """Return the distribution of a file in a folder of installed packages."""
    line = re.compile(rf"^{re.escape(Path(path).as_posix())},", re.M)
    owners = (label for label, record in _records(folder) if line.search(record))
    return next(owners, NO_DISTRIBUTION)


@cache
def _records(folder: str) -> list[tuple[str, str]]:
    """Return each distribution in a folder, with the text that lists its files."""
    # Parsing these lists, as `Distribution.files` does, takes most of a minute beside torch.
    found = distributions(path=[folder])
    return [(label_of(one), one.read_text("RECORD") or "") for one in found]


@cache
def _editable_sources() -> dict[str, str]:
    """Return the folder of each editable install, with its distribution."""
    sources = {editable_source(distribution): distribution for distribution in distributions()}
    return {source: label_of(one) for source, one in sources.items() if source is not None}


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(os.path.realpath(folder), ""))
