"""Each step of docs/tutorial.md works, and the last audit finds nothing."""

import json
import re
import shutil

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow

PAGE = ROOT / "docs/tutorial.md"
FILES = ["train.py", "curvature.ipynb", "requirements.txt"]
BLOCK = re.compile(r"^```(sh|text|diff)(.*)\n((?:.*\n)*?)```$", re.M)


@pytest.fixture
def project(tmp_path):
    for name in FILES:
        shutil.copy(ROOT / "docs/tutorial" / name, tmp_path)
    return tmp_path


def test_each_step_in_order(project, shell):
    before = printed_by_the_notebook(project, shell)
    output = ""
    for language, info, block in BLOCK.findall(PAGE.read_text()):
        if block.startswith("# "):
            edit(project, block)
        elif language != "sh":
            assert block.strip() in output, f"{block}\nis not in\n{output}"
        elif block.startswith("pip install"):
            assert "[migrate]" in block
        else:
            result = shell(block, project)
            output = (result.stdout + result.stderr).replace(f"{project}/", "")
            if "any" not in info:
                assert result.returncode == ("exit=1" in info), output

    strict = "-W error:functorch.:DeprecationWarning"
    assert printed_by_the_notebook(project, shell, strict) == before
    assert not [name for name in FILES if "functorch" in (project / name).read_text()]


def edit(project, diff):
    """Make the change that a diff of the page shows, in the file that its first line names."""
    name, *lines = diff.splitlines()
    file = project / name[len("# ") :]
    old, new = (
        "\n".join(line[1:] for line in lines if line[0] != left_out) for left_out in ("+", "-")
    )
    if file.suffix == ".ipynb":  # In its JSON, no line of the diff has anything to escape.
        old, new = old.strip(), new.strip()
    assert file.read_text().count(old) == 1, old
    file.write_text(file.read_text().replace(old, new))


def printed_by_the_notebook(project, shell, options="-W ignore"):
    cells = json.loads((project / "curvature.ipynb").read_text())["cells"]
    code = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    (project / "cells.py").write_text(code)
    result = shell(f"python {options} cells.py", project)
    (project / "cells.py").unlink()
    assert result.returncode == 0, result.stderr
    return result.stdout
