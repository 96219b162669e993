"""Writes what is generated from the table of legacy names, or checks it: ``--check``.

The stubs' ``__all__`` and messages (a name without a signature of its own gets a general one), and
the table in ``docs/legacy-names.md``.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from functorch_compat.deprecation import MESSAGES  # noqa: E402
from functorch_compat.legacy_api import LEGACY_API  # noqa: E402

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
    # The shipped functorch hands torch out with the rest.
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
    rows = ["| legacy name | use instead | how | since torch |", "| --- | --- | --- | --- |"]
    recipes = []
    for name, api in LEGACY_API.items():
        rows.append(f"| `{name}` | `{api.replacement}` | {api.kind} | {api.since} |")
        if api.recipe:
            recipes.append(f"### {name}\n\n```text\n{api.recipe}\n```\n")
    return head + begin + "\n" + "\n".join(rows) + "\n\n## Recipes\n\n" + "\n".join(recipes)


def main() -> None:
    for file, text in ((STUBS, stubs()), (PAGE, page())):
        if "--check" not in sys.argv:
            file.write_text(text)
        elif file.read_text() != text:
            sys.exit(f"{file.relative_to(ROOT)} is stale: run `python .ci/generate.py`")


if __name__ == "__main__":
    main()
