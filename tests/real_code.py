"""Measures ``migrate`` on a folder of legacy code: ``python tests/real_code.py FOLDER``.

It works on a copy. It prints how many uses it found and rewrote, how many files are finished, and
the reasons for the other uses. It checks that the new code parses, that ruff finds no new undefined
name and no new unused import, that files which could be imported still can without the shim, and
that a second run changes nothing. The exit status is 1 if a check fails.

For the average by folder, each folder in FOLDER counts as a repository.
"""

from __future__ import annotations

import collections
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from functorch_compat.audit import audit
from functorch_compat.migrate import Result, migrate

# These rules are for undefined names, syntax errors, unused names and unsorted imports.
_RULES = ("F821", "F401", "F811", "I001")
# This imports each file named on stdin in a process of its own. They share one import of torch.
_IMPORT = """
import os, runpy, signal, sys, torch

for path in sys.stdin.read().splitlines():
    child = os.fork()
    if not child:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        signal.alarm(10)
        os.chdir(os.path.dirname(path))
        sys.argv, sys.path[0] = [path], os.path.dirname(path)
        try:
            runpy.run_path(path, run_name="imported")
        except BaseException:
            os._exit(1)
        os._exit(0)
    print(os.waitpid(child, 0)[1])
"""


def main(folder: str) -> int:
    """Measure and check, print the results, and return the exit status."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary, "code")
        shutil.copytree(folder, copy)
        found = audit([str(copy)])
        before = _lint(copy)
        result = migrate([str(copy)], write=True, processes=os.cpu_count() or 1)
        files = {one.path for one in found.findings if one.how != "declaration"}
        _print_figures(result, files, copy)
        changed = [change.path for change in result.changes if change.path.endswith(".py")]
        legacy = [str(Path(folder, Path(path).relative_to(copy))) for path in changed]
        problems = [
            *_new_problems(before, _lint(copy)),
            *_no_longer_imported(changed, _imported(legacy), _imported(changed, "off")),
            *_changed_again(copy),
        ]
    print(*problems or ["Nothing is broken."], sep="\n")
    return 1 if problems else 0


def _print_figures(result: Result, files: set[str], folder: Path) -> None:
    left = [one for one in result.left if one.finding.how != "declaration"]
    unread = {one.path for one in result.unreadable}
    open_ = files & {one.finding.path for one in left}
    finished = len(files - open_ - unread)
    done = sum(change.uses for change in result.changes)
    print(f"uses: {done + len(left)} found, {done} rewritten")
    print(f"files: {finished} of {len(files)} finished ({finished / max(len(files), 1):.1%})")
    shares: dict[str, list[bool]] = {}
    for file in files:
        repository = Path(file).relative_to(folder).parts[0]
        shares.setdefault(repository, []).append(file not in open_ | unread)
    average = statistics.mean(statistics.mean(share) for share in shares.values())
    print(f"averaged by folder: {average:.1%} of {len(shares)}")
    rest = files - {one.finding.path for one in left if one.finding.kind == "none"}
    finished = len(rest - open_ - unread)
    print(f"where something replaces each name: {finished} of {len(rest)}")
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
            re.sub(r"`\S+\.|;.*", "", p["message"]),  # The module of a name does not matter.
        )
        for p in json.loads(printed)
    )


def _new_problems(
    before: collections.Counter[tuple[str, str, str]],
    after: collections.Counter[tuple[str, str, str]],
) -> list[str]:
    return [" ".join(("new problem:", *one)) for one in after - before]


def _imported(paths: list[str], shim: str = "on") -> list[bool]:
    """Return whether each file can be imported in ten seconds, with the shim or without it."""
    printed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _IMPORT],
        input="\n".join(paths),
        env={**os.environ, "FUNCTORCH_COMPAT": shim},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [status == "0" for status in printed.split()]


def _no_longer_imported(paths: list[str], before: list[bool], after: list[bool]) -> list[str]:
    print(f"imported: {sum(before)} of {len(paths)} rewritten files, {sum(after)} without the shim")
    lost = [path for path, was, is_now in zip(paths, before, after) if was and not is_now]
    return [f"it can no longer be imported: {path}" for path in lost]


def _changed_again(folder: Path) -> list[str]:
    changes = migrate([str(folder)]).changes
    return [f"a second run changes {change.path}\n{change.diff()}" for change in changes]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
