"""Audits what is installed: which distributions break when torch deletes functorch."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from urllib.parse import urlsplit
from urllib.request import url2pathname

from functorch_compat.audit import declarations, find_in, ruff
from functorch_compat.audit.scope import PYTHON, Scope
from functorch_compat.findings import NO_DISTRIBUTION, Finding, Result, Unreadable

# These two define the legacy names.
_EXEMPT = ("torch", "functorch-compat")


def audit_installed() -> Result:
    """Audit every distribution of this environment. The one with the most uses comes first.

    Paths are relative to the folder that a distribution is installed into. For an editable install
    the source is audited.

    Raises:
        ToolError: If ruff is missing or fails.
    """
    real = functools.cache(os.path.realpath)  # Many files are in the same folder.

    def location(path: str) -> str:
        return os.path.join(real(os.path.dirname(path)), os.path.basename(path))

    owners: dict[str, str] = {}
    roots: list[str] = []
    exempt_paths: set[str] = set()
    total = Result([], [])
    for distribution in distributions():
        name = distribution.metadata["Name"] or "?"
        label = label_of(distribution)
        root, files = str(distribution.locate_file("")), distribution.files
        if name.lower().replace("_", "-") in _EXEMPT:
            exempt_paths |= {os.path.join(root, file.parts[0]) for file in files or ()}
            continue
        if root not in roots and os.path.isdir(root):
            roots.append(root)
        if files is None:
            reason = "its metadata does not say which files are its own"
            total.unreadable.append(Unreadable(label, reason))
        for file in files or ():
            owners[location(str(distribution.locate_file(file)))] = label
        total.findings.extend(_required(distribution, label))
        source = editable_source(distribution)
        if source is not None:
            result = find_in(Scope([source]).files())
            total.findings.extend(f._replace(distribution=label) for f in result.findings)
            total.unreadable.extend(result.unreadable)

    exclude = sorted(exempt_paths)
    found = [path for root in roots for path in ruff.files(root, PYTHON, exclude, gitignore=False)]
    result = find_in(found, with_declarations=False)
    for finding in result.findings:
        label = owners.get(location(finding.path), NO_DISTRIBUTION)
        path = _within(roots, finding.path)
        total.findings.append(finding._replace(path=path, distribution=label))
    for one in result.unreadable:
        total.unreadable.append(one._replace(path=_within(roots, one.path)))
    uses = Counter(finding.distribution for finding in total.findings)
    total.findings.sort(key=lambda f: (-uses[f.distribution], f.distribution))
    return total


def label_of(distribution: Distribution) -> str:
    """Return the name and the version of a distribution."""
    return f"{distribution.metadata['Name'] or '?'} {distribution.version}"


def _within(roots: list[str], path: str) -> str:
    absolute = os.path.abspath(path)
    root = next((root for root in roots if absolute.startswith(root + os.sep)), None)
    return os.path.relpath(absolute, root) if root else path


def _required(distribution: Distribution, label: str) -> Iterator[Finding]:
    """Yield a finding for each requirement of a distribution that names PyPI's functorch."""
    for requirement in distribution.requires or ():
        if declarations.is_functorch(requirement):
            path = f"{label.replace(' ', '-')}.dist-info/METADATA"
            text = f"Requires-Dist: {requirement}"
            yield Finding(path, 1, 1, None, "functorch", "", "none", text, label, "declaration")


def editable_source(distribution: Distribution) -> str | None:
    """Return the source folder of an editable install (https://peps.python.org/pep-0610/)."""
    try:
        origin = json.loads(distribution.read_text("direct_url.json") or "{}")
        if not origin["dir_info"]["editable"]:
            return None
        folder = url2pathname(urlsplit(origin["url"]).path)
    except (ValueError, LookupError, TypeError):
        return None
    return folder if os.path.isdir(folder) else None
