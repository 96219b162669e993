"""The audit of a whole repository: its settings, its baseline, its declarations, its odd code."""

import json
import os
import subprocess

import pytest
from conftest import run_python

from functorch_compat import cli


@pytest.fixture
def audit(monkeypatch, capsys):
    """Runs the command in a folder, and gives its exit status, stdout and stderr."""

    def audit(folder, *arguments):
        monkeypatch.chdir(folder)
        capsys.readouterr()
        status = cli.main(["audit", *map(str, arguments)])
        return (status, *capsys.readouterr())

    return audit


@pytest.fixture
def found(audit):
    """Runs the command, and gives what it finds: path, line, column, name, how."""

    def found(folder, *arguments):
        _, out, _ = audit(folder, "--format=json", *arguments)
        keys = ("path", "line", "column", "name", "how")
        return [tuple(one[key] for key in keys) for one in json.loads(out)["findings"]]

    return found


# Nothing unrelated blocks it.


def test_what_has_nothing_to_do_with_functorch_blocks_nothing(tmp_path, audit):
    (tmp_path / "legacy.py").write_text("import functorch\n")
    assert audit(tmp_path, "--write-baseline=base.json")[0] == 0
    (tmp_path / "py2.py").write_text("print 'hello'\n")
    (tmp_path / "template.py").write_text("{{ cookiecutter.name }}\n")
    (tmp_path / "utf16.py").write_bytes("é = 1\n".encode("utf-16"))
    (tmp_path / "not.ipynb").write_text("{")
    (tmp_path / "pyproject.toml").write_text("{{ broken")

    status, out, err = audit(tmp_path, "--baseline=base.json")

    assert (status, out, err) == (0, "No new uses (1 in base.json).\n", "")


def test_an_unreadable_file_can_be_recorded_and_a_new_one_fails(tmp_path, audit):
    (tmp_path / "py2.py").write_text("import functorch\nprint 'hello'\n")
    assert audit(tmp_path)[0] == 2
    assert audit(tmp_path, "--write-baseline=base.json")[0] == 0

    status, out, _ = audit(tmp_path, "--baseline=base.json")
    assert (status, out) == (
        0,
        "No new uses (0 in base.json, and 1 file that cannot be read).\n",
    )

    (tmp_path / "new.py").write_text("print 'functorch'\n")
    status, out, _ = audit(tmp_path, "--baseline=base.json")
    assert status == 2
    assert out.startswith("new.py: unreadable: line 1: ")
    assert "py2.py" not in out


def test_one_broken_cell_hides_no_other(tmp_path, audit):
    sources = ["import functorch", "functorch.vjp(", "text", "%time functorch.x\nfunctorch.grad(f)"]
    cells = [
        {"cell_type": "markdown" if source == "text" else "code", "metadata": {}, "source": source}
        for source in sources
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "n.ipynb").write_text(json.dumps(notebook))

    status, out, _ = audit(tmp_path)

    assert status == 2
    first, second, third, *_ = out.splitlines()
    assert first == "n.ipynb:cell 1:1:8: functorch: use torch.func"
    assert second == "n.ipynb:cell 4:2:1: functorch.grad: use torch.func.grad"
    assert third.startswith("n.ipynb:cell 2: unreadable: line 1: ")
    assert "\n1 cell could not be read" in out
    # It can be recorded too, and is then no longer new.
    audit(tmp_path, "--write-baseline=base.json")
    assert audit(tmp_path, "--baseline=base.json")[0] == 0


