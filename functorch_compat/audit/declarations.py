"""Finds the declarations that require the PyPI project ``functorch``.

The newest release on PyPI is an empty package. The older ones need torch 1.13 or earlier.
"""

from __future__ import annotations

import ast
import configparser
import re
import sys
from collections.abc import Callable, Iterator
from itertools import zip_longest
from pathlib import Path, PurePath
from typing import Any

from functorch_compat import documents
from functorch_compat.findings import Finding, UnreadableError

_Parser = Callable[[str], Iterator[int]]
"""A function from the text of a file to the offsets where a requirement names functorch."""


def is_kind(path: str) -> bool:
    """Return whether a file is of a kind that may declare a dependency."""
    return _parser(path) is not None


def find(path: str) -> list[Finding]:
    """Return a finding for each place in a file that requires functorch.

    Raises:
        UnreadableError: If the file cannot be parsed as what its name says.
    """
    if path.endswith(".ipynb"):
        return _in_magics(path)
    parse = _parser(path)
    if parse is None:
        return []
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        offsets = sorted({*parse(text)})
    except UnicodeDecodeError as error:
        raise UnreadableError(f"not UTF-8: {error}") from None
    return [_finding(path, text, offset) for offset in offsets]


def _parser(path: str) -> _Parser | None:
    name = PurePath(path)
    return next((parse for glob, parse in _PARSERS.items() if name.match(glob)), None)


def _in_magics(path: str) -> list[Finding]:
    """Return the findings in ``!pip install``, in ``%pip install``, and in cells of the shell."""
    document = documents.read(path)
    found = []
    for cell, python in document.python.items():
        code = document.cells[cell]
        # Keep only the lines that are not Python: magics, or a whole cell of the shell.
        lines = zip_longest(*(re.findall(r".*\n|.+", text) for text in (code, python)))
        shell = "".join(re.sub(".", " ", line) if line == other else line for line, other in lines)
        places = _install_commands(shell)
        found += [_finding(path, code, place)._replace(cell=cell) for place in places]
    return found


def _finding(path: str, text: str, offset: int) -> Finding:
    written = re.compile("functorch", re.I).search(text, offset)
    offset = written.start() if written else offset  # The name may be written with escapes.
    *before, start = documents.lines(text[:offset])
    shown = (start + documents.lines(text[offset:])[0]).strip()
    place = (len(before) + 1, len(start) + 1)
    return Finding(path, *place, None, "functorch", "", "none", shown, how="declaration")


