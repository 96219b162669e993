"""Measures ``migrate`` on a folder of legacy code: ``python tests/real_code.py FOLDER``.

It works on a copy. It prints the uses found, rewritten and left, the files finished, and the
reasons of the rest. It checks that what is written parses, that ruff finds no name undefined and no
import unused that was not so before, and that a second run changes nothing. The exit status is 1
where a check fails.
"""

from __future__ import annotations

import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from functorch_compat.audit import audit
from functorch_compat.migrate import Result, migrate

# These rules are for undefined names, syntax errors, unused names and unsorted imports.
_RULES = ("F821", "F401", "F811", "I001")


def main(folder: str) -> int:
    """Measure and check, print the results, and return the exit status."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary, "code")
        shutil.copytree(folder, copy)
        found = audit([str(copy)])
        before = _lint(copy)
        result = migrate([str(copy)], write=True)
        _print_figures(result, {one.path for one in found.findings if one.how != "declaration"})
        problems = [*_new_problems(before, _lint(copy)), *_changed_again(copy)]
    print(*problems or ["Nothing is broken."], sep="\n")
    return 1 if problems else 0


def _print_figures(result: Result, files: set[str]) -> None:
    left = [one for one in result.left if one.finding.how != "declaration"]
    unread = {one.path for one in result.unreadable}
    open_ = files & {one.finding.path for one in left}
    finished = len(files - open_ - unread)
    done = sum(change.uses for change in result.changes)
    print(f"uses: {done + len(left)} found, {done} rewritten")
    print(f"files: {finished} of {len(files)} finished ({finished / max(len(files), 1):.1%})")
    for one in result.unreadable:
        print(f"unreadable: {one.place}: {one.reason}")
    reasons = collections.Counter((one.finding.name, one.why.partition(" on ")[0]) for one in left)
    for (name, why), count in reasons.most_common():
        print(f"{count:4} left: {name}: {why}")


def _lint(folder: Path) -> collections.Counter[tuple[str, str, str]]:
    """Return how often ruff finds each problem in each file."""
    command = ["ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--output-format=json"]
    printed = subprocess.run(
        [sys.executable, "-m", *command, f"--select={','.join(_RULES)}", str(folder)],
        capture_output=True,
        check=True,
    ).stdout
    return collections.Counter(
        (
            Path(p["filename"]).relative_to(folder).as_posix(),
            str(p["code"]),
            re.sub(r"`\S+\.|;.*", "", p["message"]),  # a name is the same in another module
        )
        for p in json.loads(printed)
    )


def _new_problems(
    before: collections.Counter[tuple[str, str, str]],
    after: collections.Counter[tuple[str, str, str]],
) -> list[str]:
    return [" ".join(("new problem:", *one)) for one in after - before]


def _changed_again(folder: Path) -> list[str]:
    changes = migrate([str(folder)]).changes
    return [f"a second run changes {change.path}\n{change.diff()}" for change in changes]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
