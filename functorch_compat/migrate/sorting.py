"""Sorts the new imports, by the settings of the project, if the old ones were sorted."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

from functorch_compat.documents import Document, Place, lines
from functorch_compat.edits import Edit


def edits(before: Document, after: Document, moved: Callable[[int], Place]) -> list[Edit]:
    """Return the edits of ``after`` that sort the imports that were sorted in ``before``.

    Args:
        before: The document as it was.
        after: The document with other imports.
        moved: A function from offsets in ``before`` to places in ``after``.
    """
    unsorted = _unsorted(before)
    if unsorted is None:
        return []
    unsorted_before = [
        after.offset(moved(start)) for start, _ in (_span(before, one) for one in unsorted)
    ]
    return [
        _edit(after, diagnostic, fix)
        for diagnostic in _unsorted(after) or []
        if diagnostic["fix"]
        for start, end in [_span(after, diagnostic)]
        if not any(start <= offset <= end for offset in unsorted_before)
        for fix in diagnostic["fix"]["edits"]
    ]


def _edit(document: Document, diagnostic: dict[str, Any], fix: dict[str, Any]) -> Edit:
    start, end = _span(document, diagnostic, fix)
    # For ruff, each cell ends with a newline. In the notebook, it has none.
    is_last = fix["end_location"]["row"] > len(lines(document.cells[diagnostic["cell"]]))
    return Edit(start, end, fix["content"].rstrip("\r\n") if is_last else fix["content"])


def _span(
    document: Document, diagnostic: dict[str, Any], part: dict[str, Any] | None = None
) -> tuple[int, int]:
    """Return the offsets in the code at which a diagnostic, or its fix, begins and ends."""
    part, cell = part or diagnostic, diagnostic["cell"]
    written = lines(document.cells[cell])

    def offset(location: dict[str, int]) -> int:
        if location["row"] > len(written):
            return document.offset(Place(cell, len(written), len(written[-1]) + 1))
        return document.offset(Place(cell, location["row"], location["column"]))

    return offset(part["location"]), offset(part["end_location"])


def _unsorted(document: Document) -> list[dict[str, Any]] | None:
    """Return ruff's diagnostics about unsorted imports, or None if ruff cannot check them."""
    from ruff import find_ruff_bin  # type: ignore[import-untyped, unused-ignore]

    if re.search(r"\r(?!\n)", document.text):
        return None
    options = ("--select=I001", "--output-format=json", "--exit-zero", "--no-cache", "--quiet")
    result = subprocess.run(
        [find_ruff_bin(), "check", *options, "--stdin-filename", document.path, "-"],
        input=document.text.encode("utf-8", "surrogatepass"),
        capture_output=True,
        check=False,
    )
    if result.returncode:  # The settings of the project may be wrong.
        return None
    diagnostics: list[dict[str, Any]] = json.loads(result.stdout)
    return [one for one in diagnostics if one["code"] == "I001" and one["cell"] in document.cells]
