import contextlib
import filecmp
import functools
import importlib.util
import inspect
import io
import json
import os
import re
import runpy
import subprocess
import sys
import sysconfig
import tempfile
import venv
import warnings
from pathlib import Path

import expected_failures
import functorch
import hypothesis
import pages
import pytest
import torch
import torch._dynamo  # Torch 2.3 cannot import it inside a transform.
from torch.autograd import forward_ad

import functorch_compat

hypothesis.settings.register_profile("quick", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("quick")

ROOT = Path(__file__).parent.parent
SCRIPTS = [
    ROOT / "docs/examples/implicit_differentiation.py",
    *(ROOT / "tests/legacy").glob("*.py"),
]
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
collect_ignore = [] if "cuda" in DEVICES else ["test_cuda.py"]
if not importlib.util.find_spec("sphinx"):
    collect_ignore.append("test_site.py")


TORCH = Path(torch.__file__).parent
# Torch has these files only for functorch, and will delete them with it.
FOR_FUNCTORCH = [
    TORCH.parent / "functorch",
    TORCH / "_functorch/deprecated.py",
    TORCH / "_functorch/make_functional.py",
]
TORCH_HAS_FUNCTORCH = FOR_FUNCTORCH[0].is_dir()
needs_torchs_functorch = pytest.mark.skipif(
    not TORCH_HAS_FUNCTORCH, reason="this torch has no functorch of its own"
)


def pytest_configure(config):
    tested, checkout = Path(functorch_compat.__file__).parent, ROOT / "functorch_compat"
    files = [str(path.relative_to(checkout)) for path in checkout.rglob("*.py")]
    if filecmp.cmpfiles(checkout, tested, files, shallow=False)[0] != files:
        pytest.exit(
            f"The tests would run on {tested}, which is not the code of this checkout: "
            'run `pip install -e ".[test]"`',
            returncode=pytest.ExitCode.USAGE_ERROR,
        )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    return min(os.cpu_count() or 1, 8)  # Each worker imports torch, which takes 500 MB.


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    # The tests of a file share an environment, a wheel or a report, which takes seconds to make.
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


@pytest.hookimpl(tryfirst=True)  # This must see the tests that -k deselects.
def pytest_collection_modifyitems(config, items):
    expected_failures.mark(items, all_were_collected="::" not in "".join(config.args))


@pytest.fixture(params=DEVICES)
def device(request):
    return torch.device(request.param)


@pytest.fixture
def x(device):
    return torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, device=device)


APPLICATIONS = {
    "grad": lambda api, func, x: api.grad(lambda x: func(x).sum())(x),
    "grad_and_value": lambda api, func, x: api.grad_and_value(lambda x: func(x).sum())(x),
    "vjp": lambda api, func, x: api.vjp(func, x)[1](func(x)),
    "jvp": lambda api, func, x: api.jvp(func, (x,), (x + 1,)),
    "jacrev": lambda api, func, x: api.jacrev(func)(x),
    "jacfwd": lambda api, func, x: api.jacfwd(func)(x),
    "hessian": lambda api, func, x: api.hessian(lambda x: func(x).sum())(x),
    "vmap": lambda api, func, x: api.vmap(func, chunk_size=1)(torch.stack([x, x + 1])),
    "functionalize": lambda api, func, x: api.functionalize(func)(x),
}


@pytest.fixture(params=APPLICATIONS)
def apply(request):
    """Return a function that applies one of the transforms: ``apply(functorch, func, x)``."""
    return APPLICATIONS[request.param]


@contextlib.contextmanager
def modes_left_alone():
    """Check that the block leaves each mode and level as it was."""
    before = current_modes()
    yield
    assert current_modes() == before


def current_modes():
    return {
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "forward AD": torch._C._is_fwd_grad_enabled(),
        "dual level": forward_ad._current_level,
        "transform": torch._C._functorch.peek_interpreter_stack(),
    }


@pytest.fixture(autouse=True)
def _every_test_leaves_the_modes_alone():
    with modes_left_alone():
        yield


def assert_same(actual, expected):
    """Check that two pytrees have the same structure and, bit by bit, the same Tensors."""
    actual_leaves, actual_spec = torch.utils._pytree.tree_flatten(actual)
    expected_leaves, expected_spec = torch.utils._pytree.tree_flatten(expected)
    assert actual_spec == expected_spec
    torch.testing.assert_close(actual_leaves, expected_leaves, rtol=0, atol=0)


def assert_documented_examples_agree(name, reference=torch.func):
    """Run the examples in torch's documentation of ``name``, with ``functorch`` and with torch's.

    They must print the same, and leave the same values behind.
    """
    code = documented_code(getattr(reference, name))
    expected, expected_output = run_documented(code, reference)
    code = re.sub(r"torch\.func|torch(?=\.vmap)", "functorch", code)
    actual, output = run_documented(code, functorch)

    assert_same(actual, expected)
    assert output == expected_output
    return actual


def documented_code(function):
    doc = inspect.getdoc(function)
    prompted = re.findall(r"(?:^ *(?:>>>|\.\.\.)(?: .*)?\n)+", doc, re.M)
    fenced = re.findall(r"^\.\. code-block:: python\n\n((?:    .*\n|\n)+)", doc, re.M)
    blocks = [re.sub(r"^ *(>>>|\.\.\.) ?", "", block, flags=re.M) for block in prompted]
    blocks = blocks or [inspect.cleandoc(block) for block in fenced]
    return "\n".join(block for block in blocks if "SKIP(failing)" not in block)


