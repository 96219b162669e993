"""Counts the uses of functorch in a folder of real legacy code, without any code of this project.

``python tests/uses_by_ast.py FOLDER`` prints which of them the audit does not find. Such code is no
part of this repository.
"""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

CALLS = {"import_module", "__import__", "importorskip", "find_spec", "patch", "setattr"}


def cells(path):
    """Return the code of a Python file, or of each code cell of a notebook by its number."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".ipynb":
        return {None: text}
    return {
        number: re.sub(r"^[ \t]*[%!?].*", "", "".join(cell["source"]), flags=re.M)
        for number, cell in enumerate(json.loads(text)["cells"], 1)
        if cell["cell_type"] == "code" and not "".join(cell["source"]).startswith("%%")
    }


def uses(path):
    """Return the cells and lines that use functorch, counted without any code of this project.

    A name counts as functorch wherever the file imports it as such, in whatever scope.
    """
    trees = {}
    for cell, code in cells(path).items():
        try:
            trees[cell] = ast.parse(code)
        except (SyntaxError, ValueError):
            continue
    nodes = [(cell, node) for cell, tree in trees.items() for node in ast.walk(tree)]
    modules = set()
    for _, node in nodes:
        if isinstance(node, ast.Import):
            ours = [alias for alias in node.names if alias.name.split(".")[0] == "functorch"]
            modules |= {alias.asname or "functorch" for alias in ours}
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "functorch":
            inner = {"compile", "dim", "einops", "experimental", "_src", "config", "control_flow"}
            modules |= {alias.asname or alias.name for alias in node.names if alias.name in inner}
    for cell, node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "functorch":
                    yield cell, alias.lineno
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0 and (node.module or "").split(".")[0] == "functorch":
                yield from ((cell, alias.lineno) for alias in node.names)
        elif isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id in modules:
                yield cell, node.lineno
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = getattr(node.args[0], "value", None) if node.args else None
            if called in CALLS and re.fullmatch(r"functorch(\.\w+)*", str(first)):
                yield cell, node.args[0].lineno


def not_found(folder):
    """Return the counted uses that the audit does not find, and the number of counted uses."""
    command = [sys.executable, "-m", "functorch_compat", "audit", "--no-baseline", "--format=json"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    report = json.loads(result.stdout)
    found = {(one["path"], one["cell"], one["line"]) for one in report["findings"]}
    counted = {
        (path.relative_to(folder).as_posix(), cell, line)
        for path in folder.rglob("*")
        if path.suffix in (".py", ".pyi", ".pyw", ".ipynb") and path.is_file()
        for cell, line in uses(path)
    }
    return sorted(counted - found, key=str), len(counted)


if __name__ == "__main__":
    missed, count = not_found(Path(sys.argv[1]).resolve())
    print(f"lines with uses, counted by ast: {count}; not found by the audit: {len(missed)}")
    for path, cell, line in missed:
        print(f"not found: {path}:{f'cell {cell}:' if cell else ''}{line}")
    sys.exit(1 if missed else 0)
