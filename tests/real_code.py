"""Measures the tools on a folder of real legacy code: ``python tests/real_code.py FOLDER``.

Such code is not part of this repository.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from pathlib import Path

# The audit.


def cells(path):
    """The code of a Python file, or of each code cell of a notebook, by its number."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix != ".ipynb":
        return {None: text}
    return {
        number: re.sub(r"^[ \t]*[%!?].*", "", "".join(cell["source"]), flags=re.M)
        for number, cell in enumerate(json.loads(text)["cells"], 1)
        if cell["cell_type"] == "code" and not "".join(cell["source"]).startswith("%%")
    }


def uses(path):
    """The cells and lines that use functorch, counted without any of this project's code.

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
            known = {"compile", "dim", "einops", "experimental", "_src", "config", "control_flow"}
            modules |= {alias.asname or alias.name for alias in node.names if alias.name in known}
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
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(r"functorch(\.\w+)*", node.value):
                yield cell, node.lineno


def audited(folder):
    """The findings of the audit in a folder, as JSON has them."""
    command = [sys.executable, "-m", "functorch_compat", "audit", "--no-baseline", "--format=json"]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(result.stdout)


def compare_with_audit(folder):
    """Print what the independent count finds, and return the uses that the audit does not."""
    report = audited(folder)
    found = {(one["path"], one["cell"], one["line"]) for one in report["findings"]}
    counted = {
        (path.relative_to(folder).as_posix(), cell, line)
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".py", ".pyi", ".pyw", ".ipynb") and path.is_file()
        for cell, line in uses(path)
    }
    missed = sorted(counted - found, key=str)
    print(
        f"lines with uses by ast: {len(counted)}, of which the audit finds {len(counted - {*missed})}"
    )
    print(f"lines that the audit finds beyond those: {len(found - counted)}")
    print(f"files that the audit cannot read: {len(report['unreadable'])}")
    for path, cell, line in missed:
        print(f"not found: {path}:{f'cell {cell}:' if cell else ''}{line}")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    return 1 if compare_with_audit(folder) else 0


if __name__ == "__main__":
    sys.exit(main())
