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
    return json.loads(run_python("-c", REPORT, FUNCTORCH_COMPAT="off").stdout)


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
    assert shipped["present"][name] == is_there, f"mend `since` or `gone` of {name} in the table"


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


def test_a_new_row_is_all_that_a_new_name_needs(tmp_path):
    for part in ("functorch_compat", ".ci", "docs", "tests"):
        shutil.copytree(ROOT / part, tmp_path / part)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    table = tmp_path / "functorch_compat/legacy_api.py"
    row = '    "functorch.state_of": LegacyName("torch.func.functional_call"),\n'
    table.write_text(re.sub(r"(LEGACY_API\b.* = {\n)", rf"\1{row}", table.read_text(), count=1))
    legacy = (
        "import functorch, torch\nprint(functorch.state_of(torch.nn.ReLU(), {}, torch.ones(1)))"
    )
    (tmp_path / "legacy.py").write_text(legacy)

    def run(*arguments, check=True):
        return run_python(*arguments, cwd=tmp_path, PYTHONPATH=str(tmp_path), check=check)

    stale = run(".ci/generate.py", "--check", check=False).stderr
    assert "is stale: run `python .ci/generate.py`" in stale
    run(".ci/generate.py")
    run(".ci/generate.py", "--check")

    result = run("-W", "always", "legacy.py")
    text = "functorch.state_of is deprecated since PyTorch 2.0"
    assert f"legacy.py:2: FunctorchDeprecationWarning: {text}" in result.stderr
    assert result.stdout == "tensor([1.])\n"
    (stub,) = tmp_path.glob("functorch_compat/stubs/functorch/__init__.pyi")
    assert re.search(rf'@deprecated\(\s*"{text}.*\n\)\ndef state_of', stub.read_text())
    use = "functorch.state_of: use torch.func.functional_call"
    assert use in run("-m", "functorch_compat", "audit", "legacy.py", check=False).stdout
    run("-m", "functorch_compat", "migrate", "--write", "legacy.py")
    assert "print(torch.func.functional_call(" in (tmp_path / "legacy.py").read_text()
    assert run("-W", "error::DeprecationWarning", "legacy.py").stdout == "tensor([1.])\n"

    # The tests take their lists of names from the table.
    files = [f"tests/test_{part}.py" for part in ("legacy_api", "namespace", "typing", "warning")]
    of_names = (
        "(state_of or every_name_is or each_row or each_function_of or up_to_date or stubs_have)"
        " and not has_each_name"  # No torch has ever had this name.
    )
    result = run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", of_names, *files, check=False
    )
    assert result.returncode == 0, result.stdout
    assert re.search(r"^8 passed", result.stdout, re.M), result.stdout
