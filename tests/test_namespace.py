"""The drop-in namespace has all legacy names, at any moment of torch's import."""

import contextlib
import importlib
import inspect
import json
import pydoc
import re
import sys
import warnings
from unittest import mock

import functorch
import pytest
import torch
from conftest import ROOT, TORCH_HAS_FUNCTORCH, needs_torchs_functorch, run_python
from torch.torch_version import __version__ as torch_version

import functorch_compat
from functorch_compat.legacy_api import LEGACY_API, lookup
from functorch_compat.legacy_modules import ROWS

TOP_LEVEL = {
    name[len("functorch.") :]: api
    for name, api in LEGACY_API.items()
    if name.count(".") == 1 and not api.is_module and api.kind != "none"
}
NAMES = [name for name in TOP_LEVEL if not name.startswith("_")]
FUNCTIONS = [name for name, api in TOP_LEVEL.items() if api.warns]


@pytest.mark.parametrize("list_names", [dir, lambda module: module.__all__], ids=["dir", "all"])
def test_the_names_of_the_table_are_listed(list_names):
    public = {name for name in list_names(functorch) if not name.startswith("_")}
    submodules = {name for name in public if f"functorch.{name}" in sys.modules}

    assert public - submodules == {*NAMES, "torch"}


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_the_same_object_at_each_access(name):
    assert getattr(functorch, name) is getattr(functorch, name) is not None


def test_the_version_is_torchs():
    assert functorch.__version__ == torch.__version__
    assert "__version__" in dir(functorch)


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
        module = importlib.import_module("functorch." + name)
        files[name] = getattr(module, "__file__", None)  # Without torch's, it is PyPI's einops.
    except ImportError:
        files[name] = None
print(json.dumps(files))
"""


@pytest.mark.slow
@needs_torchs_functorch
def test_submodules_stay_torchs_files(warm_python, python_without_shim):
    ours = json.loads(warm_python("-c", REPORT_SUBMODULES).stdout)
    shipped = json.loads(python_without_shim("-c", REPORT_SUBMODULES).stdout)

    assert ours == shipped
    assert shipped["compile"] is not None


@pytest.mark.slow
@pytest.mark.parametrize("before", ["pass", "import torch"])
def test_importing_it_neither_fails_nor_warns(before):
    code = f"""
import sys, warnings
{before}
warnings.simplefilter("error")
import functorch
print(functorch.vjp.__module__)
"""
    result = run_python("-c", code)

    assert result.stdout == "functorch\n"
    assert result.stderr == ""


def test_the_error_of_a_torch_that_cannot_be_imported_is_raised():
    code = """
import sys
sys.modules["torch"] = None
for _ in range(2):
    try:
        import functorch
    except ImportError as error:
        print(error)
"""

    assert run_python("-c", code).stdout == "import of torch halted; None in sys.modules\n" * 2


HALF_IMPORTED = """
import sys

class Spy:
    seen = []
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.startswith("torch.") and name not in Spy.seen:
            Spy.seen.append(name)
            if len(Spy.seen) > 100 and len(Spy.seen) % 10:
                return  # One of ten is enough where torch is nearly complete.
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


@pytest.mark.slow
def test_it_can_be_imported_at_any_moment_of_torchs_import():
    assert run_python("-W", "ignore", "-c", HALF_IMPORTED).stdout == "(tensor([1., 1.]),)\n"


@pytest.mark.slow
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


@pytest.mark.parametrize("name", FUNCTIONS)
@needs_torchs_functorch
def test_the_signatures_are_those_of_the_shipped_functions(name):
    from torch._functorch import deprecated

    def shape(function):
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert shape(getattr(functorch, name)) == shape(getattr(deprecated, name))


@pytest.mark.slow
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


def is_there(module):
    """Return whether this torch has a module that stands for the legacy module."""
    row = LEGACY_API.get(module)
    return row is None or (row.kind != "none" and torch_version >= row.since)


# A module with sources of its own is served unchanged, so it is not among these.
MODULES = [name for name in ROWS if is_there(name) and not lookup(name)[1].sources]


@pytest.fixture(params=MODULES)
def module(request):
    """Return each legacy module that this torch has, one after the other."""
    return importlib.import_module(request.param)


