"""``import functorch`` finds the right ``functorch``."""

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import ROOT, TORCH, TORCH_HAS_FUNCTORCH, needs_torchs_functorch, run_python

import functorch_compat

pytestmark = pytest.mark.slow

OURS = str(Path(functorch_compat.__file__).parent / "functorch" / "__init__.py")
# This prints the file that `import functorch` would load, which would also import torch.
FILE = "import importlib.util; print(importlib.util.find_spec('functorch').origin)"


def printed(code, python=run_python, **options):
    return python("-c", textwrap.dedent(code), **options).stdout


OUR_UTILITIES = "functorch_compat.fallbacks.make_functional"
# This code sees the packages of this environment, but not its start-up files.
SITE_PACKAGES = f"""
        import sys
        sys.path.append({str(TORCH.parent)!r})
"""


def test_it_is_active_from_the_start():
    assert printed("import functorch_compat; print(functorch_compat.is_active())") == "True\n"
    assert printed(FILE) == f"{OURS}\n"


@needs_torchs_functorch
@pytest.mark.parametrize("value", ["off", "OFF", "0", "False", "no"])
def test_the_environment_variable_wins_over_the_start_up_files(value):
    theirs = printed(
        "import functorch_compat as c; print(c.is_active());" + FILE, FUNCTORCH_COMPAT=value
    )

    assert theirs.startswith("False\n")
    assert OURS not in theirs


def test_neither_activation_nor_the_package_imports_torch():
    assert printed("import functorch_compat, sys; print('torch' in sys.modules)") == "False\n"


def test_activate_and_deactivate_are_idempotent_in_any_order():
    code = """
        import sys
        from functorch_compat import activate, deactivate, is_active
        finders = len(sys.meta_path)
        for step in (activate, activate, deactivate, deactivate, activate, activate, deactivate):
            step()
            print(is_active(), len(sys.meta_path) - finders)
    """

    off = "True 2\nTrue 2\nFalse 0\nFalse 0\nTrue 2\nTrue 2\nFalse 0\n"
    assert printed(code, FUNCTORCH_COMPAT="off") == off


SWITCH = """
    import sys, warnings
    import functorch, functorch.compile, functorch_compat, functorch_compat.activation
    compile = functorch.compile
    old = functorch
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        functorch_compat.{switch}()
        functorch_compat.{switch}()
        import functorch
    print(functorch.__file__ == sys.modules['functorch_compat.activation'].OURS)
    print(old is not functorch, functorch.compile is compile)
    print(*[(w.category.__name__, w.filename) for w in caught], sep="\\n")
    print(caught[0].message)
"""


@needs_torchs_functorch
def test_activating_after_functorch_was_imported_says_so_once(python_without_shim):
    lines = printed(SWITCH.format(switch="activate"), python_without_shim).splitlines()

    assert lines[:2] == ["True", "True True"]
    assert lines[2] == "('UserWarning', '<string>')"
    assert lines[3].startswith("functorch was imported before")
    assert "loads functorch-compat's" in lines[3]


@needs_torchs_functorch
def test_deactivating_after_functorch_was_imported_says_so_once(warm_python):
    lines = printed(SWITCH.format(switch="deactivate"), warm_python).splitlines()

    assert lines[:2] == ["False", "True True"]
    assert lines[2] == "('UserWarning', '<string>')"
    assert "loads torch's own" in lines[3]


def test_switching_before_functorch_is_imported_says_nothing():
    result = run_python(
        "-W", "error", "-c", "from functorch_compat import *; deactivate(); activate()"
    )

    assert result.stderr == ""


@pytest.mark.parametrize("layout", ["functorch.py", "functorch/__init__.py"])
@pytest.mark.parametrize("environment", [{}, {"FUNCTORCH_COMPAT": "off"}])
def test_somebodys_own_functorch_earlier_on_the_path_stays_theirs(tmp_path, layout, environment):
    file = tmp_path / layout
    file.parent.mkdir(exist_ok=True)
    file.write_text("vjp = 'theirs'")
    (tmp_path / "script.py").write_text("import functorch; print(functorch.vjp)")

    assert run_python(tmp_path / "script.py", **environment).stdout == "theirs\n"


def test_somebodys_own_functorch_stays_theirs_when_activating_later(tmp_path):
    (tmp_path / "functorch.py").write_text("vjp = 'theirs'")
    (tmp_path / "script.py").write_text(
        "import functorch, functorch_compat as c\n"
        "c.activate(); import functorch; print(functorch.vjp)\n"
        "c.deactivate(); import functorch; print(functorch.vjp)\n"
    )

    result = run_python("-W", "error", tmp_path / "script.py")
    assert result.stdout == "theirs\n" * 2


@needs_torchs_functorch
def test_somebodys_functorch_later_on_the_path_is_not_found(tmp_path):
    (tmp_path / "functorch.py").write_text("vjp = 'theirs'")

    assert printed(f"import sys; sys.path.append({str(tmp_path)!r}); {FILE}") == f"{OURS}\n"


def test_a_folder_that_is_no_package_gives_way(tmp_path):
    (tmp_path / "functorch").mkdir()
    (tmp_path / "script.py").write_text(FILE)

    assert run_python(tmp_path / "script.py").stdout == f"{OURS}\n"


