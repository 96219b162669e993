"""Defines the command ``functorch-compat doctor``."""

from __future__ import annotations

import argparse
import json
import sys
import warnings

from functorch_compat.findings import ToolError


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command to ``functorch-compat``."""
    parser = commands.add_parser(
        "doctor",
        help="check the documented promises on this torch and its devices",
        description="Check each promise in the documentation of functorch.vjp on each device, for "
        "torch.func and for the shim. Exit status: 0 if the shim keeps all promises, 1 if it does "
        "not, 2 if torch cannot be imported.",
    )
    parser.add_argument(
        "--format", choices=["text", "json"], default="text", help="a table (default), or JSON"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the report, and return the exit status."""
    try:
        with warnings.catch_warnings():  # Without NumPy, torch warns on its import.
            warnings.simplefilter("ignore")
            import torch  # noqa: F401
    except Exception as error:
        raise ToolError(
            f"{sys.executable} cannot import torch ({type(error).__name__}: {error}): "
            "install torch there first"
        ) from None
    from functorch_compat.doctor import checks

    report = checks.examine()
    if options.format == "json":
        listed = [check._asdict() for check in report.checks]
        print(json.dumps({**report._asdict(), "checks": listed}, indent=2))
    else:
        print(checks.as_text(report))
    return 0 if report.healthy else 1