def test_exclude(tmp_path, found, audit):
    for path in ("own/a.py", "vendored/a.py", "own/vendored/b.py", "own/gen/x_pb2.py", "c.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("import functorch\n")

    def paths(*arguments):
        return [path for path, *_ in found(tmp_path, *arguments)]

    assert paths("--exclude=vendored", "--exclude=*_pb2.py") == ["c.py", "own/a.py"]
    assert paths("--exclude=own/vendored/") == [
        "c.py",
        "own/a.py",
        "own/gen/x_pb2.py",
        "vendored/a.py",
    ]
    assert paths("--exclude=**/gen", "--exclude=./c.py", "own", "c.py") == [
        "own/a.py",
        "own/vendored/b.py",
    ]
    assert paths("--exclude=[!o]*.py", "--exclude=own/**/[x-z]*.py", "--exclude=a.py") == []
    # A named file too: a hook names the files.
    assert paths("--exclude=vendored", "own/vendored/b.py", "own/a.py") == ["own/a.py"]


def test_settings_are_those_of_the_nearest_pyproject_that_has_some(tmp_path, audit, found):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.functorch-compat]\npaths = ["src"]\nexclude = ["src/old"]\nbaseline = "base.json"\n'
    )
    for path in ("src/a.py", "src/old/b.py", "other/c.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("import functorch\n")
    (tmp_path / "src/pyproject.toml").write_text('[project]\nname = "a"\n')

    assert audit(tmp_path)[0] == 2  # the baseline does not exist yet
    audit(tmp_path, "--write-baseline=base.json")
    for folder in (tmp_path, tmp_path / "src", tmp_path / "other"):
        status, out, _ = audit(folder)
        assert (status, out.partition("(")[0]) == (0, "No new uses ")
    assert [path for path, *_ in found(tmp_path, "--no-baseline")] == ["src/a.py"]
    assert [path for path, *_ in found(tmp_path, "other")] == ["other/c.py"]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[tool.functorch-compat]\nexcludes = []", "has the unknown key 'excludes'"),
        ('[tool.functorch-compat]\nexclude = "x"', "exclude that is no list of strings"),
        ("[tool.functorch-compat]\nbaseline = 1", "baseline that is no string"),
        ("[tool]\nfunctorch-compat = 1", "is not a table"),
        ("[tool.functorch-compat", "is not TOML"),
    ],
)
def test_a_wrong_setting_is_2_and_one_line(text, wrong, tmp_path, audit):
    (tmp_path / "pyproject.toml").write_text(text)

    status, out, err = audit(tmp_path)

    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert wrong in line


def test_git_ignores_declarations_too(tmp_path, found):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("/build/\n")
    (tmp_path / "build").mkdir()
    (tmp_path / "build/requirements.txt").write_text("functorch\n")
    (tmp_path / "requirements.txt").write_text("functorch\n")

    assert [path for path, *_ in found(tmp_path)] == ["requirements.txt"]
    # Also where nothing else is of a known kind.
    (tmp_path / "requirements.txt").unlink()
    assert found(tmp_path) == []
    assert [path for path, *_ in found(tmp_path, "build")] == ["build/requirements.txt"]


def test_a_file_of_no_known_kind_is_said_to_be_so(tmp_path, audit, found):
    (tmp_path / "notes.md").write_text("functorch\n")
    (tmp_path / "tool").write_text("#!/usr/bin/env python3\nimport functorch\n")

    status, _, err = audit(tmp_path, "notes.md")

    assert status == 0
    assert err == (
        "notes.md: not audited: it is not Python, not a notebook, "
        "and not a known file of dependencies\n"
    )
    assert found(tmp_path, "tool") == [("tool", 2, 8, "functorch", "import")]


def test_the_order_does_not_depend_on_hashing(tmp_path):
    (tmp_path / "two.py").write_text(
        "try:\n    import functorch as f\nexcept ImportError:\n"
        "    import functorch.compile as f\ntry:\n    f\nexcept NameError:\n    f = None\n"
        "def g():\n    return f.nop\n"
    )
    for name in "hgfedcba":
        (tmp_path / f"{name}.py").write_text("functorch def\n")
        (tmp_path / f"ok_{name}.py").write_text("from functorch import vjp, vmap\n")

    outputs = set()
    for seed in ("0", "1", "2"):
        command = ("-m", "functorch_compat", "audit", "--format=json")
        result = run_python(*command, cwd=tmp_path, check=False, PYTHONHASHSEED=seed)
        outputs.add(result.stdout)

    (output,) = outputs
    assert [one["path"] for one in json.loads(output)["unreadable"]] == [
        f"{n}.py" for n in "abcdefgh"
    ]


