"""Declarations that a project needs the PyPI project ``functorch``.

It is an empty package today, and its old releases force torch 1.13 and earlier.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from functorch_compat import documents
from functorch_compat.audit import ruff
from functorch_compat.findings import Finding, UnreadableError

_FILES = re.compile(
    r"requirements.*\.(txt|in)|pyproject\.toml|setup\.cfg|environment\.ya?ml", re.DOTALL
)


def is_declaration(path: str) -> bool:
    """Whether a file is one that may declare a dependency."""
    return _FILES.fullmatch(os.path.basename(path)) is not None


def files(paths: Iterable[str]) -> Iterator[str]:
    """The files that may declare a dependency: ``paths`` and what is in those that are folders."""
    for path in paths:
        if is_declaration(path) and not os.path.isdir(path):
            yield path
        for folder, folders, names in os.walk(path):
            folders[:] = [name for name in folders if name not in ruff.LEFT_OUT]
            names = [name for name in names if is_declaration(name)]
            yield from (os.path.normpath(os.path.join(folder, name)) for name in names)


def find(path: str) -> list[Finding]:
    """Where in a file the dependency is declared."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8: {error}") from None
    if "functorch" not in text.lower():
        return []
    name = os.path.basename(path)
    parse = _PARSERS.get(name, _requirements)

    def declared(text: str) -> int:
        return sum(map(is_functorch, parse(text)))

    count = declared(text)
    # A parser does not tell where it found something. But where another name makes it find less,
    # there it was.
    occurrences = re.finditer("functorch", text, re.I) if count else ()
    places = [m for m in occurrences if declared(f"{text[: m.start()]}f{text[m.end() :]}") < count]
    # Under the anchor of YAML one place may make two requirements, and two of them one.
    positions = [place.start() for place in places] or ([0] if count else [])
    return [_finding(path, text, position) for position in positions]


def _finding(path: str, text: str, position: int) -> Finding:
    *before, start = documents.lines(text[:position])
    shown = (start + documents.lines(text[position:])[0]).strip()
    place = (len(before) + 1, len(start) + 1)
    return Finding(path, *place, None, "functorch", "", "none", shown, how="declaration")


def is_functorch(requirement: str) -> bool:
    """Whether a requirement, of pip's or of conda's kind, names the PyPI project."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    try:
        return canonicalize_name(Requirement(requirement).name) == "functorch"
    except InvalidRequirement:  # a link, say, or a version that conda alone understands
        name = re.match(r"\s*(?:[\w-]+::)?([\w.-]+)\s*(?:$|[=<>!~;@\[ ])", requirement)
        return name is not None and canonicalize_name(name[1]) == "functorch"


def _requirements(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", "").splitlines():
        requirement = re.split(r"(?:^|\s)(?:#|--)", line)[0].strip()
        if requirement and not requirement.startswith("-"):
            yield requirement


def _pyproject(text: str) -> Iterator[str]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not TOML: {error}") from None
    for table in (*_LISTS, *_NAMES):
        for found in _at(document, table.split(".")):
            values = found if isinstance(found, list) else []
            names = found if isinstance(found, dict) and table in _NAMES else {}
            yield from (value for value in (*values, *names) if isinstance(value, str))


_LISTS = (
    *("project.dependencies", "project.optional-dependencies.*", "build-system.requires"),
    *("dependency-groups.*", "tool.uv.dev-dependencies", "tool.pdm.dev-dependencies.*"),
    *("tool.hatch.envs.*.dependencies", "tool.hatch.envs.*.extra-dependencies"),
)
_NAMES = (
    *("tool.poetry.dependencies", "tool.poetry.dev-dependencies"),
    *("tool.poetry.group.*.dependencies", "tool.pixi.dependencies", "tool.pixi.pypi-dependencies"),
)


def _at(node: Any, keys: list[str]) -> Iterator[Any]:
    """What is in a document under the keys, of which ``*`` is any."""
    if not keys:
        yield node
    elif isinstance(node, dict):
        for key in node if keys[0] == "*" else {keys[0]} & set(node):
            yield from _at(node[key], keys[1:])


def _setup_cfg(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UnreadableError(f"not an INI file: {error}".replace("\n", " ")) from None
    sections = {name: dict(parser.items(name)) for name in parser.sections()}
    options = sections.get("options", {})
    declared = [options.get(f"{when}_require{s}", "") for when, s in _WHEN]
    declared += sections.get("options.extras_require", {}).values()
    for requirements in declared:
        yield from _requirements(requirements)


_WHEN = (("install", "s"), ("setup", "s"), ("tests", ""))


def _environment(text: str) -> Iterator[str]:
    import yaml  # type: ignore[import-untyped, unused-ignore]

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableError(f"not YAML: {error}".replace("\n", " ")) from None
    for declared in _at(document, ["dependencies"]):
        for dependency in declared if isinstance(declared, list) else []:
            names = dependency.get("pip") if isinstance(dependency, dict) else [dependency]
            yield from (n for n in names if isinstance(n, str)) if isinstance(names, list) else ()


_PARSERS = {
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
    "environment.yml": _environment,
    "environment.yaml": _environment,
}
