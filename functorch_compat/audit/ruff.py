"""The engine: ruff's rule TID251, told of each legacy name, and of nothing in the user's settings.

https://docs.astral.sh/ruff/rules/banned-api/
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from functorch_compat.audit import source
from functorch_compat.audit.finding import AuditError, Finding, Result, Unreadable, known, use
from functorch_compat.legacy_api import LEGACY_API, MODULES

_CODE = "TID251"


def check(paths: list[str], exclude: Iterable[str] | None = None) -> Result:
    """What ruff finds, and what it cannot parse."""
    if not paths:  # which ruff takes for the current folder
        return Result([], {})
    with _configuration(exclude) as configuration:
        diagnostics = _diagnostics("--config", configuration, "--", *paths)
    return _result(diagnostics)


def check_text(path: str, text: str) -> list[Finding]:
    """What ruff finds in the text of a file that it cannot read itself."""
    with _configuration() as configuration:
        options = ("--config", configuration, "--stdin-filename", path, "-")
        result = _result(_diagnostics(*options, stdin=text), text)
    if result.unreadable:
        raise Unreadable(*result.unreadable.values())
    return result.findings


def files(paths: list[str], exclude: Iterable[str] | None = None) -> list[str]:
    """The files that ruff checks."""
    if not paths:
        return []
    with _configuration(exclude) as configuration:
        listed = _run("--show-files", "--config", configuration, "--", *paths)
    return [_relative(path) for path in listed.splitlines()]


@contextmanager
def _configuration(exclude: Iterable[str] | None = None) -> Iterator[str]:
    lines = [
        f"include = {json.dumps([f'*{suffix}' for suffix in source.SUFFIXES])}",
        # What a newer Python can parse is no syntax error to us.
        'target-version = "py314"',
        f"exclude = {json.dumps(source.LEFT_OUT if exclude is None else [*exclude])}",
        f"respect-gitignore = {json.dumps(exclude is None)}",
        f'lint.select = ["{_CODE}"]',
        "[lint.flake8-tidy-imports.banned-api]",
        *(f'"{name}".msg = ""' for name in (*LEGACY_API, *MODULES)),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "ruff.toml")
        file.write_text("\n".join(lines), encoding="utf-8")
        yield str(file)


def _diagnostics(*arguments: str, stdin: str | None = None) -> Any:
    # A file has to be found also where an earlier run with other settings left a cache.
    options = ("--no-cache", "--exit-zero", "--no-fix", "--quiet", "--output-format=json")
    return json.loads(_run(*options, *arguments, stdin=stdin))


def _run(*arguments: str, stdin: str | None = None) -> str:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped, unused-ignore]

        ruff = find_ruff_bin()
    except (ImportError, FileNotFoundError):
        raise AuditError("needs ruff: pip install 'functorch-compat[audit]'") from None
    result = subprocess.run(
        [ruff, "check", *arguments],
        input=None if stdin is None else stdin.encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
    )
    if result.returncode:
        reason = result.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason"]
        raise AuditError(f"ruff failed: {'; '.join(line.strip() for line in reason)}")
    return result.stdout.decode("utf-8", "surrogateescape")


def _result(diagnostics: list[dict[str, Any]], text: str | None = None) -> Result:
    result = Result([], {})
    by_file: dict[str, list[dict[str, Any]]] = {}
    for diagnostic in diagnostics:
        path = _relative(diagnostic["filename"])
        if diagnostic["code"] == _CODE:
            by_file.setdefault(path, []).append(diagnostic)
        else:
            row, message = diagnostic["location"]["row"], diagnostic["message"]
            result.unreadable.setdefault(path, f"line {row}: {message}")
    for path, found in by_file.items():
        if path in result.unreadable:
            continue
        try:
            result.findings.extend(_findings(path, found, text))
        except (OSError, Unreadable) as error:
            result.unreadable[path] = str(error)
    return result


def _findings(path: str, found: list[dict[str, Any]], text: str | None) -> Iterator[Finding]:
    code = source.cells(path, text if text is not None else source.read(path)[0])
    lines = {cell: source.lines(part) for cell, part in code.items()}
    places = [(diagnostic["message"].split("`")[1], *_place(diagnostic)) for diagnostic in found]
    for name, cell, start, end in places:
        # An import of the name is also one of the module that it is in.
        is_module = name in MODULES or LEGACY_API[name].is_module
        if is_module and any(
            other[0].startswith(f"{name}.") and other[1] == cell and start <= other[2] <= end
            for other in places
        ):
            continue
        line = lines[cell][start[0] - 1]
        imported = re.match(r"(from\s+)?(functorch[\w.]*)", line[start[1] - 1 :])
        kind = ""
        if imported and name in MODULES:
            name = known(imported[2])
            if imported[1] and name in MODULES:  # it imports a star, or a name that never was
                kind = "rewrite"
        yield use(name, path, *start, cell, line, kind)


def _place(diagnostic: dict[str, Any]) -> tuple[int | None, tuple[int, int], tuple[int, int]]:
    start, end = (
        (diagnostic[key]["row"], diagnostic[key]["column"]) for key in ("location", "end_location")
    )
    return diagnostic["cell"], start, end


def _relative(path: str) -> str:
    here = os.getcwd().rstrip(os.sep) + os.sep
    return path[len(here) :] if path.startswith(here) else path
