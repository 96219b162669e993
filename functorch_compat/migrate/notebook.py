"""Replaces the code of cells in the text of a notebook, and no other character of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from functorch_compat.migrate.edits import Edit, apply

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')


def replace(text: str, code: Mapping[int, str]) -> str:
    """Put ``code`` into the cells with those numbers, which count all cells from 1."""
    tokens = _TOKEN.finditer(text)
    cells = _value(tokens, next(tokens))["cells"]
    return apply(text, (_edit(text, cells[n - 1]["source"], new) for n, new in code.items())).text


def _value(tokens: Iterator[re.Match[str]], token: re.Match[str]) -> Any:
    """What begins with ``token``, with the tokens in the place of strings and numbers."""
    if token[0] not in "{[":
        return token
    members: dict[str, Any] = {}
    items: list[Any] = []
    for first in tokens:
        if first[0] in "}]":
            break
        if first[0] == ",":
            continue
        if token[0] == "[":
            items.append(_value(tokens, first))
        else:
            next(tokens)  # the colon
            members[json.loads(first[0])] = _value(tokens, next(tokens))
    return items if token[0] == "[" else members


def _edit(text: str, source: Any, code: str) -> Edit:
    """The edit of a source, which is a string or a list of the lines of one."""

    def dumped(string: str) -> str:
        return json.dumps(string, ensure_ascii=text.isascii())

    if not isinstance(source, list):
        return Edit(source.start(), source.end(), dumped(code))
    first, last = source[0], source[-1]
    written = {json.loads(token[0]): token[0] for token in source}
    in_lines = all(line.count("\n") <= 1 for line in written)
    lines = re.findall(r".*\n|.+", code) if in_lines else [code]
    if len(source) > 1:
        between = text[first.end() : source[1].start()]
    else:
        before = text[: first.start()]
        between = "," + before[len(before.rstrip()) :]
    new = between.join(written.get(line, dumped(line)) for line in lines or [""])
    return Edit(first.start(), last.end(), new)