def test_a_star_import_gives_what_is_listed_and_listed_is_what_is_there(module):
    namespace = {}
    exec(f"from {module.__name__} import *", namespace)

    assert set(module.__all__) == set(namespace) - {"__builtins__"}
    assert [name for name in module.__all__ if name.startswith("_")] == []
    for name in dir(module):
        getattr(module, name)
    ours = [name for name in dir(module) if "functorch_compat" in repr(vars(module).get(name))]
    assert set(ours) <= {
        "__builtins__",
        "__file__",
        "__loader__",
        "__spec__",
        "__cached__",
        "__doc__",
    } | {name for name in ours if f"{module.__name__}.{name}" in {*LEGACY_API, *ROWS}}


def test_each_module_can_be_inspected(module):
    members = dict(inspect.getmembers(module))

    assert set(module.__all__) <= set(members)
    assert module.__name__ in pydoc.plain(pydoc.render_doc(module))


@pytest.mark.parametrize("name", ["functorch", "functorch.compile", "functorch.experimental"])
def test_a_documented_module_can_be_mocked_by_its_specification(name):
    module = importlib.import_module(name)

    mocked = mock.create_autospec(module)

    assert [name for name in module.__all__ if not hasattr(mocked, name)] == []


def test_a_name_that_never_was_is_an_ordinary_error(module):
    assert not hasattr(module, "nonsense")
    with pytest.raises(AttributeError, match="nonsense"):
        _ = module.nonsense
    with pytest.raises(ImportError, match="nonsense"):
        exec(f"from {module.__name__} import nonsense")


GONE = [name for name, api in LEGACY_API.items() if api.kind == "none" and not api.is_module]


@pytest.mark.parametrize("name", GONE)
def test_what_nothing_stands_for_says_who_dropped_it_and_what_to_use(name):
    parent, _, attribute = name.rpartition(".")
    module, row = importlib.import_module(parent), LEGACY_API[name]
    text = f"{name} is gone: PyTorch {row.gone} dropped it. Use instead:\n{row.recipe}"

    assert not hasattr(module, attribute)
    with pytest.raises(AttributeError, match=re.escape(text)):
        getattr(module, attribute)
    with pytest.raises(ImportError, match=re.escape(text)):
        exec(f"from {parent} import {attribute}")


def test_so_does_a_name_of_a_module_in_a_plain_file(monkeypatch):
    module, row = "functorch.experimental.ops", LEGACY_API[GONE[0]]
    monkeypatch.setitem(LEGACY_API, f"{module}.dropped", row)
    monkeypatch.setitem(ROWS[module], "dropped", row)

    with pytest.raises(ImportError, match=rf"^{module}.dropped is gone: PyTorch {row.gone} drop"):
        exec(f"from {module} import dropped")


@pytest.mark.parametrize(
    "name",
    [n for n, row in LEGACY_API.items() if n.startswith("functorch._src") and row.kind == "none"],
)
def test_a_private_module_that_is_gone_says_so_when_it_is_imported(name):
    text = f"{name} is gone: PyTorch {LEGACY_API[name].gone} dropped it."

    with pytest.raises(ImportError, match=re.escape(text)):
        importlib.import_module(name)


def test_a_private_name_that_is_gone_says_where_the_rest_is():
    text = (
        "functorch._src.aot_autograd.rsub is gone, if it ever existed: PyTorch has functorch._src"
    )

    with pytest.raises(ImportError, match=re.escape(text)):
        exec("from functorch._src.aot_autograd import rsub")


def test_an_option_that_is_set_through_a_legacy_module_is_torchs():
    import functorch._src.config
    import functorch.compile
    from torch._functorch import config

    before = config.debug_partitioner
    with mock.patch("functorch.compile.config.debug_partitioner", not before):
        assert config.debug_partitioner is not before
    with mock.patch("functorch._src.config.debug_partitioner", not before):
        assert config.debug_partitioner is not before
        assert functorch._src.config.debug_partitioner is not before
    functorch._src.config.debug_partitioner = not before
    try:
        assert config.debug_partitioner is not before
    finally:
        functorch._src.config.debug_partitioner = before
    assert config.debug_partitioner is before


def test_most_names_that_functorch_ever_had_are_there():
    lines = (ROOT / "tests/data/functorch_history.tsv").read_text().splitlines()[1:]
    names = [tuple(line.split("\t")[:2]) for line in lines]
    found = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module, name in names:
            with contextlib.suppress(Exception):  # Torch 2.0 cannot import some of its own files.
                loaded = importlib.import_module(module)
                found += name == "" or getattr(loaded, name, loaded) is not loaded

    assert len(names) == 524
    # functorch.dim has 71 of the names. They go with torch's functorch.
    assert found >= (300 if TORCH_HAS_FUNCTORCH else 250), found
