"""``functorch-compat doctor``."""

from __future__ import annotations

import argparse
import json
import sys

from functorch_compat.findings import ToolError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of ``functorch-compat``."""
    parser = commands.add_parser(
        "doctor",
        help="check what the documentation promises, on this torch and its devices",
        description="Check each promise of functorch.vjp's documentation on each device: what "
        "torch.func does here, and what the shim does. Exit status: 0 if the shim keeps all of "
        "them, 1 if not, 2 if torch cannot be imported.",
    )
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="a table (default), or JSON"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the report, and return the exit status."""
    try:
        import torch  # noqa: F401
    except Exception as error:
        raise ToolError(
            f"torch cannot be imported by {sys.executable} ({type(error).__name__}: {error}): "
            "install it there first"
        ) from None
    from functorch_compat.doctor import checks

    report = checks.examine()
    if options.format == "json":
        listed = [check._asdict() for check in report.checks]
        print(json.dumps({**report._asdict(), "checks": listed}, indent=2))
    else:
        print(checks.as_text(report))
    return 0 if report.healthy else 1