# A baseline that can be trusted.


@pytest.fixture
def recorded(tmp_path, audit):
    """A repository with three uses, all of them in its baseline."""
    for path in ("a/one.py", "b/two.py", "b/three.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("import functorch\n")
    assert audit(tmp_path, "--write-baseline=base.json")[0] == 0
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "arguments"),
    [(".", []), ("a", []), (".", ["b"]), ("b", [".."]), ("a", ["{root}/b"]), (".", ["{root}"])],
)
def test_the_baseline_is_the_same_from_everywhere(folder, arguments, recorded, audit):
    arguments = [argument.format(root=recorded) for argument in arguments]
    baseline = os.path.relpath(recorded / "base.json", recorded / folder)

    status, out, err = audit(recorded / folder, "--baseline", baseline, *arguments)
    assert (status, out, err) == (0, f"No new uses (3 in {baseline}).\n", "")

    # Written from there it is the same too.
    before = (recorded / "base.json").read_bytes()
    assert audit(recorded / folder, "--write-baseline", baseline, *arguments)[0] == 0
    assert (recorded / "base.json").read_bytes() == before


def test_gone_is_told_only_of_what_was_audited(recorded, audit):
    (recorded / "b/two.py").unlink()
    (recorded / "b/three.py").write_text("")

    assert audit(recorded, "--baseline=base.json", "a")[2] == ""
    assert audit(recorded, "--baseline=base.json", "--exclude=b")[2] == ""
    status, out, err = audit(recorded, "--baseline=base.json", "b")
    assert (status, out) == (0, "No new uses (3 in base.json).\n")
    assert err.splitlines() == [
        "gone: b/three.py: functorch: import functorch",
        "gone: b/two.py: functorch: import functorch",
        "base.json can shrink by 2: --write-baseline base.json writes it again",
    ]
    assert audit(recorded, "--baseline=base.json", "--fail-on-gone")[0] == 1
    assert audit(recorded, "--baseline=base.json", "--fail-on-gone", "a")[0] == 0


def test_what_is_gone_has_its_path_from_here(recorded, audit):
    (recorded / "a/one.py").write_text("")
    (recorded / "ci").mkdir()
    (recorded / "b/two.py").write_text("import functorch\nprint 'broken'\n")
    audit(recorded, "--write-baseline=ci/base.json")
    (recorded / "b/two.py").unlink()
    (recorded / "b/three.py").unlink()

    _, _, err = audit(recorded / "b", "--baseline=../ci/base.json")

    assert err.splitlines()[:2] == [
        "gone: three.py: functorch: import functorch",
        "gone: two.py: unreadable",
    ]


def test_a_file_of_the_project_is_not_replaced_by_a_baseline(recorded, audit):
    status, _, err = audit(recorded, "--write-baseline", "a/one.py", "b")

    assert status == 2
    assert "a/one.py is a file to audit: name another one for --write-baseline" in err
    assert (recorded / "a/one.py").read_text() == "import functorch\n"


def test_a_narrower_audit_replaces_only_what_it_audited(recorded, audit):
    (recorded / "a/one.py").write_text("")
    (recorded / "b/two.py").write_text("")

    audit(recorded, "--write-baseline=base.json", "b")

    entries = json.loads((recorded / "base.json").read_text())["findings"]
    assert [entry["path"] for entry in entries] == ["a/one.py", "b/three.py"]


