"""The command ``functorch-compat``."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import functorch_compat


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, where argparse prints the usage too."""
        self.exit(2, f"{self.prog}: {message} (try {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status: 0 where all is well, 1 where the command found something, 2 where it could
        not do its work, which one line on stderr then explains.
    """
    parser = _Parser(
        prog="functorch-compat",
        description="Helps the owners of code that imports functorch to leave it for torch.func.",
        epilog="functorch-compat COMMAND --help tells of one command.",
    )
    version = f"functorch-compat {functorch_compat.__version__}"
    parser.add_argument("--version", action="version", version=version, help="show the version")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    doctor = commands.add_parser(
        "doctor",
        help="check what the documentation promises, on this torch and its devices",
        description="Check each promise of functorch.vjp's documentation on each device: what "
        "torch.func does here, and what the shim does. Exit status: 0 if the shim keeps all of "
        "them, 1 if not, 2 if torch cannot be imported.",
    )
    doctor.add_argument(
        "--format", choices=["text", "json"], default="text", help="a table (default), or JSON"
    )
    doctor.set_defaults(run=_doctor)

    audit = commands.add_parser(
        "audit",
        help="find the uses of legacy names",
        description="Find the uses of legacy names in Python files, notebooks and declarations of "
        "dependencies. Exit status: 0 if there are none, 1 if there are, 2 if a file could not be "
        "read or the command is wrong.",
        epilog="Example: functorch-compat audit --baseline functorch-baseline.json src tests",
    )
    audit.add_argument("paths", nargs="*", metavar="PATH", help="default: the current folder")
    audit.add_argument("--installed", action="store_true", help="audit what is installed instead")
    audit.add_argument(
        "--format",
        choices=["text", "json", "github", "sarif"],
        default="text",
        help="text (default), JSON, annotations for GitHub, or SARIF 2.1.0",
    )
    ratchet = audit.add_mutually_exclusive_group()
    ratchet.add_argument("--baseline", metavar="FILE", help="report only what is not in FILE")
    ratchet.add_argument("--write-baseline", metavar="FILE", help="write what is found into FILE")
    audit.set_defaults(run=_audit)

    migrate = commands.add_parser(
        "migrate",
        help="rewrite the uses of legacy names",
        description="Rewrite the uses of legacy names in Python files and notebooks. Without "
        "--write it prints the changes as a diff, and makes none. What a person has to do it lists "
        "after that. Exit status: 0 if nothing is left to do, 1 if something is, 2 if a file could "
        "not be read or written or the command is wrong.",
        epilog="Example: functorch-compat migrate --write src tests",
    )
    migrate.add_argument("paths", nargs="*", metavar="PATH", help="default: the current folder")
    migrate.add_argument("--write", action="store_true", help="change the files")
    migrate.set_defaults(run=_migrate)

    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may hold any byte
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _doctor(options: argparse.Namespace) -> int:
    try:
        import torch  # noqa: F401
    except Exception as error:
        print(
            "functorch-compat doctor: torch cannot be imported by "
            f"{sys.executable} ({type(error).__name__}: {error}): install it there first",
            file=sys.stderr,
        )
        return 2
    from functorch_compat import doctor

    report = doctor.examine()
    if options.format == "json":
        checks = [check._asdict() for check in report.checks]
        print(json.dumps({**report._asdict(), "checks": checks}, indent=2))
    else:
        print(doctor.as_text(report))
    return 0 if report.healthy else 1


def _audit(options: argparse.Namespace) -> int:
    from functorch_compat.audit import AuditError, audit, baseline, formats

    try:
        if options.installed and options.paths:
            raise AuditError("--installed takes no paths")
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
    except AuditError as error:
        print(f"functorch-compat audit: {error}", file=sys.stderr)
        return 2
    print(formats.FORMATS[options.format](result), end="")
    if result.unreadable:
        return 2
    return 1 if result.findings else 0


def _migrate(options: argparse.Namespace) -> int:
    from functorch_compat.audit import AuditError
    from functorch_compat.migrate import migrate, report

    try:
        result = migrate(options.paths or ["."], options.write, report.progress)
    except AuditError as error:
        print(f"functorch-compat migrate: {error}", file=sys.stderr)
        return 2
    if not options.write:
        print("".join(change.diff() for change in result.changes), end="")
    sys.stdout.flush()
    print(report.as_text(result, options.write), end="", file=sys.stderr)
    if result.unreadable:
        return 2
    return 1 if result.left or (result.changes and not options.write) else 0
