"""Defines the command ``functorch-compat migrate``."""

from __future__ import annotations

import argparse
import os
import sys

from functorch_compat.audit.formats import many, printable
from functorch_compat.migrate import Interrupted, diff, migrate, report


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command ``migrate`` to ``functorch-compat``."""
    parser = commands.add_parser(
        "migrate",
        help="rewrite the uses of legacy names",
        description="Rewrite the uses of legacy names in Python files and notebooks. Without "
        "--write, it prints the changes as a diff and changes no file. After that, it lists the "
        "uses that are left for a person. Exit status: 0 if nothing is left to do, 1 if something "
        "is left, 2 if a file could not be read or written or the command is wrong.",
        epilog="Example: functorch-compat migrate --write src tests",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="default: the current folder")
    parser.add_argument("--write", action="store_true", help="change the files")
    parser.add_argument(
        "--keep-fallbacks",
        action="store_true",
        help="keep imports that serve both torch 1 and torch 2",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the diff or write the files, list the uses that are left, and return the status."""
    try:
        result = migrate(
            options.paths,
            options.write,
            report.progress,
            options.keep_fallbacks,
            processes=os.cpu_count() or 1,
        )
    except Interrupted as interrupted:
        done = f"{many(interrupted.files, 'file')} {'' if options.write else 'would be '}rewritten"
        print(f"functorch-compat migrate: interrupted: {done} so far", file=sys.stderr)
        return 130
    if not options.write:
        print("".join(change.diff() for change in result.changes), end="")
        for change in result.changes:
            if obstacle := diff.obstacle(change.path, change.encoding):
                said = f"{change.path}: git apply cannot read its diff: {obstacle}"
                print(printable(said), file=sys.stderr)
    sys.stdout.flush()
    print(report.as_text(result, options.write), end="", file=sys.stderr)
    if result.unreadable or result.unwritable:
        return 2
    return 1 if result.left or (result.changes and not options.write) else 0
