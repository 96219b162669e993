"""The drop-in namespace: all legacy names, at any moment of torch's import."""

import importlib
import inspect
import json
import sys

import functorch
import pytest
import torch
from conftest import needs_torchs_functorch, run_python

import functorch_compat
from functorch_compat import transforms
from functorch_compat.legacy_api import LEGACY_API

TOP_LEVEL = {
    name[len("functorch.") :]: api
    for name, api in LEGACY_API.items()
    if name.count(".") == 1 and not api.is_module and api.kind != "none"
}
NAMES = [name for name in TOP_LEVEL if not name.startswith("_")]
FUNCTIONS = [name for name, api in TOP_LEVEL.items() if api.warns]


def test_every_name_is_there():
    for names in (functorch.__all__, dir(functorch)):
        public = {name for name in names if not name.startswith("_")}
        submodules = {name for name in public if f"functorch.{name}" in sys.modules}
        assert public - submodules == {*NAMES, "torch"}
    assert "__version__" in dir(functorch)
    for name in NAMES:
        assert getattr(functorch, name) is getattr(functorch, name) is not None
    assert functorch.__version__ == torch.__version__


def test_star_import_gives_every_name():
    namespace = {}
    exec("from functorch import *", namespace)

    assert set(NAMES) <= set(namespace)


@pytest.mark.parametrize("name", NAMES)
def test_the_package_itself_has_the_legacy_names_too(name):
    assert getattr(functorch_compat, name) is getattr(functorch, name)


@pytest.mark.parametrize("module", [functorch, functorch_compat])
def test_an_unknown_name_is_the_ordinary_error(module):
    with pytest.raises(
        AttributeError, match=f"^module '{module.__name__}' has no attribute 'nothing'$"
    ):
        _ = module.nothing
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec(f"from {module.__name__} import nothing")


def test_silent_names_are_torchs_own_objects():
    from torch._functorch import make_functional
    from torch.fx.experimental import proxy_tensor

    assert functorch.FunctionalModule is make_functional.FunctionalModule
    assert functorch.FunctionalModuleWithBuffers is make_functional.FunctionalModuleWithBuffers
    assert functorch.make_fx is proxy_tensor.make_fx


SUBMODULES = ["compile", "experimental", "experimental.control_flow", "dim", "einops"]

REPORT_SUBMODULES = f"""
import functorch, importlib, json, warnings
warnings.simplefilter("ignore")
files = {{}}
for name in {SUBMODULES}:
    try:
        files[name] = importlib.import_module("functorch." + name).__file__
    except ImportError:
        files[name] = None
print(json.dumps(files))
"""


@needs_torchs_functorch
def test_submodules_stay_torchs_files():
    ours = json.loads(run_python("-c", REPORT_SUBMODULES).stdout)
    shipped = json.loads(run_python("-c", REPORT_SUBMODULES, FUNCTORCH_COMPAT="off").stdout)

    assert ours == shipped
    assert shipped["compile"] is not None


@pytest.mark.parametrize("before", ["pass", "sys.modules['torch'] = None", "import torch"])
def test_importing_it_neither_fails_nor_warns(before):
    code = f"""
import sys, warnings
{before}
warnings.simplefilter("error")
import functorch
print(functorch.__all__)
"""
    result = run_python("-c", code)

    assert result.stdout == f"{functorch.__all__}\n"
    assert result.stderr == ""


def test_a_torch_that_cannot_be_imported_is_said_at_first_use():
    code = "import sys; sys.modules['torch'] = None; import functorch; functorch.vjp"
    result = run_python("-c", code, check=False)

    assert result.stderr.splitlines()[-1].startswith("ModuleNotFoundError: import of torch halted")


HALF_IMPORTED = """
import sys

class Spy:
    seen = []
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("torch.") and name not in Spy.seen and len(Spy.seen) < 400:
            Spy.seen.append(name)
            for module in [m for m in sys.modules if m.startswith("functorch")]:
                del sys.modules[module]
            import functorch
            if hasattr(sys.modules["torch"], "__version__"):
                from functorch import functionalize, grad, vjp, vmap

sys.meta_path.insert(0, Spy)
import torch, functorch
assert len(Spy.seen) > 50
print(functorch.vjp(torch.sin, torch.zeros(2))[1](torch.ones(2)))
"""


def test_it_can_be_imported_at_any_moment_of_torchs_import():
    assert run_python("-W", "ignore", "-c", HALF_IMPORTED).stdout == "(tensor([1., 1.]),)\n"


def test_torchs_own_imports_do_not_warn():
    result = run_python(
        "-W",
        "error::functorch_compat.FunctorchDeprecationWarning",
        "-c",
        "import functorch, warnings, functorch_compat\n"
        "warnings.simplefilter('error', functorch_compat.FunctorchDeprecationWarning)\n"
        "import torch._dynamo, torch._functorch.aot_autograd, functorch.compile\n"
        "import functorch.experimental.control_flow\n"
        "print('done')",
    )

    assert result.stdout == "done\n"


def test_reloading_it_gives_ours_again():
    assert importlib.reload(functorch) is functorch
    assert functorch.vjp is functorch_compat.vjp


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name in vars(transforms)])
def test_the_signatures_are_those_of_the_shipped_functions(name):
    from torch._functorch import deprecated

    def shape(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert shape(getattr(functorch, name)) == shape(getattr(deprecated, name))


def test_help_shows_torchs_documentation_with_the_deprecation_on_top():
    text = run_python("-c", "import functorch; help(functorch.vjp)").stdout

    deprecation, rest = text.split("functorch.vjp is deprecated since PyTorch 2.0")
    assert deprecation.strip().splitlines()[-1].startswith("vjp(func")
    assert "Standing for the vector-Jacobian product" in rest
    assert ">>> assert torch.allclose(vjps[0], x.cos() + -x.sin())" in rest


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_is_marked_deprecated_as_in_pep_702(name):
    function = getattr(functorch, name)

    assert function.__deprecated__.startswith(f"functorch.{name} is deprecated")
    assert function.__doc__.startswith(function.__deprecated__)
    assert function.__module__ == "functorch"
