"""Runs the tests on each torch in docs/compatibility.md, and other checks that take long.

``nox -s matrix`` makes one environment at a time, which needs some GB. Each result goes into the
page at once, and the costs of a call into docs/overhead.json. ``nox -s "matrix(2.6.0/3.11)"``
brings one row up to date.

``nox -s mutants`` checks, in the environment that is active, that the tests notice mistakes.

``nox -s screenshots`` shows each page of the site, narrow and wide, light and dark.
"""

import json
import re
import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import nox

PAGE = Path(__file__).parent / "docs/compatibility.md"
PAIRS = [
    ("3.9", "2.0.1"),
    ("3.10", "2.1.2"),
    ("3.11", "2.2.2"),
    ("3.10", "2.3.1"),
    ("3.11", "2.6.0"),
    ("3.12", "2.9.1"),
    ("3.11", "2.11.0"),
    ("3.11", "2.12.1"),
    ("3.11", "2.13.0"),
    ("3.11", "2.14.1"),
    ("3.11", "2.15.0"),
    ("3.13", "2.15.0"),
    ("3.14", "2.15.0"),
    ("3.15", "2.15.0"),
]
nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["matrix"]


@nox.session(venv_backend="uv|virtualenv")
@nox.parametrize("python,torch", PAIRS, ids=[f"{torch}/{python}" for python, torch in PAIRS])
def matrix(session, torch):
    """Run the tests on one torch, and put the result into the page."""
    # Before torch 2.3, torch was built for NumPy 1.
    numpy = ["numpy<2"] if tuple(map(int, torch.split("."))) < (2, 3) else []
    try:
        session.install(f"torch=={torch}", *numpy, ".[test]", "pip")
        record(session)
    finally:
        shutil.rmtree(session.virtualenv.location)


@nox.session(venv_backend="uv|virtualenv")
def screenshots(session):
    """Build the site, and take a picture of each page with Chromium."""
    session.install(".[docs]")
    session.run("sphinx-build", "-W", "-n", "-q", "docs", "docs/_build")
    session.run("python", "tests/browser.py", "docs/_build", "docs/_build/screenshots")


@nox.session(python=False)
def mutants(session):
    """Change the package in one place at a time, and check that a test fails."""
    session.run("python", "tests/mutants.py", *session.posargs)


@nox.session(python=False)
def here(session):
    """Run the tests in the environment that is active, and put the result into the page."""
    record(session)


def record(session):
    report = session.run(
        "functorch-compat", "doctor", "--format=json", silent=True, success_codes=[0, 1]
    )
    found = json.loads(report)
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder, "results.xml")
        session.run("pytest", "-n", "auto", "-q", f"--junitxml={results}", success_codes=[0, 1])
        cases = [*ElementTree.parse(results).iter("testcase")]

    outcomes, reasons = Counter(), Counter()
    for case in cases:
        outcome = {child.tag: child for child in case}
        if "failure" in outcome or "error" in outcome:
            outcomes["failed"] += 1
        elif "skipped" not in outcome:
            outcomes["passed"] += 1
        elif outcome["skipped"].get("type") == "pytest.xfail":
            outcomes["expected"] += 1
            reasons[outcome["skipped"].get("message")] += 1

    counts = [f"{outcomes['passed']} passed"]
    counts += [f"{outcomes['failed']} failed"] if outcomes["failed"] else []
    counts += [f"{outcomes['expected']} cannot hold"] if outcomes["expected"] else []
    row = Row(
        (found["torch"], ", ".join([found["python"], *found["devices"]])),
        f"{date.today()}: {', '.join(counts)}",
        "; ".join(f"{reason} ({count})" for reason, count in reasons.items()),
    )
    PAGE.write_text(with_row(PAGE.read_text(), row))
    session.run("python", "tests/benchmarks/ratios.py", f"--record={PAGE.parent / 'overhead.json'}")
    if outcomes["failed"]:
        session.error(f"{outcomes['failed']} tests failed")


class Row(NamedTuple):
    """A row of the table in docs/compatibility.md, and its footnote."""

    environment: tuple[str, str]
    """The torch; the Python and the devices."""
    result: str
    note: str


def with_row(page, row):
    """Return the page with a row added or replaced, and with the footnotes numbered anew."""
    head, marker, rest = page.partition("<!-- generated -->\n")
    notes = dict(re.findall(r"^\[\^(\d+)\]: (.*)$", rest, re.M))
    rows = {row.environment: row}
    for line in rest.splitlines()[3:]:
        if line.startswith("|"):
            *environment, result = (cell.strip() for cell in line.split("|")[1:-1])
            result, _, number = result.rstrip("]").partition(" [^")
            other = Row(tuple(environment), result, notes.get(number, ""))
            rows.setdefault(other.environment, other)

    lines = ["", "| torch | Python, devices | tests |", "| --- | --- | --- |"]
    numbers = {}
    for environment, result, note in sorted(rows.values(), key=by_release):
        if note:
            result += f" [^{numbers.setdefault(note, len(numbers) + 1)}]"
        lines.append(f"| {' | '.join((*environment, result))} |")
    lines += ["", *(f"[^{number}]: {note}" for note, number in numbers.items())]
    return head + marker + "\n".join(lines) + "\n"


def by_release(row):
    return [[int(number) for number in re.findall(r"\d+", text)][:3] for text in row.environment]
