"""``functorch-compat audit``."""

from __future__ import annotations

import argparse
import sys

from functorch_compat.audit import audit, baseline, formats
from functorch_compat.findings import ToolError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``functorch-compat``."""
    parser = commands.add_parser(
        "audit",
        help="find the uses of legacy names",
        description="Find the uses of legacy names in Python files, notebooks and declarations of "
        "dependencies. Exit status: 0 if there are none, 1 if there are, 2 if a file could not be "
        "read or the command is wrong.",
        epilog="Example: functorch-compat audit --baseline functorch-baseline.json src tests",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="default: the current folder")
    parser.add_argument("--installed", action="store_true", help="audit what is installed instead")
    parser.add_argument(
        "--format",
        choices=["text", "json", "github", "sarif"],
        default="text",
        help="text (default), JSON, annotations for GitHub, or SARIF 2.1.0",
    )
    ratchet = parser.add_mutually_exclusive_group()
    ratchet.add_argument("--baseline", metavar="FILE", help="report only what is not in FILE")
    ratchet.add_argument("--write-baseline", metavar="FILE", help="write what is found into FILE")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is found, and return the exit status."""
    if options.installed and options.paths:
        raise ToolError("--installed takes no paths")
    if options.installed:
        from functorch_compat.audit.installed import audit_installed

        result = audit_installed()
    else:
        result = audit(options.paths or ["."])
    if options.write_baseline:
        baseline.write(options.write_baseline, result.findings)
        count = len(result.findings)
        print(f"{options.write_baseline}: {count} findings written", file=sys.stderr)
        result = result._replace(findings=[])
    if options.baseline:
        new, gone = baseline.compare(options.baseline, result.findings)
        result = result._replace(findings=new)
        for entry in gone:
            print(f"gone: {entry.path}: {entry.name}: {entry.text}", file=sys.stderr)
        if gone:
            print(
                f"{len(gone)} entries of {options.baseline} are gone: "
                f"--write-baseline {options.baseline} makes it shrink",
                file=sys.stderr,
            )
    print(formats.FORMATS[options.format](result), end="")
    if result.unreadable:
        return 2
    return 1 if result.findings else 0
