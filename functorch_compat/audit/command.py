"""The command ``functorch-compat audit``."""

from __future__ import annotations

import argparse
import sys

from functorch_compat.audit import baseline, find_in, formats, settings
from functorch_compat.findings import Result, ToolError
from functorch_compat.recording import VARIABLE


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add this command and its options to ``functorch-compat``."""
    parser = commands.add_parser(
        "audit",
        help="find the uses of legacy names",
        description="Find the uses of legacy names in Python files, notebooks and declarations of "
        "dependencies. Exit status: 0 if there are none, or only those that the baseline lists; "
        "1 if there are others; 2 if a file cannot be read or the command is wrong. "
        "[tool.functorch-compat] in pyproject.toml may set paths, exclude and baseline.",
        epilog="Example: functorch-compat audit --baseline functorch-baseline.json src tests",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files and folders to audit (default: the paths of pyproject.toml, or the current "
        "folder)",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--installed", action="store_true", help="audit what is installed instead")
    instead.add_argument(
        "--recorded",
        metavar="DIR",
        help=f"audit a run instead, which had {VARIABLE}=DIR in its environment",
    )
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="GLOB",
        help="leave out each file and folder of this name, or of this path if GLOB has a slash "
        "(repeatable)",
    )
    parser.add_argument(
        "--format",
        choices=[*formats.FORMATS],
        default="text",
        help="text (default), JSON, annotations for GitHub, or SARIF 2.1.0",
    )
    ratchet = parser.add_mutually_exclusive_group()
    ratchet.add_argument("--baseline", metavar="FILE", help="report only what FILE does not list")
    ratchet.add_argument("--write-baseline", metavar="FILE", help="write what is found into FILE")
    ratchet.add_argument(
        "--no-baseline", action="store_true", help="ignore the baseline that pyproject.toml names"
    )
    parser.add_argument(
        "--fail-on-gone", action="store_true", help="exit 1 also if the baseline can shrink"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print what is found, and return the exit status."""
    is_run = options.recorded is not None
    other = "--installed" if options.installed else "--recorded" if is_run else None
    if other and (options.paths or options.exclude):
        raise ToolError(f"{other} takes neither paths nor --exclude")
    project = settings.Settings() if other else settings.nearest()
    file = options.baseline or options.write_baseline
    file = file or (None if options.no_baseline else project.baseline)
    if options.fail_on_gone and (not file or options.write_baseline):
        raise ToolError("--fail-on-gone compares with a baseline: name it with --baseline")
    listed = None
    if file:
        listed = baseline.to_write(file) if options.write_baseline else baseline.read(file)

    audited: baseline.Audited
    if options.installed:
        from functorch_compat.audit.installed import audit_installed

        audited, result = "installed", audit_installed()
    elif is_run:
        from functorch_compat.audit.recorded import audit_recorded

        audited, result = "run", audit_recorded(options.recorded)
        if not result.findings:
            _tell(
                f"nothing is recorded in {options.recorded}: to record a command, put "
                f"{VARIABLE}={options.recorded} before it"
            )
    else:
        audited = scope = project.scope(options.paths, options.exclude)
        for path in scope.unknown:
            _tell(
                f"{path}: not audited: it is not Python, not a notebook, "
                "and not a known file of dependencies"
            )
        result = find_in(scope.files())

    gone: list[baseline.Entry] = []
    if listed and options.write_baseline:
        listed = listed.write(result, audited)
        result = Result([], [])
    elif listed:
        result, gone = listed.compare(result, audited)
        for entry in gone:
            _tell(f"gone: {listed.described(entry)}")
        if gone:
            _tell(f"{file} can shrink by {len(gone)}: --write-baseline {file} writes it again")
    if options.format == "text":
        print(formats.as_text(result, listed and listed.sums, is_source=not other), end="")
    else:
        print(formats.FORMATS[options.format](result), end="")
    if result.unreadable:
        return 2
    return 1 if result.findings or (gone and options.fail_on_gone) else 0


def _tell(text: str) -> None:
    """Print a line on stderr."""
    print(formats.printable(text), file=sys.stderr)
