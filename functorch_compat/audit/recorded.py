"""The audit of a run: the lines that called a legacy name, as its processes recorded them."""

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

# The folder that a distribution is installed into, or that of the standard library.
_LIBRARY = re.compile(r"(.*[/\\](?:(?:site|dist)-packages|lib(?:64)?[/\\]python3\.\d+))[/\\](.+)")
# IPython gives each cell a file name that is another one in the next run.
_NOTEBOOK = re.compile(r"ipykernel_\d+|ipython-input-")


def audit_recorded(folder: str, ignored: Collection[str] = ()) -> Result:
    """Return one finding for each line and name: those of the project, then of distributions.

    Those with the most calls come first. The files in the folder with an ``ignored`` name are of
    another run.

    Raises:
        ToolError: Where the folder, or a file in it, cannot be read or is no record.
    """
    calls: Counter[Finding] = Counter()
    try:
        names = [name for name in os.listdir(folder) if not name.startswith(".")]
    except FileNotFoundError:
        raise ToolError(
            f"{folder}: no such folder: {VARIABLE}={folder} before a command makes it"
        ) from None
    except OSError as error:
        raise ToolError(f"{folder} cannot be read: {error.strerror}") from None
    for name in sorted({*names}.difference(ignored)):
        calls.update(_read(os.path.join(folder, name)))
    findings = [finding._replace(calls=count) for finding, count in calls.items()]
    by_distribution: Counter[str] = Counter()
    for finding in findings:
        by_distribution[finding.distribution] += finding.calls
    findings.sort(
        key=lambda f: (
            f.distribution != "",
            -by_distribution[f.distribution],
            f.distribution,
            -f.calls,
            f.path,
            f.line,
            f.name,
        )
    )
    return Result(findings, [])


def _read(file: str) -> Counter[Finding]:
    """Return how often each line called each name in one process."""
    calls: Counter[Finding] = Counter()
    try:
        with open(file, "rb") as record:
            document = json.load(record)
        if document["version"] != VERSION:
            raise ValueError(f"its version is {document['version']}, not {VERSION}")
        for call in document["calls"]:
            name, path, text = call["name"], call["file"], call["text"]
            line, count = call["line"], call["count"]
            if not isinstance(path, str) or not isinstance(text, str):
                raise ValueError(f"not a call: {call}")
            if type(line) is not int or type(count) is not int or count < 1:
                raise ValueError(f"not a call: {call}")
            calls[_finding(name, path, line, text)] += count
    except OSError as error:
        raise ToolError(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise ToolError(f"{file} is not a record of a run ({reason}): remove it") from None
    return calls


def _finding(name: str, file: str, line: int, text: str) -> Finding:
    path, distribution = _place(file)
    api = LEGACY_API[name]
    return Finding(
        path, line, 0, None, name, api.replacement, api.kind, text, distribution, how="run"
    )


def _place(file: str) -> tuple[str, str]:
    """Return the path to show for a file, and its distribution if it is not of the project."""
    installed = _LIBRARY.match(file)
    if installed is not None:
        folder, path = installed.groups()
        return path, _owner(folder, path)
    if _NOTEBOOK.search(file):
        return "<notebook>", NO_DISTRIBUTION
    if file.startswith("<"):  # code without a file
        return file, NO_DISTRIBUTION
    real = os.path.realpath(file)
    if _is_in(real, os.getcwd()):
        return os.path.relpath(real), ""
    for source, distribution in _editable_sources().items():
        if _is_in(real, source):
            return os.path.relpath(real, source), distribution
    if _is_in(real, tempfile.gettempdir()):  # where each run has another folder
        return f"<temporary>/{os.path.basename(file)}", NO_DISTRIBUTION
    return file, ""


def _owner(folder: str, path: str) -> str:
    """Return the distribution that a file in a folder of installed packages is of."""
    line = re.compile(rf"^{re.escape(Path(path).as_posix())},", re.M)
    owners = (label for label, record in _records(folder) if line.search(record))
    return next(owners, NO_DISTRIBUTION)


@cache
def _records(folder: str) -> list[tuple[str, str]]:
    """Return each distribution with its list of files, which `files` would take long to parse."""
    found = distributions(path=[folder])
    return [(label_of(one), one.read_text("RECORD") or "") for one in found]


@cache
def _editable_sources() -> dict[str, str]:
    """Return the folder of each editable install, with its distribution."""
    sources = {editable_source(distribution): distribution for distribution in distributions()}
    return {source: label_of(one) for source, one in sources.items() if source is not None}


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(os.path.realpath(folder), ""))
