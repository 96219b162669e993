"""The formats of the audit: text for people, JSON, annotations for GitHub, and SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import functorch_compat
from functorch_compat.findings import Finding, Result, Unreadable
from functorch_compat.legacy_api import MIGRATION_GUIDE


def as_text(result: Result, listed: str | None = None, is_source: bool = True) -> str:
    """Return a line for each finding, and a summary by name.

    ``listed`` says what a baseline lists. The findings are then those that it does not list.
    ``is_source`` says whether the user's source was audited, which ``migrate`` can rewrite.
    """
    lines = []
    by_distribution: dict[str, list[Finding]] = {}
    for finding in result.findings:
        by_distribution.setdefault(finding.distribution, []).append(finding)
    for distribution, findings in by_distribution.items():
        if distribution:
            lines.append(f"{distribution}: {many(len(findings), 'use')} of legacy names")
        lines += [f"{one.place}: {one.advice}{_calls(one.calls, ' ({})')}" for one in findings]
    lines += [f"{one.place}: unreadable: {one.reason}" for one in result.unreadable]
    lines = [printable(line) for line in lines]
    new = "new " if listed else ""
    among = f" ({listed})" if listed else ""
    if result.findings:
        names = Counter(map(_rule, result.findings))
        lines += ["", *(f"{count:6}  {name}" for name, count in names.most_common())]
        calls = _calls(sum(one.calls for one in result.findings), ", from {}")
        migrate = _by_migrate(result) if is_source else ""
        lines.append(f"{len(result.findings):6}  {new}in all{among}{calls}{migrate}")
    if result.unreadable:
        cells = sum(one.cell is not None for one in result.unreadable)
        what = unread(len(result.unreadable) - cells, cells, new)
        advice = "; --exclude leaves out, --write-baseline records" if is_source else ""
        lines += ["", f"{what} could not be read{advice}."]
    if not lines:
        lines = [printable(f"No new uses{among}." if listed else "No uses of legacy names.")]
    return "\n".join(lines) + "\n"


def _calls(count: int, words: str) -> str:
    """Return words with a number of calls, or nothing if calls were not counted."""
    return words.format(many(count, "call")) if count else ""


def _by_migrate(result: Result) -> str:
    """Return how many of the findings ``migrate`` may rewrite, in words."""
    may = sum(one.kind != "none" and one.how != "declaration" for one in result.findings)
    return f"; `functorch-compat migrate` can rewrite at most {may}" if may else ""


def as_json(result: Result) -> str:
    """Return the findings as JSON, in the form that docs/auditing.md documents."""
    findings = []
    for finding in result.findings:
        fields = finding._asdict()
        del fields["text"]
        fields["column"] = finding.column or None
        fields["count"] = fields.pop("calls")
        for optional in ("distribution", "count"):
            if not fields[optional]:
                del fields[optional]
        findings.append(fields)
    unreadable = [one._asdict() for one in result.unreadable]
    document = {"version": 1, "findings": findings, "unreadable": unreadable}
    return json.dumps(document, indent=2) + "\n"


def as_github(result: Result) -> str:
    """Return workflow commands. GitHub shows each one beside its line.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for finding in result.findings:
        # GitHub counts the lines of the file, which a line of a cell does not tell.
        column = f",col={finding.column}" if finding.column else ""
        where = "" if finding.cell else f",line={finding.line}{column}"
        cell = f"cell {finding.cell}, line {finding.line}: " if finding.cell else ""
        lines.append(
            f"::error file={_property(finding.path)}{where},title={_property(_rule(finding))}"
            f"::{_data(cell + finding.advice)}"
        )
    lines += [
        f"::error file={_property(one.path)},title=unreadable::{_data(_reason(one))}"
        for one in result.unreadable
    ]
    return "".join(f"{line}\n" for line in lines)


def as_sarif(result: Result) -> str:
    """Return SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html)."""
    rules = {_rule(finding): finding for finding in result.findings}
    driver = {
        "name": "functorch-compat",
        "version": functorch_compat.__version__,
        "rules": [
            {
                "id": rule,
                "shortDescription": {"text": _describes(finding)},
                "help": {"text": finding.advice},
                "helpUri": MIGRATION_GUIDE,
            }
            for rule, finding in rules.items()
        ],
    }
    ids = list(rules)
    results = [
        {
            "ruleId": _rule(finding),
            "ruleIndex": ids.index(_rule(finding)),
            "level": "warning",
            "message": {"text": f"{finding.advice} ({finding.place})"},
            "locations": [{"physicalLocation": _physical_location(finding)}],
        }
        for finding in result.findings
    ]
    notifications = [
        {
            "level": "error",
            "message": {"text": _reason(one)},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(one.path)}}}],
        }
        for one in result.unreadable
    ]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": not result.unreadable,
                "toolExecutionNotifications": notifications,
            }
        ],
        "results": results,
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(finding: Finding) -> str:
    """Return the name under which findings are counted. A dependency has another than an import."""
    return "functorch (dependency)" if finding.how == "declaration" else finding.name


def _describes(finding: Finding) -> str:
    if finding.how == "declaration":
        return "The PyPI project functorch is an empty package."
    return f"{finding.name} is deprecated."


def _reason(unreadable: Unreadable) -> str:
    return f"cell {unreadable.cell}: {unreadable.reason}" if unreadable.cell else unreadable.reason


FORMATS: dict[str, Callable[[Result], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def printable(line: str) -> str:
    """Return the line with control characters, which a terminal would obey, as escape sequences."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def many(count: int, thing: str) -> str:
    """Return a number with its noun.

    >>> many(2, "use")
    '2 uses'
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def unread(files: int, cells: int, new: str = "") -> str:
    """Return the numbers of files and of cells that cannot be read, in words.

    >>> unread(2, 1)
    '2 files and 1 cell'
    """
    counts = ((files, f"{new}file"), (cells, f"{new}cell"))
    return " and ".join(many(count, thing) for count, thing in counts if count)


def _physical_location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
    if finding.cell is None:  # A line of a cell is not a line of the file.
        location["region"] = {"startLine": finding.line}
        if finding.column:
            location["region"]["startColumn"] = finding.column
    return location


def _uri(path: str) -> str:
    posix = Path(path).as_posix()
    prefix = "file://" if posix.startswith("/") else ""
    return prefix + quote(posix.encode("utf-8", "surrogateescape"))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