@pytest.mark.slow
def test_what_is_installed_and_what_is_here_share_a_baseline(recorded, audit):
    audit(recorded, "--installed", "--write-baseline=base.json")

    entries = json.loads((recorded / "base.json").read_text())["findings"]
    assert "torchopt" in {entry.get("distribution") for entry in entries}
    for arguments in ((), ("--installed",)):
        status, _, err = audit(recorded, "--baseline=base.json", *arguments)
        assert (status, err) == (0, "")


def test_version_1_is_read(tmp_path, audit):
    (tmp_path / "a.py").write_text("from functorch import nonsense\n")
    entry = {"path": "a.py", "name": "functorch", "text": "from functorch import nonsense"}
    document = {"version": 1, "findings": [{**entry, "count": 1}]}
    (tmp_path / "base.json").write_text(json.dumps(document))

    status, out, err = audit(tmp_path, "--baseline=base.json")

    assert (status, out, err) == (0, "No new uses (1 in base.json).\n", "")


def test_version_1_can_be_written_again(tmp_path, audit):
    for name in "ab":
        (tmp_path / f"{name}.py").write_text("from functorch import nonsense\n")
    entry = {"name": "functorch", "text": "from functorch import nonsense", "count": 1}
    document = {"version": 1, "findings": [{"path": f"{name}.py", **entry} for name in "ab"]}
    (tmp_path / "base.json").write_text(json.dumps(document))

    for paths, version in ((["a.py"], 1), ([], 2)):
        audit(tmp_path, "--write-baseline=base.json", *paths)
        assert json.loads((tmp_path / "base.json").read_text())["version"] == version
        status, _, err = audit(tmp_path, "--baseline=base.json")
        assert (status, err) == (0, "")


def test_fail_on_gone_needs_a_baseline(tmp_path, audit):
    status, _, err = audit(tmp_path, "--fail-on-gone")

    assert status == 2
    assert err.endswith("--fail-on-gone compares with a baseline: name it with --baseline\n")


# True words.


def test_what_migrate_can_rewrite_is_at_most_what_is_said(tmp_path, audit):
    (tmp_path / "a.py").write_text(
        "from functorch import vjp, make_functional, nonsense\nimport functorch.dim\n"
    )
    (tmp_path / "requirements.txt").write_text("functorch\n")

    _, out, _ = audit(tmp_path)

    assert out.splitlines() == [
        "a.py:1:23: functorch.vjp: use torch.func.vjp",
        "a.py:1:28: functorch.make_functional: rewrite it with torch.func.functional_call",
        "a.py:1:45: functorch.nonsense: no documented name, and no replacement is known",
        "a.py:2:8: functorch.dim: nothing takes its place; torch.func.vmap comes closest",
        "requirements.txt:1:1: depends on functorch, an empty package on PyPI today: remove it",
        "",
        "     1  functorch.vjp",
        "     1  functorch.make_functional",
        "     1  functorch.nonsense",
        "     1  functorch.dim",
        "     1  functorch (dependency)",
        "     5  in all; `functorch-compat migrate` can rewrite at most 2",
    ]


def test_sarif_has_a_rule_for_dependencies(tmp_path, audit):
    (tmp_path / "a.py").write_text("import functorch\n")
    (tmp_path / "requirements.txt").write_text("functorch\n")

    (run,) = json.loads(audit(tmp_path, "--format=sarif")[1])["runs"]

    assert [result["ruleId"] for result in run["results"]] == [
        "functorch",
        "functorch (dependency)",
    ]


# Every declaration that teams use, with the places where it names functorch.

