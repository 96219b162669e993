"""Writes what is generated from the table of legacy names. With ``--check``, only compares it.

It writes ``__all__`` and the messages in the stubs, and the lists in ``docs/legacy-names.md``. In
the stubs, a name without a signature of its own gets a general one.
"""

import json
import re
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from functorch_compat.deprecation import MESSAGES  # noqa: E402
from functorch_compat.legacy_api import LEGACY_API, LegacyName  # noqa: E402

STUBS = ROOT / "functorch_compat/stubs/functorch/__init__.pyi"
PAGE = ROOT / "docs/legacy-names.md"


def stubs() -> str:
    text = STUBS.read_text()
    names = [
        name[len("functorch.") :]
        for name, api in LEGACY_API.items()
        if re.fullmatch(r"functorch\.[a-zA-Z]\w*", name)
        if not api.is_module and api.kind != "none"
    ]
    # torch's own functorch has the name torch too.
    exported = "".join(f"    {json.dumps(name)},\n" for name in sorted([*names, "torch"]))
    text = re.sub(r"__all__ = \[\n.*?\]", f"__all__ = [\n{exported}]", text, flags=re.DOTALL)
    for name in names:
        marked = re.compile(rf'@deprecated\(\s*".*"\s*\)(?=\n(def|class) {name}\()')
        if not marked.search(text):
            text += f'@deprecated("")\ndef {name}(*args: Any, **kwargs: Any) -> Any: ...\n'
        mark = f"@deprecated(\n    {json.dumps(MESSAGES[f'functorch.{name}'])}\n)"
        text = marked.sub(lambda _, mark=mark: mark, text)
    return text


def page() -> str:
    head, begin, _ = PAGE.read_text().partition("<!-- generated -->\n")
    modules: dict[str, list[str]] = {}
    for name, api in LEGACY_API.items():
        modules.setdefault(name.rpartition(".")[0], []).append(entry(name, api))
    # A glossary gives each name an anchor, and leads the search of the site to it.
    sections = [
        f"## {module}\n\n```{{glossary}}\n" + "\n".join(entries) + "```\n"
        for module, entries in modules.items()
    ]
    return head + begin + "\n" + "\n".join(sections)


def entry(name: str, api: LegacyName) -> str:
    since = f", from torch {api.since} on" if api.since != "2.0" else ""
    dropped = f"  PyTorch {api.gone} dropped the old name.\n" if api.gone else ""
    if api.kind == "rename":
        how = f"**rename**{since}: `{api.replacement}`"
    elif api.kind == "rewrite":
        how = f"**rewrite**{since}, with `{api.replacement}`:"
    else:
        how = "**none**: nothing replaces it. This comes near:"
    text = f"`{name}`\n  {how}\n"
    if api.recipe:
        text += "\n  ~~~text\n" + textwrap.indent(api.recipe, "  ") + "\n  ~~~\n"
    return text + (f"\n{dropped}" if dropped else "")


def main() -> None:
    for file, text in ((STUBS, stubs()), (PAGE, page())):
        if "--check" not in sys.argv:
            file.write_text(text)
        elif file.read_text() != text:
            sys.exit(f"{file.relative_to(ROOT)} is stale: run `python .ci/generate.py`")


if __name__ == "__main__":
    main()
