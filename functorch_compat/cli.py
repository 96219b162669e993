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
    for command in _COMMANDS:
        command.add_parser(commands)

    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a path may hold any byte
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except ToolError as error:
        print(f"functorch-compat {options.command}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status
