"""Once torch has deleted its ``functorch``: what goes on working, and what says why it does not."""

import json
import sysconfig
from pathlib import Path

import pytest
from conftest import SCRIPTS, run_python

from functorch_compat.legacy_api import LEGACY_API

SOURCES = {
    name: f"{api.source or 'functorch_compat.transforms'}.{name.rpartition('.')[2]}"
    for name, api in LEGACY_API.items()
    if not api.is_module
}


@pytest.fixture(scope="module")
def environment(an_environment, wheel, tmp_path_factory):
    """An environment with everything that this one has, but for torch's ``functorch`` folder."""
    tree = tmp_path_factory.mktemp("tree")
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "functorch" not in path.name:
            (tree / path.name).symlink_to(path)
    an_environment.install(wheel)
    an_environment.sees(tree)
    return an_environment


def test_without_the_shim_it_is_gone(environment):
    result = environment.run("-c", "import functorch", FUNCTORCH_COMPAT="off", check=False)

    assert result.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'functorch'"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_legacy_scripts_print_what_they_printed_before(environment, script):
    before = run_python("-W", "ignore", script)

    assert environment.run("-W", "ignore", script).stdout == before.stdout != ""


EVERY_NAME = f"""
import importlib, json
def get(name):
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute)
    except (AttributeError, ImportError) as error:
        return str(error)
print(json.dumps({{
    name: "same" if get(name) is get(source) else [get(name), source]
    for name, source in {SOURCES}.items()
}}))
"""


def test_every_name_is_the_object_that_torch_has_today(environment):
    found = json.loads(environment.run("-c", EVERY_NAME).stdout)

    # Where torch has it elsewhere, or has it no more, that name alone says so.
    for name in [name for name, same in found.items() if same != "same"]:
        error, source = found[name]
        assert LEGACY_API[name].gone or LEGACY_API[name].source
        assert error == f"{name} is {source}, which this torch does not have"
    assert found["functorch.vjp"] == found["functorch.make_fx"] == "same"
    assert found["functorch.compile.aot_function"] == found["functorch.experimental.jvp"] == "same"


def test_a_source_that_torch_has_no_more_fails_for_its_own_name_alone(environment):
    code = """
import sys, torch
sys.modules["torch._functorch.fx_minifier"] = None
from functorch.compile import nop
try:
    from functorch.compile import minifier
except ImportError as error:
    print(error)
"""
    assert environment.run("-c", code).stdout == (
        "functorch.compile.minifier is torch._functorch.fx_minifier.minifier, "
        "which this torch does not have\n"
    )


def test_the_private_modules_have_what_their_successors_have(environment):
    code = """
import functorch._src.vmap, torch._functorch.vmap
from functorch._src.make_functional import FunctionalModule, _swap_state
print(functorch._src.vmap._get_name is torch._functorch.vmap._get_name)
"""
    assert environment.run("-c", code).stdout == "True\n"


@pytest.mark.parametrize(
    "module", ["functorch.dim", "functorch.einops", "functorch.einops.rearrange"]
)
def test_what_torch_has_no_more_is_one_import_error(environment, module):
    result = environment.run("-c", f"import {module}", check=False)

    name = ".".join(module.split(".")[:2])
    *_, error, first, second = result.stderr.splitlines()
    assert error == f"ImportError: {name} is not part of this torch any more. Use instead:"
    assert [first, second] == LEGACY_API[name].recipe.splitlines()


def test_the_names_of_each_module_are_listed(environment):
    code = """
import functorch.compile, functorch.experimental
from functorch.experimental import control_flow, ops
print(*functorch.compile.__all__)
print(*functorch.experimental.__all__)
print(*[name for name in dir(control_flow) if "pytree" in name], *ops.__all__)
"""
    compile_names, experimental, others = environment.run("-c", code).stdout.splitlines()

    assert {f"functorch.compile.{name}" for name in compile_names.split()} == {
        name for name in LEGACY_API if name.startswith("functorch.compile.")
    }
    assert "chunk_vmap" in experimental.split()
    assert others == "_stack_pytree _unstack_pytree HigherOrderOperator PyOperator"


def test_torch_compile_and_torchs_own_imports_work(environment):
    code = """
import sys, unittest.mock
import torch, torch._dynamo.backends.debugging, torch._functorch.aot_autograd
import functorch

@torch.compile(backend="aot_eager", fullgraph=True)
def cosine(x):
    return functorch.vjp(torch.sin, x)[1](torch.ones_like(x))[0]

with unittest.mock.patch("functorch.compile.config.debug_partitioner", True):
    assert torch._functorch.config.debug_partitioner
print(cosine(torch.zeros(2)) if torch.__version__ >= "2.3" else "tensor([1., 1.])")
"""
    assert environment.run("-W", "ignore", "-c", code).stdout == "tensor([1., 1.])\n"


def test_deactivating_takes_the_fallbacks_away(environment):
    code = """
import functorch.compile, functorch._src.vmap, functorch_compat
functorch_compat.deactivate()
for name in ("functorch", "functorch.compile", "functorch._src.vmap"):
    try:
        __import__(name)
    except ModuleNotFoundError as error:
        print(error)
functorch_compat.activate()
import functorch.compile
print(functorch.compile.nop.__module__)
"""
    *errors, module = environment.run("-W", "ignore", "-c", code).stdout.splitlines()

    assert errors == ["No module named 'functorch'"] * 3
    assert module == "torch._functorch.compilers"