DECLARATIONS = {
    "requirements/base.txt": ("torch\nfunctorch\n", [(2, 1)]),
    "requirements/base.in": ("functorch==0.2.1; python_version < '4'\n", [(1, 1)]),
    "dev-requirements.txt": (
        "git+https://github.com/pytorch/functorch.git@v0.2\n-e functorch\n",
        [(1, 32), (2, 4)],
    ),
    "constraints-ci.txt": (
        "numpy==1\nfunctorch==0.2.1 \\\n  --hash=sha256:0\nfunctorch\n",
        [(2, 1), (4, 1)],
    ),
    "environment-gpu.yml": (
        "dependencies:\n  - pytorch\n  - pip:\n      - 'functorch>0'\n",
        [(4, 10)],
    ),
    "env.yml": ("x: &x [functorch]\ndependencies: *x\n", [(1, 8)]),
    "setup.py": (
        "from setuptools import setup\nextras = {'a': ['functorch']}\n"
        "setup(name='functorch', install_requires=['torch', 'functorch>=0.2'])\n",
        [(2, 18), (3, 53)],
    ),
    "Pipfile": (
        '[packages]\nfunctorch = "*"\n[dev-packages]\ntorch = "*"\n[docs]\nFunctorch = "*"\n',
        [(2, 1), (6, 1)],
    ),
    "pixi.toml": (
        '[pypi-dependencies]\nfunctorch = "*"\n[feature.gpu.dependencies]\nfunctorch = "*"\n',
        [(2, 1), (4, 1)],
    ),
    "pyproject.toml": (
        '[tool.uv]\nconstraint-dependencies = ["functorch<1"]\n'
        'override-dependencies = ["functorch"]\n'
        '[tool.pixi.feature.gpu.pypi-dependencies]\nfunctorch = "*"\n',
        [(2, 29), (3, 27), (5, 1)],
    ),
    "tox.ini": (
        "[testenv]\ndeps =\n    torch\n    py39: functorch\n"
        "commands =\n    pip install functorch\n",
        [(4, 11), (6, 17)],
    ),
    "meta.yaml": (
        '{% set version = "1" %}\npackage:\n  name: functorch\n  version: {{ version }}\n'
        "requirements:\n  run:\n    - functorch {{ version }}\n  host:\n    - python\n",
        [(7, 7)],
    ),
    "Dockerfile": (
        "FROM x\n# pip install functorch\nRUN pip install torch \\\n      functorch\n"
        "RUN echo functorch && pip install 'functorch==0.2' && pip list functorch\n",
        [(4, 7), (5, 36)],
    ),
    ".github/workflows/ci.yml": ("a:\n  - run: pip3 install -q functorch\n", [(2, 26)]),
    ".gitlab-ci.yml": ("a:\n  - conda install -y functorch -c pytorch\n", [(2, 22)]),
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_declarations(name, tmp_path, found):
    text, places = DECLARATIONS[name]
    (tmp_path / "inner" / name).parent.mkdir(parents=True)
    (tmp_path / "inner" / name).write_text(text)
    (tmp_path / "inner/code.py").write_text("import torch\n")

    for arguments in ((), (f"inner/{name}",)):
        uses = found(tmp_path, *arguments)
        assert [(line, column) for _, line, column, *_ in uses] == places
        assert {(path, how) for path, *_, how in uses} == {(f"inner/{name}", "declaration")}


def test_installs_in_a_notebook(tmp_path, found):
    sources = [
        "import os\n!pip install -q functorch",
        "%pip install functorch",
        "%%bash\npip install functorch",
        "# !pip install functorch",
    ]
    cells = [{"cell_type": "code", "metadata": {}, "source": s} for s in sources]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "n.ipynb").write_text(json.dumps(notebook))

    assert found(tmp_path) == [
        ("n.ipynb", 2, 17, "functorch", "declaration"),
        ("n.ipynb", 1, 14, "functorch", "declaration"),
        ("n.ipynb", 2, 13, "functorch", "declaration"),
    ]


@pytest.mark.parametrize("name", ["Pipfile", "pixi.toml"])
def test_declarations_in_a_folder_without_python(name, tmp_path, found):
    (tmp_path / "envs/gpu").mkdir(parents=True)
    table = "packages" if name == "Pipfile" else "dependencies"
    (tmp_path / "envs/gpu" / name).write_text(f'[{table}]\nfunctorch = "*"\n')

    assert found(tmp_path) == [(f"envs/gpu/{name}", 2, 1, "functorch", "declaration")]
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("gpu\n")
    assert found(tmp_path) == []


