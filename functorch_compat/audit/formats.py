"""What the audit prints: text for people, JSON, GitHub's annotations, SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import functorch_compat
from functorch_compat.findings import Finding, Result
from functorch_compat.legacy_api import MIGRATION_GUIDE


def as_text(result: Result) -> str:
    """Each finding on a line, and a summary by name."""
    lines = []
    by_distribution: dict[str, list[Finding]] = {}
    for finding in result.findings:
        by_distribution.setdefault(finding.distribution, []).append(finding)
    for distribution, findings in by_distribution.items():
        if distribution:
            lines.append(f"{distribution}: {many(len(findings), 'use')} of legacy names")
        lines += [f"{finding.place}: {finding.advice}" for finding in findings]
    lines += [f"{one.place}: unreadable: {one.reason}" for one in result.unreadable]
    lines = [printable(line) for line in lines]
    if result.findings:
        names = Counter(finding.name for finding in result.findings)
        renames = sum(finding.kind == "rename" for finding in result.findings)
        lines += ["", *(f"{count:6}  {name}" for name, count in names.most_common())]
        lines += [
            f"{len(result.findings):6}  in all; `functorch-compat migrate` can rewrite {renames}",
        ]
    if result.unreadable:
        lines += ["", f"{many(len(result.unreadable), 'file')} could not be read."]
    return "\n".join(lines or ["No uses of legacy names."]) + "\n"


def as_json(result: Result) -> str:
    """The documented format: see docs/auditing.md."""
    findings = []
    for finding in result.findings:
        fields = finding._asdict()
        del fields["text"]
        if not fields["distribution"]:
            del fields["distribution"]
        findings.append(fields)
    unreadable = [one._asdict() for one in result.unreadable]
    document = {"version": 1, "findings": findings, "unreadable": unreadable}
    return json.dumps(document, indent=2) + "\n"


def as_github(result: Result) -> str:
    """Workflow commands, which GitHub shows beside the lines.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    lines = []
    for finding in result.findings:
        # What GitHub counts in a notebook are the lines of the file.
        where = "" if finding.cell else f",line={finding.line},col={finding.column}"
        cell = f"cell {finding.cell}, line {finding.line}: " if finding.cell else ""
        lines.append(
            f"::error file={_property(finding.path)}{where},title={_property(finding.name)}"
            f"::{_data(cell + finding.advice)}"
        )
    lines += [
        f"::error file={_property(one.path)},title=unreadable::{_data(one.reason)}"
        for one in result.unreadable
    ]
    return "".join(f"{line}\n" for line in lines)


def as_sarif(result: Result) -> str:
    """SARIF 2.1.0: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""
    rules = {f.name: f for f in result.findings}
    driver = {
        "name": "functorch-compat",
        "version": functorch_compat.__version__,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": f"{name} is deprecated."},
                "help": {"text": f"Use {finding.replacement}."},
                "helpUri": MIGRATION_GUIDE,
            }
            for name, finding in rules.items()
        ],
    }
    ids = list(rules)
    results = [
        {
            "ruleId": finding.name,
            "ruleIndex": ids.index(finding.name),
            "level": "warning",
            "message": {"text": f"{finding.advice} ({finding.place})"},
            "locations": [{"physicalLocation": _physical_location(finding)}],
        }
        for finding in result.findings
    ]
    notifications = [
        {
            "level": "error",
            "message": {"text": one.reason},
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


FORMATS: dict[str, Callable[[Result], str]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
    "sarif": as_sarif,
}


def printable(line: str) -> str:
    """The line, with what a terminal would not show, or would obey, as escape sequences."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)


def many(count: int, thing: str) -> str:
    """A number of things.

    >>> many(2, "use")
    '2 uses'
    """
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _physical_location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.path)}}
    if finding.cell is None:  # a line of a cell is no line of the file
        location["region"] = {"startLine": finding.line, "startColumn": finding.column}
    return location


def _uri(path: str) -> str:
    posix = Path(path).as_posix()
    prefix = "file://" if posix.startswith("/") else ""
    return prefix + quote(posix.encode("utf-8", "surrogateescape"))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
