"""When torch has deleted its files for functorch, the names work or say why they cannot."""

import contextlib
import inspect
import json

import pytest
from conftest import SCRIPTS, WarmPython, needs_torchs_functorch, printed_by, tree_without_functorch
from torch.torch_version import __version__ as torch_version

from functorch_compat.legacy_api import LEGACY_API

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(an_environment, wheel, tmp_path_factory):
    """Return an environment whose torch lacks its files for functorch."""
    an_environment.install(wheel)
    an_environment.sees(tree_without_functorch(tmp_path_factory.mktemp("tree")))
    return an_environment


@pytest.fixture(scope="module")
def python(environment):
    """Run the Python of the environment."""
    with contextlib.closing(WarmPython(environment.python)) as python:
        yield python


def test_without_the_shim_it_is_gone(environment):
    result = environment.run("-c", "import functorch", FUNCTORCH_COMPAT="off", check=False)

    last = result.stderr.splitlines()[-1]  # Python 3.15 appends a suggestion.
    assert last.startswith("ModuleNotFoundError: No module named 'functorch'")


def test_a_folder_that_is_no_package_gives_way(environment, tmp_path):
    (tmp_path / "functorch").mkdir()
    code = (
        "import importlib.util, functorch_compat.activation as ours; "
        "print(importlib.util.find_spec('functorch').origin == ours.OURS)"
    )

    assert environment.run("-c", code, cwd=tmp_path).stdout == "True\n"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_legacy_scripts_print_what_they_printed_before(python, script):
    assert python("-W", "ignore", script).stdout == printed_by(script) != ""


OBJECTS = [name for name, api in LEGACY_API.items() if not api.is_module]


def is_there(name):
    import importlib

    module, _, attribute = name.rpartition(".")
    try:
        return hasattr(importlib.import_module(module), attribute)
    except ImportError:
        return False


def test_every_name_is_still_there(python):
    code = f"""
import json
{inspect.getsource(is_there)}
print(json.dumps({{name: is_there(name) for name in {OBJECTS}}}))
"""
    after = json.loads(python("-W", "ignore", "-c", code).stdout)
    before = {name: is_there(name) for name in OBJECTS}

    # Older releases have some names only in functorch. Newer ones have them elsewhere.
    lost = [name for name in OBJECTS if before[name] and not after[name]]
    assert [name for name in lost if torch_version >= LEGACY_API[name].since] == []


@needs_torchs_functorch
def test_a_torch_lacks_only_the_names_of_later_releases():
    missing = [name for name in OBJECTS if not is_there(name)]

    assert [name for name in missing if not LEGACY_API[name].gone] == [
        name for name in missing if torch_version < LEGACY_API[name].since
    ]


def test_a_source_that_torch_has_no_more_fails_for_its_own_name_alone(python):
    code = """
import sys, torch
sys.modules["torch._functorch.fx_minifier"] = None
from functorch.compile import nop
try:
    from functorch.compile import minifier
except ImportError as error:
    print(error)
"""
    assert python("-c", code).stdout == (
        "functorch.compile.minifier is gone: this PyTorch does not have it. Use instead:\n"
        "torch._functorch.fx_minifier.minifier\n"
    )


def test_the_private_modules_have_what_their_successors_have(python):
    code = """
import functorch._src.vmap, torch._functorch.vmap
from functorch._src.make_functional import FunctionalModule
print(functorch._src.vmap._get_name is torch._functorch.vmap._get_name)
"""
    assert python("-c", code).stdout == "True\n"


@pytest.mark.parametrize("module", ["functorch.dim", "functorch.dim.reference"])
def test_what_torch_has_no_more_is_one_import_error(python, module):
    result = python("-c", f"import {module}", check=False)

    *_, error, first, second = result.stderr.splitlines()
    assert (
        error == "ImportError: functorch.dim is gone: this PyTorch does not have it. Use instead:"
    )
    assert [first, second] == LEGACY_API["functorch.dim"].recipe.splitlines()


REARRANGE = """
import sys
if sys.argv[1] == "without":
    sys.modules["einops"] = None
import torch
if sys.argv[1] == "torch's":
    sys.modules["einops"] = None
    torch.func.rearrange = lambda tensor, pattern: tensor.T
try:
    from functorch.einops import rearrange
    print(rearrange.__module__, rearrange(torch.ones(2, 3), "a b -> b a").shape)
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("which", "printed"),
    [
        ("PyPI's", "einops.einops torch.Size([3, 2])\n"),
        ("torch's", "__main__ torch.Size([3, 2])\n"),
        (
            "without",
            "functorch.einops.rearrange is gone: this PyTorch does not have it. Use instead:\n"
            f"{LEGACY_API['functorch.einops.rearrange'].recipe}\n",
        ),
    ],
)
def test_rearrange_is_that_of_pypi_or_of_a_torch_that_needs_no_functorch(python, which, printed):
    assert python("-c", REARRANGE, which).stdout == printed


def test_torchs_own_imports_work(python):
    code = """
import unittest.mock
import torch, torch._dynamo.backends.debugging, torch._functorch.aot_autograd
import functorch

with unittest.mock.patch("functorch.compile.config.debug_partitioner", True):
    print(torch._functorch.config.debug_partitioner)
"""
    assert python("-W", "ignore", "-c", code).stdout == "True\n"


def test_torch_compile_works(python):
    code = """
import functorch, torch

@torch.compile(backend="aot_eager", fullgraph=True)
def cosine(x):
    return functorch.vjp(torch.sin, x)[1](torch.ones_like(x))[0]

print(cosine(torch.zeros(2)))
"""
    result = python("-W", "ignore", "-c", code, check=False)
    assert result.stdout == "tensor([1., 1.])\n"


def test_old_pickles_load_and_new_ones_load_elsewhere(python, warm_python, tmp_path):
    # A torch with the file writes and one without it reads, and the other way round.
    make = (
        "import functorch, torch; func, params = functorch.make_functional(torch.nn.Linear(2, 2))"
    )
    write = f"{make}; import pickle, sys; pickle.dump((func, params), open(sys.argv[1], 'wb'))"
    read = (
        "import pickle, sys, torch; func, (w, b) = pickle.load(open(sys.argv[1], 'rb')); "
        "print(type(func).__name__, torch.equal(func((w, b), torch.eye(2)), w.T + b))"
    )
    for writer, reader in ((warm_python, python), (python, warm_python)):
        writer("-W", "ignore", "-c", write, tmp_path / "func.pkl")
        found = reader("-W", "ignore", "-c", read, tmp_path / "func.pkl")
        assert found.stdout == "FunctionalModule True\n"


def test_the_module_utilities_are_ours_also_where_the_shim_is_off(environment):
    code = """
import functorch_compat, torch
func, params = functorch_compat.make_functional(torch.nn.Linear(2, 2))
print(type(func) is functorch_compat.FunctionalModule, len(params))
"""
    result = environment.run("-W", "ignore", "-c", code, FUNCTORCH_COMPAT="off")
    assert result.stdout == "True 2\n"


def test_the_doctor_says_whose_the_module_utilities_are(python):
    report = json.loads(python("-m", "functorch_compat", "doctor", "--format=json").stdout)

    assert report["module_utilities"] == "functorch-compat"


def test_deactivating_takes_the_fallbacks_away(python):
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
    *errors, module = python("-W", "ignore", "-c", code).stdout.splitlines()

    assert errors == ["No module named 'functorch'"] * 3
    assert module == "torch._functorch.compilers"
