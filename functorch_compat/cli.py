"""The command ``functorch-compat``."""

from __future__ import annotations

import argparse
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
    parser = _Parser(prog="functorch-compat", description=functorch_compat.__doc__)
    version = f"functorch-compat {functorch_compat.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")

    doctor = commands.add_parser(
        "doctor",
        help="check what the documentation promises, on this torch and its devices",
        description="Check each promise of functorch.vjp's documentation on each device: what "
        "torch.func does here, and what the shim does. Exit status: 0 if the shim keeps all of "
        "them, 1 if not, 2 if torch cannot be imported.",
    )
    doctor.add_argument("--format", choices=["text", "json"], default="text")
    doctor.set_defaults(run=_doctor)

    options = parser.parse_args(arguments)
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