def is_functorch(requirement: str) -> bool:
    """Return whether a requirement, of pip or of conda, names the PyPI project."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    if re.search(r"github\.com[/:]pytorch/functorch(\.git)?/?([@#]|$)", requirement):
        return True
    try:
        return canonicalize_name(Requirement(requirement).name) == "functorch"
    except InvalidRequirement:  # It is a link, or has a version that only conda understands.
        name = re.match(r"\s*(?:[\w-]+::)?([\w.-]+)\s*(?:$|[=<>!~;@\[ ])", requirement)
        return name is not None and canonicalize_name(name[1]) == "functorch"


# Files with one requirement on each line.


def _requirements(text: str) -> Iterator[int]:
    # Join lines that end with a backslash, and keep the offset of each character.
    joined = re.sub(r"\\\r?\n", lambda newline: " " * len(newline[0]), text)
    for line in re.finditer(r"[^\r\n]+", joined):
        requirement = re.split(r"(?:^|\s)(?:#|--)", line[0])[0]
        requirement = re.sub(r"^\s*(-e|--editable)\s", "", requirement).strip()
        if not requirement.startswith("-") and is_functorch(requirement):
            yield line.start()


_INSTALL = re.compile(
    r"\b(?:pip[\d.]*|conda|mamba|micromamba)[ \t]+install\b((?:\\\r?\n|[^\r\n;|&]|&(?!&))*)"
)
_WORD = re.compile(r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'\\])+")


def _install_commands(text: str) -> Iterator[int]:
    """Yield the offsets of functorch in ``pip install``, ``conda install`` and the like."""
    # In a Dockerfile a command goes on after a line that is only a comment.
    comments = re.compile(r"^[ \t]*#.*\r?\n|(?:^|\s)#.*", re.M)
    text = comments.sub(lambda comment: " " * len(comment[0]), text)
    for command in _INSTALL.finditer(text):
        for word in _WORD.finditer(text, command.start(1), command.end(1)):
            if word[0][0] != "-" and is_functorch(re.sub("[\"']", "", word[0])):
                yield word.start()


# TOML and INI. Their parsers do not tell where in the text a value is.


def _by_trial(text: str, declared: Callable[[str], Iterator[str]]) -> Iterator[int]:
    """Find the places where a parser finds less once the name there is another one."""

    def count(text: str) -> int:
        return sum(map(is_functorch, declared(text)))

    found = count(text)
    for place in re.finditer("functorch", text, re.I) if found else ():
        if count(f"{text[: place.start()]}un{text[place.start() :]}") < found:
            yield place.start()


def _toml(*tables: str) -> _Parser:
    """Make a parser of TOML. Each path leads to a list of requirements, or to a table of them."""

    def declared(text: str) -> Iterator[str]:
        try:
            document = toml(text)
        except ValueError as error:
            raise UnreadableError(f"not TOML: {error}") from None
        for keys in tables:
            for found in _at(document, keys.split(".")):
                listed = found if isinstance(found, (list, dict)) else ()
                yield from (name for name in listed if isinstance(name, str))

    return lambda text: _by_trial(text, declared)


def toml(text: str) -> dict[str, Any]:
    """Parse TOML.

    Raises:
        ValueError: If the text is not TOML.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


_PIXI = [
    f"{where}{what}dependencies"
    for where in ("", "feature.*.", "target.*.", "feature.*.target.*.")
    for what in ("", "pypi-", "host-", "build-")
]
_pyproject = _toml(
    *("project.dependencies", "project.optional-dependencies.*", "build-system.requires"),
    *("dependency-groups.*", "tool.pdm.dev-dependencies.*", "tool.flit.metadata.requires"),
    *(
        f"tool.uv.{kind}-dependencies"
        for kind in ("dev", "constraint", "override", "build-constraint")
    ),
    *("tool.hatch.envs.*.dependencies", "tool.hatch.envs.*.extra-dependencies"),
    *("tool.poetry.dependencies", "tool.poetry.dev-dependencies"),
    "tool.poetry.group.*.dependencies",
    *("tool.tox.env_run_base.deps", "tool.tox.env.*.deps"),
    *(f"tool.pixi.{keys}" for keys in _PIXI),
)


def _pipfile(text: str) -> Iterator[int]:
    others = {"source", "requires", "scripts", "pipenv"}
    categories = {*re.findall(r"^\s*\[\s*([\w-]+)", text, re.M)} - others
    return _toml(*categories)(text)


def _at(node: Any, keys: list[str]) -> Iterator[Any]:
    """Yield what is in a document under the keys. ``*`` stands for any key."""
    if not keys:
        yield node
    elif isinstance(node, dict):
        for key in node if keys[0] == "*" else {keys[0]} & set(node):
            yield from _at(node[key], keys[1:])


def _ini(text: str) -> Iterator[int]:
    """Yield the offsets of functorch in ``setup.cfg`` or ``tox.ini``."""
    return _by_trial(text, _declared_in_ini)


