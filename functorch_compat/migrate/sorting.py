"""Sorts imports again where they were sorted before, by the settings of the project."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

from functorch_compat.documents import Document, Place
from functorch_compat.edits import Edit


def edits(before: Document, after: Document) -> list[Edit]:
    """The edits of ``after`` that sort its imports, if ruff finds those of ``before`` sorted."""
    if before.path.endswith(".ipynb") or _unsorted(before) != []:
        return []
    return [
        Edit(_offset(after, fix["location"]), _offset(after, fix["end_location"]), fix["content"])
        for diagnostic in _unsorted(after) or []
        if diagnostic["code"] == "I001" and diagnostic["fix"]
        for fix in diagnostic["fix"]["edits"]
    ]


def _offset(document: Document, location: dict[str, int]) -> int:
    return document.offset(Place(None, location["row"], location["column"]))


def _unsorted(document: Document) -> list[dict[str, Any]] | None:
    """What ruff says of the order of the imports, or None where it cannot say anything."""
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
    if result.returncode:  # the settings of the project may be wrong
        return None
    diagnostics: list[dict[str, Any]] = json.loads(result.stdout)
    return diagnostics
