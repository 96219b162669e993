"""The command ``functorch-compat``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import functorch_compat
from functorch_compat.audit import command as audit
from functorch_compat.doctor import command as doctor
from functorch_compat.findings import ToolError
from functorch_compat.migrate import command as migrate

_COMMANDS = (doctor, audit, migrate)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Print one line and exit with status 2. argparse would print the usage too."""
        self.exit(2, f"{self.prog}: {message} (try {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status: 0 if all is well, 1 if the command found something, 2 if it could not do
        its work. With status 2, one line on stderr says why.
    """
    parser = _Parser(
        prog="functorch-compat",
        description="Find the uses of functorch in your code, and replace them by torch.func.",
        epilog="functorch-compat COMMAND --help shows the options of a command.",
    )
    version = f"functorch-compat {functorch_compat.__version__}"
    parser.add_argument("--version", action="version", version=version, help="show the version")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for command in _COMMANDS:
        command.add_parser(commands)

    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # A path may contain any byte.
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ToolError as error:
        print(f"functorch-compat {options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # The reader, for example `head`, has closed the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status