@pytest.mark.parametrize("name", ["poetry.lock", "Pipfile.lock", "uv.lock", "conda-lock.yml"])
def test_lock_files_are_left_alone(name, tmp_path, found):
    (tmp_path / name).write_text('name = "functorch"\n- functorch\n')

    assert found(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "places"),
    [
        ("setup.py", "REQ = ['functorch']\nsetup(install_requires=REQ)\n", [(1, 9)]),
        ("setup.py", "setup(extras_require={'functorch': ['torch']})\n", []),
        ("Dockerfile", "RUN pip install a \\\n # b\n  functorch\n", [(3, 3)]),
        ("Dockerfile", "RUN pip install a\n# b\nRUN functorch\n", []),
        ("Pipfile", '[packages]\nf = "*"\nfunctorch = "*"\n', [(3, 1)]),
        ("requirements.txt", "# \u0130\u0130\nfunctorch\n", [(2, 1)]),
    ],
)
def test_declarations_that_are_easily_misread(name, text, places, tmp_path, found):
    (tmp_path / name).write_text(text, encoding="utf-8")

    assert [(line, column) for _, line, column, *_ in found(tmp_path)] == places


def test_a_magic_of_several_lines_hides_no_other_cell(tmp_path, found):
    sources = [
        "!pip install torch \\\n    functorch",
        "try:\n    import functorch\nexcept ImportError:\n    functorch = None",
        "functorch.vjp(f)",
    ]
    cells = [{"cell_type": "code", "metadata": {}, "source": s} for s in sources]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "n.ipynb").write_text(json.dumps(notebook))

    assert found(tmp_path) == [
        ("n.ipynb", 2, 5, "functorch", "declaration"),
        ("n.ipynb", 2, 12, "functorch", "import"),
        ("n.ipynb", 1, 1, "functorch.vjp", "use"),
    ]


# What ruff does not see in code.