def _declared_in_ini(text: str) -> Iterator[str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UnreadableError(f"not an INI file: {error}".replace("\n", " ")) from None
    for section in parser.sections():
        for option, value in parser.items(section):
            if section == "options":
                is_list = option in ("install_requires", "setup_requires", "tests_require")
            else:
                is_list = section == "options.extras_require" or option == "deps"
            for line in value.splitlines() if is_list else ():
                line = re.sub(r"^[\w,{}!.-]+:\s+", "", line)  # the environments in tox.ini
                yield re.split(r"(?:^|\s)#", line)[0].strip()
            if option.startswith("commands"):
                yield from (value[start:].split()[0] for start in _install_commands(value))


# YAML and Python. Their parsers tell where in the text a value is.


def _yaml(text: str) -> Iterator[int]:
    """Yield the offsets of functorch in an environment or a recipe of conda."""
    import yaml  # type: ignore[import-untyped, unused-ignore]

    template = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
    blank = template.sub(lambda found: re.sub(r"[^\r\n]", " ", found[0]), text)
    try:
        root = yaml.compose(blank, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableError(f"not YAML: {error}".replace("\n", " ")) from None
    for keys in _CONDA:
        for node in _nodes_at(root, keys.split(".")):
            if isinstance(node, yaml.ScalarNode) and is_functorch(node.value):
                yield node.start_mark.index


_CONDA = (
    *("dependencies.*", "dependencies.*.pip.*", "requirements.*.*", "test.requires.*"),
    *("outputs.*.requirements.*.*", "outputs.*.requirements.*", "outputs.*.test.requires.*"),
)


def _nodes_at(node: Any, keys: list[str]) -> Iterator[Any]:
    """Yield the nodes of YAML under the keys. ``*`` stands for any key, or any item of a list."""
    if not keys:
        yield node
    elif node is not None and node.id == "mapping":
        for key, value in node.value:
            if keys[0] in ("*", key.value):
                yield from _nodes_at(value, keys[1:])
    elif node is not None and node.id == "sequence" and keys[0] == "*":
        for item in node.value:
            yield from _nodes_at(item, keys[1:])


def _setup_py(text: str) -> Iterator[int]:
    """Yield the offsets of literal strings in the requirements of ``setup()``."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # Ruff reports the error.
    starts = [0, *(newline.end() for newline in re.finditer(r"\r\n|\r|\n", text))]
    named = [pair for node in ast.walk(tree) for pair in _named_values(node)]
    values = [value for name, value in named if re.search("requir|depend|extras", name, re.I)]
    variables = {n.id for value in values for n in ast.walk(value) if isinstance(n, ast.Name)}
    for value in (*values, *(value for name, value in named if name in variables)):
        keys = {key for node in ast.walk(value) if isinstance(node, ast.Dict) for key in node.keys}
        for string in ast.walk(value):
            if not isinstance(string, ast.Constant) or not isinstance(string.value, str):
                continue
            if string not in keys and any(map(is_functorch, string.value.splitlines())):
                line = text[starts[string.lineno - 1] :].encode()
                yield starts[string.lineno - 1] + len(line[: string.col_offset].decode())


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from ((t.id, node.value) for t in targets if isinstance(t, ast.Name))


_PARSERS: dict[str, _Parser] = {
    **dict.fromkeys(["*requirements*.txt", "*requirements*.in"], _requirements),
    **dict.fromkeys(["requirements/*.txt", "requirements/*.in"], _requirements),
    **dict.fromkeys(["constraints*.txt"], _requirements),
    "pyproject.toml": _pyproject,
    "pixi.toml": _toml(*_PIXI),
    "Pipfile": _pipfile,
    **dict.fromkeys(["setup.cfg", "tox.ini"], _ini),
    "setup.py": _setup_py,
    **dict.fromkeys(["environment*.yml", "environment*.yaml", "env.yml", "env.yaml"], _yaml),
    "meta.yaml": _yaml,
    **dict.fromkeys(["Dockerfile*", "*.[Dd]ockerfile", "Containerfile*"], _install_commands),
    **dict.fromkeys([".github/workflows/*.yml", ".github/workflows/*.yaml"], _install_commands),
    **dict.fromkeys([".github/actions/*/action.yml"], _install_commands),
    **dict.fromkeys([".gitlab-ci*.yml", ".circleci/*.yml", ".travis.yml"], _install_commands),
    **dict.fromkeys(["azure-pipelines*.yml", "appveyor.yml"], _install_commands),
}
KINDS = tuple(_PARSERS)
"""Globs of the files that may declare a dependency."""
