"""The table of legacy names agrees with the functorch of this torch."""

import json
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, needs_torchs_functorch, run_python
from torch.torch_version import __version__ as torch_version

from functorch_compat.legacy_api import LEGACY_API

MODULES = [
    "functorch",
    "functorch.compile",
    "functorch.experimental",
    "functorch.experimental.control_flow",
    "functorch.experimental.ops",
]
# A module of torch imports these names for its own use.
NOT_OFFERED = {"functorch.torch"}

REPORT = f"""
import importlib, json, pkgutil, types, warnings
warnings.simplefilter("ignore")

def public(module):
    names = [name for name in vars(importlib.import_module(module)) if not name.startswith("_")]
    return [f"{{module}}.{{name}}" for name in names]

def has(name):
    try:
        pkgutil.resolve_name(name)
    except (AttributeError, ImportError):
        return False
    return True

import functorch
modules = {MODULES}
submodules = [f"functorch.{{m.name}}" for m in pkgutil.iter_modules(functorch.__path__)]
print(json.dumps({{
    "modules": submodules,
    "public": sum(map(public, modules), []),
    "present": {{name: has(name) for name in {list(LEGACY_API)}}},
}}))
"""


@pytest.fixture(scope="module")
def shipped():
    """Return the names in torch's own functorch."""
    # Some of torch's files can be imported only if something else was imported before.
    return json.loads(run_python("-c", REPORT, FUNCTORCH_COMPAT="off").stdout)


@pytest.mark.slow
@needs_torchs_functorch
def test_every_public_name_of_the_shipped_functorch_is_in_the_table(shipped):
    ours = {*LEGACY_API, *MODULES, *NOT_OFFERED}
    # A package also has the submodules that its import happens to load.
    assert {name for name in shipped["public"] if name not in shipped["modules"]} <= ours
    top_level = {name for name in shipped["modules"] if not name.startswith("functorch._")}
    assert top_level <= ours


@needs_torchs_functorch
@pytest.mark.parametrize(
    "name", [name for name, api in LEGACY_API.items() if torch_version >= api.since]
)
def test_the_shipped_functorch_has_each_name_of_the_table(name, shipped):
    gone = LEGACY_API[name].gone
    is_there = gone is None or torch_version < gone
    assert shipped["present"][name] == is_there, (
        f"torch {torch_version} {'lacks' if is_there else 'has'} {name}: mend `since` or `gone` of "
        "its row in functorch_compat/legacy_api.py. Delete the row if no torch ever had the name."
    )


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, api in LEGACY_API.items()
        if api.kind == "rename" and torch_version >= api.since
    ],
)
def test_the_replacement_is_there_to_be_used(name):
    api = LEGACY_API[name]
    module, _, attribute = api.replacement.rpartition(".")
    imports = api.replacement if api.is_module else module

    namespace = {}
    exec(f"from {module} import {attribute} as imported", namespace)
    exec(f"import torch, {imports}\nreplacement = {api.replacement}", namespace)
    assert namespace["replacement"] is namespace["imported"]


def test_each_row_says_how_it_migrates():
    for name, api in LEGACY_API.items():
        assert api.kind in ("rename", "rewrite", "none"), name
        assert len(api.recipe.splitlines()) == (0 if api.kind == "rename" else 2), name


def test_what_is_generated_from_the_table_is_up_to_date():
    subprocess.run([sys.executable, ROOT / ".ci/generate.py", "--check"], check=True)


NEW_ROW = (
    '    "functorch.compile.state_of": LegacyName('
    '"torch.func.functional_call", sources=("torch.func.functional_call",)),\n'
)


@pytest.fixture
def run(tmp_path):
    """Run Python in a copy of this project that has a new row, and a script that uses it."""
    for part in ("functorch_compat", ".ci", "docs", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for name in ("pyproject.toml", "functorch_compat.pth"):
        shutil.copy(ROOT / name, tmp_path)
    table = tmp_path / "functorch_compat/legacy_api.py"
    table.write_text(re.sub(r"(LEGACY_API\b.* = {\n)", rf"\1{NEW_ROW}", table.read_text(), count=1))
    (tmp_path / "legacy.py").write_text(
        "import torch\nfrom functorch.compile import state_of\n"
        "print(state_of(torch.nn.ReLU(), {}, torch.ones(1)))\n"
    )

    def run(*arguments, check=True):
        return run_python(*arguments, cwd=tmp_path, PYTHONPATH=str(tmp_path), check=check)

    return run


def test_what_is_generated_is_stale_once_there_is_a_new_row(run, tmp_path):
    stale = run(".ci/generate.py", "--check", check=False).stderr
    assert "is stale: run `python .ci/generate.py`" in stale
    run(".ci/generate.py")
    run(".ci/generate.py", "--check")

    assert "functorch.compile.state_of" in (tmp_path / "docs/legacy-names.md").read_text()


@pytest.mark.slow
def test_a_new_row_is_a_name_that_is_there(run):
    assert run("legacy.py").stdout == "tensor([1.])\n"


def test_the_audit_and_the_rewrite_read_a_new_row(run, tmp_path):
    use = "functorch.compile.state_of: use torch.func.functional_call"
    assert use in run("-m", "functorch_compat", "audit", "legacy.py", check=False).stdout
    run("-m", "functorch_compat", "migrate", "--write", "legacy.py")

    expected = "from torch.func import functional_call as state_of\n"
    assert expected in (tmp_path / "legacy.py").read_text()


@pytest.mark.slow
def test_the_tests_take_the_names_from_the_table(run):
    files = [f"tests/test_{part}.py" for part in ("legacy_api", "namespace", "warning")]
    # No torch has ever had that name.
    selected = ("-k", "state_of and not has_each_name")
    result = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *selected, *files)

    assert re.search(r"^\d passed", result.stdout, re.M), result.stdout
