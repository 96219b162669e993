"""``nox -s matrix``: the test suite on each torch and Python that docs/compatibility.md lists.

One environment at a time, which takes some GB while it lasts. Each result goes into the page at
once, and what a call costs there into docs/overhead.json: ``nox -s "matrix(2.6.0/3.11)"`` brings
one row up to date.
"""

import json
import re
import shutil
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import nox

PAGE = Path(__file__).parent / "docs/compatibility.md"
PAIRS = [
    ("3.9", "2.0.1"),
    ("3.10", "2.1.2"),
    ("3.10", "2.3.1"),
    ("3.11", "2.6.0"),
    ("3.12", "2.9.1"),
    ("3.11", "2.11.0"),
    ("3.11", "2.12.1"),
    ("3.11", "2.13.0"),
    ("3.11", "2.14.1"),
    ("3.11", "2.15.0"),
    ("3.13", "2.15.0"),
]
nox.needs_version = ">=2024.4.15"
nox.options.sessions = ["matrix"]


@nox.session(venv_backend="uv|virtualenv")
@nox.parametrize("python,torch", PAIRS, ids=[f"{torch}/{python}" for python, torch in PAIRS])
def matrix(session, torch):
    """Run the tests on one torch, and put the result into the page."""
    # Torch was built for NumPy 1 until then.
    numpy = ["numpy<2"] if tuple(map(int, torch.split("."))) < (2, 3) else []
    try:
        session.install(f"torch=={torch}", *numpy, ".[test]")
        record(session)
    finally:
        shutil.rmtree(session.virtualenv.location)


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
        session.run("pytest", "--quiet", f"--junitxml={results}", success_codes=[0, 1])
        cases = [*ElementTree.parse(results).iter("testcase")]

    outcomes, reasons = Counter(), Counter()
    for case in cases:
        outcome = {child.tag: child for child in case}
        if "failure" in outcome or "error" in outcome:
            outcomes["failed"] += 1
        elif "skipped" in outcome:
            outcomes["expected"] += 1
            reasons[outcome["skipped"].get("message")] += 1
        else:
            outcomes["passed"] += 1

    row = (
        *(found["torch"], found["python"], ", ".join(found["devices"])),
        *(str(outcomes[outcome]) for outcome in ("passed", "failed", "expected")),
        "; ".join(f"{count}: {reason}" for reason, count in reasons.items()),
        date.today().isoformat(),
    )
    head, marker, table = PAGE.read_text().partition("<!-- generated -->\n")
    title, rule, *lines = table.strip().splitlines()
    rows = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in lines]
    rows = sorted([*(other for other in rows if other[:3] != row[:3]), row], key=by_release)
    lines = [title, rule, *(f"| {' | '.join(cells)} |" for cells in rows)]
    PAGE.write_text(head + marker + "\n" + "\n".join(lines) + "\n")
    session.run("python", "tests/benchmarks/ratios.py", f"--record={PAGE.parent / 'overhead.json'}")
    if outcomes["failed"]:
        session.error(f"{outcomes['failed']} tests failed")


def by_release(row):
    return [[int(number) for number in re.findall(r"\d+", cell)][:3] for cell in row[:2]]