def test_a_stand_in_for_torch_does_no_harm():
    code = """
        import sys, types
        sys.modules["torch"] = types.ModuleType("torch")
        import functorch
        print(functorch.__name__)
    """

    assert printed(code) == "functorch\n"


def test_it_answers_for_one_name_only():
    code = """
        import functorch_compat
        finder = functorch_compat.FunctorchFinder
        names = ["functorchx", "functorch.compile", "functorch.vjp", "torch", "functorch_compat"]
        print([finder.find_spec(name) for name in names])
        print(finder.find_spec("functorch").origin)
    """

    assert printed(code) == f"[None, None, None, None, None]\n{OURS}\n"


@needs_torchs_functorch
def test_activating_late_completes_what_torch_has_loaded(python_without_shim):
    # This happens in a notebook that started before this package was installed.
    code = """
        import warnings; warnings.simplefilter("ignore")
        import functorch.compile, functorch._src.vmap, sys, functorch_compat
        sys.modules["functorch.dim"] = None
        shipped = functorch.compile
        functorch_compat.activate()
        from functorch.compile import get_decompositions
        from functorch._src.make_functional import FunctionalModule
        import functorch._src.partitioners
        print(sys.modules["functorch.compile"] is shipped, shipped.nop is not None)
        functorch_compat.deactivate()
        print(type(shipped).__name__, hasattr(shipped, "register_decomposition"))
    """

    assert printed(code, python_without_shim) == "True True\nmodule False\n"


def test_the_second_finder_is_asked_last_and_for_one_name_only():
    code = """
        import sys, functorch_compat
        finder = functorch_compat.ModuleUtilitiesFinder
        names = ["functorch", "torch._functorch.vmap", "torch._functorch.make_functional"]
        print(sys.meta_path[-1] is finder, [bool(finder.find_spec(name)) for name in names])
        import torch._functorch.make_functional as utilities
        print(utilities.__name__)
    """

    expected = "torch._functorch.make_functional" if TORCH_HAS_FUNCTORCH else OUR_UTILITIES
    assert printed(code) == f"True [False, False, True]\n{expected}\n"


@needs_torchs_functorch
@pytest.mark.parametrize("first", ["functorch_compat", "functorch_compat.activation"])
def test_a_package_uninstalled_while_the_process_runs_gives_way_to_torchs(tmp_path, first):
    shutil.copytree(ROOT / "functorch_compat", tmp_path / "functorch_compat")
    code = f"""
        import shutil, sys
        sys.path.insert(0, {str(tmp_path)!r})
        import {first}, functorch_compat
        functorch_compat.add_finders()
        shutil.rmtree({str(tmp_path)!r})
        import functorch, functorch.compile
        print(functorch.__file__)
    """

    result = run_python("-S", "-c", textwrap.dedent(SITE_PACKAGES + code))
    assert result.stdout == f"{TORCH.parent / 'functorch' / '__init__.py'}\n"
    assert result.stderr == ""


def test_from_a_zip_archive_it_works_too(tmp_path):
    archive = shutil.make_archive(
        tmp_path / "package", "zip", root_dir=ROOT, base_dir="functorch_compat"
    )
    code = f"""
        import sys
        sys.path.insert(0, {archive!r})
        import functorch_compat
        functorch_compat.activate()
        import functorch, functorch.compile
        print(functorch.__file__)
        print(functorch.compile.nop is functorch.compile.nop)
    """

    result = run_python("-S", "-c", textwrap.dedent(SITE_PACKAGES + code))
    assert result.stdout == f"{archive}/functorch_compat/functorch/__init__.py\nTrue\n"
    assert result.stderr == ""


@pytest.fixture
def script(tmp_path):
    """Return a module that prints the file of its ``functorch``, in each process."""
    file = tmp_path / "legacy_script.py"
    file.write_text(
        textwrap.dedent(
            """
            import importlib.util
            import multiprocessing
            import sys

            def where(_=None):
                return importlib.util.find_spec("functorch").origin

            def test_where():
                import functorch

                ours = sys.modules["functorch_compat.activation"].OURS
                assert where() == functorch.__file__ == ours

            if __name__ == "__main__":
                sys.stdout.write(where() + "\\n")  # Another rank cannot write in between.
                if sys.argv[1:] == ["spawn"]:
                    with multiprocessing.get_context("spawn").Pool(1) as pool:
                        print(*pool.map(where, range(1)))
            """
        )
    )
    return file


def run_module(script, *arguments):
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_it_reaches_spawned_workers(script):
    assert run_python(script, "spawn").stdout == f"{OURS}\n" * 2


def test_it_reaches_python_m(script):
    assert run_module(script, "legacy_script") == f"{OURS}\n"


def test_it_reaches_pytest(script):
    assert "1 passed" in run_module(script, "pytest", "-q", script.name)


def test_it_reaches_the_ranks_of_torchrun(script):
    torchrun = ("torch.distributed.run", "--standalone", "--nproc-per-node", "2")

    assert run_module(script, *torchrun, script.name) == f"{OURS}\n" * 2