def run_documented(code, api):
    """Return what the code prints, and the Tensors that it leaves in its variables."""
    torch.manual_seed(0)
    functions = {name: getattr(api, name, getattr(functorch, name)) for name in functorch.__all__}
    namespace = {"functorch": functorch, "torch": torch, "warnings": warnings, **functions}
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(code, namespace)
    values = {k: v for k, v in namespace.items() if isinstance(v, (torch.Tensor, tuple))}
    assert values
    return values, output.getvalue()


def printed_by(script):
    """Run the script in this process, where torch is imported already, and return its output."""
    with contextlib.redirect_stdout(io.StringIO()) as output, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runpy.run_path(str(script), run_name="__main__")
    return output.getvalue()


def run_python(*arguments, python=sys.executable, check=True, cwd=None, **environment):
    """Run Python as a user would, and return what it printed."""
    result = subprocess.run(
        [str(python), *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0 or not check, result.stderr
    return result


class WarmPython:
    """Runs Python as :func:`run_python` does, in forks of a process that has imported torch."""

    def __init__(self, python=sys.executable, **environment):
        # A run of pytest in there does not need this plugin, which takes two seconds.
        self.environment = {"PYTEST_ADDOPTS": "-p no:hypothesispytest", **environment}
        self.server = subprocess.Popen(
            [str(python), str(ROOT / "tests/warm_python.py")],
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments, check=True, cwd=None, **environment):
        assert not {"FUNCTORCH_COMPAT", "PYTHONPATH"} & {*environment}, "Python reads it at start"
        with tempfile.TemporaryDirectory() as folder:
            outputs = Path(folder, "stdout"), Path(folder, "stderr")
            job = {
                "arguments": [*map(str, arguments)],
                "folder": str(cwd or Path.cwd()),
                "environment": {**os.environ, **self.environment, **environment},
                "stdout": str(outputs[0]),
                "stderr": str(outputs[1]),
            }
            print(json.dumps(job), file=self.server.stdin, flush=True)
            status = int(self.server.stdout.readline())
            stdout, stderr = (output.read_text() for output in outputs)
        assert status == 0 or not check, stderr
        return subprocess.CompletedProcess(arguments, status, stdout, stderr)

    def close(self):
        with self.server as server:  # This closes its pipes.
            server.kill()


@pytest.fixture(scope="session")
def warm_python():
    with contextlib.closing(WarmPython()) as python:
        yield python


@pytest.fixture(scope="session")
def python_without_shim():
    with contextlib.closing(WarmPython(FUNCTORCH_COMPAT="off")) as python:
        yield python


@pytest.fixture
def shell(warm_python):
    """Runs a command of a page in a folder: ``shell(command, folder)``."""
    return functools.partial(pages.shell, warm_python)


def run_command(name, *arguments, folder, check=None):
    """Run a command of ours in ``folder``, and return what it printed."""
    command = ("-m", "functorch_compat", name, *arguments)
    result = run_python(*command, cwd=folder, check=False)
    assert "Traceback" not in result.stderr
    assert check is None or result.returncode == check, result.stdout + result.stderr
    return result


class AllOffsets:
    """Stands for the offsets of all uses, as if the audit had found each of them."""

    def __contains__(self, offset):
        return True

    def __iter__(self):
        return iter(())


def build(target, source, folder):
    """Build a wheel or an sdist with the packages that are installed here, and return the file."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return file


def tree_without_functorch(folder):
    """Fill ``folder`` with the installed packages, without the files in FOR_FUNCTORCH."""
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if path != TORCH and "functorch" not in path.name:
            (folder / path.name).symlink_to(path)
    for part in ("torch", "torch/_functorch"):
        (folder / part).mkdir()
        for path in (TORCH.parent / part).iterdir():
            if path not in FOR_FUNCTORCH and path.name not in ("_functorch", "__pycache__"):
                (folder / part / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


class Environment:
    """A fresh virtual environment that sees the packages of this one, but no start-up file."""

    def __init__(self, folder, with_pip=False):
        venv.create(folder, with_pip=with_pip)
        self.python = folder / "bin" / "python"
        purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site_packages = Path(self.run("-c", purelib).stdout.strip())
        self.sees(sysconfig.get_path("purelib"))

    def sees(self, folder):
        """Put ``folder`` at the end of ``sys.path``, in place of an earlier one."""
        (self.site_packages / "torch.pth").write_text(f"{folder}\n")

    def run(self, *arguments, **options):
        return run_python(*arguments, python=self.python, **options)

    def install(self, *arguments):
        # The pip of the outer environment runs here, and must ignore the packages there.
        options = ("--ignore-installed", "--no-deps", "--no-index", "--no-build-isolation")
        self.run("-m", "pip", "install", *options, *arguments)

    def modules_at_start(self):
        return set(self.run("-c", "import sys; print(*sys.modules)").stdout.split())

    def modules_for_a_start_up_file(self):
        """Return the modules that Python 3.15 and later load to read any start-up file."""
        start = self.site_packages / "python_loads.start"
        start.write_text("sys:getrecursionlimit\n")
        modules = self.modules_at_start()
        start.unlink()
        return modules

    def file_of_functorch(self):
        code = "import importlib.util; print(importlib.util.find_spec('functorch').origin)"
        return Path(self.run("-c", code).stdout.strip())

    def files(self):
        return {str(path.relative_to(self.site_packages)) for path in self.site_packages.rglob("*")}


@pytest.fixture(scope="module")
def an_environment(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("environment"))