CODE = {
    "bound again": (
        "try:\n    import functorch as ft\nexcept ImportError:\n    ft = None\n\n"
        "def f(x):\n    return ft.vjp(f, x)\n",
        [(2, 12, "functorch", "import"), (7, 12, "functorch.vjp", "use")],
    ),
    "unknown names": (
        "import functorch\nfrom functorch.compile import (nop,  # vjp\n    clear as c)\n"
        "functorch._C.maybe()\n",
        [
            (1, 8, "functorch", "import"),
            (2, 32, "functorch.compile.nop", "import"),
            (3, 5, "functorch.compile.clear", "import"),
            (4, 1, "functorch._C", "use"),
        ],
    ),
    "imports of unknown modules": (
        "import functorch._C\nfrom functorch._C import x\nfrom functorch import *\n",
        [
            (1, 8, "functorch._C", "import"),
            (2, 26, "functorch._C", "import"),
            (3, 1, "functorch", "star"),
        ],
    ),
    "aliases of submodules": (
        "import functorch.dim as ftdim, functorch\nftdim.dims(2)\nft = functorch\nft.grad(f)\n",
        [
            (1, 8, "functorch.dim", "import"),
            (1, 32, "functorch", "import"),
            (2, 1, "functorch.dim", "use"),
            (4, 1, "functorch.grad", "use"),
        ],
    ),
    "a use right after an import": (
        "from functorch import experimental as fe\nfe.functionalize(f)\n"
        "import os, \\\n    functorch\nfunctorch.vjp\n",
        [
            (1, 23, "functorch.experimental", "import"),
            (2, 1, "functorch.experimental.functionalize", "use"),
            (4, 5, "functorch", "import"),
            (5, 1, "functorch.vjp", "use"),
        ],
    ),
    "strings": (
        "from unittest import mock\n@mock.patch('functorch.vjp')\ndef test(monkeypatch):\n"
        '    monkeypatch.setattr("functorch.compile.nop", 1)\n    sys.modules["functorch"]\n'
        "    'functorch' in sys.modules\n    patch.dict('sys.modules', {'functorch': None})\n"
        "    print('functorch.vjp')\n",
        [
            (2, 14, "functorch.vjp", "string"),
            (4, 26, "functorch.compile.nop", "string"),
            (5, 18, "functorch", "string"),
            (6, 6, "functorch", "string"),
            (7, 33, "functorch", "string"),
        ],
    ),
    "calls and strings by keyword": (
        "mock.patch(target='functorch.vjp')\nimportlib.import_module(name='functorch')\n",
        [(1, 20, "functorch.vjp", "string"), (2, 1, "functorch", "call")],
    ),
    "calls": (
        "import functorch\nx = getattr(functorch, 'vjp')\n"
        "mock.patch.object(functorch.compile, 'nop')\n"
        "ft = pytest.importorskip('functorch')\nft.vmap(f)\n",
        [
            (1, 8, "functorch", "import"),
            (2, 5, "functorch.vjp", "call"),
            (3, 1, "functorch.compile.nop", "call"),
            (3, 19, "functorch.compile", "use"),
            (4, 6, "functorch", "call"),
            (5, 1, "functorch.vmap", "use"),
        ],
    ),
    "doctests": (
        'import functorch\n\ndef f(x):\n    """Do.\n\n    >>> é = functorch.vjp(f, x)\n'
        "    >>> from functorch import grad\n    >>> from . import functorch as f\n"
        "    >>> if x:\n    ...     functorch.vmap(f)\n"
        '    nonsense functorch.vjp\n    """\n',
        [
            (1, 8, "functorch", "import"),
            (6, 13, "functorch.vjp", "string"),
            (7, 31, "functorch.grad", "string"),
            (10, 13, "functorch.vmap", "string"),
        ],
    ),
    "noqa": (
        "import functorch  # noqa\nfrom functorch import vjp  # noqa: F401\n"
        "from functorch import vmap  # noqa: E501, TID251\n",
        [(1, 8, "functorch", "import"), (2, 23, "functorch.vjp", "import")],
    ),
    "other things of that name": (
        "from .functorch import vjp\nimport my.functorch\nimport functorch\n\n"
        "def f(functorch):\n    functorch.vjp\n\n"
        "def g():\n    functorch = 1\n    return functorch.real\n"
        "[functorch.x for functorch in y]\nmy.functorch.vjp\n",
        [(3, 8, "functorch", "import")],
    ),
    "nonlocal and a nested global": (
        "def f():\n    ft = None\n    def g():\n        nonlocal ft\n"
        "        import functorch as ft\n    def h():\n        global gl\n"
        "        import functorch as gl\n    ft.vjp(f)\n    gl = 1\n    gl.vjp(f)\ngl.vmap(f)\n",
        [
            (5, 16, "functorch", "import"),
            (8, 16, "functorch", "import"),
            (9, 5, "functorch.vjp", "use"),
            (12, 1, "functorch.vmap", "use"),
        ],
    ),
    "global": (
        "ft = None\n\ndef f():\n    global ft\n    import functorch as ft\n\n"
        "def g():\n    ft.vjp(f)\n",
        [(5, 12, "functorch", "import"), (8, 5, "functorch.vjp", "use")],
    ),
}


@pytest.mark.parametrize("name", CODE)
def test_code(name, tmp_path, found):
    text, expected = CODE[name]
    (tmp_path / "a.py").write_text(text, encoding="utf-8")

    assert [use for _, *use in found(tmp_path)] == [list(use) for use in expected]


def test_a_file_is_silenced_as_a_whole_by_the_rules_name_alone(tmp_path, found):
    (tmp_path / "a.py").write_text("# ruff: noqa: TID251\nimport functorch\n")
    (tmp_path / "b.py").write_text("# ruff: noqa\nimport functorch\n")

    assert [path for path, *_ in found(tmp_path)] == ["b.py"]
