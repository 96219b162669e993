"""Measures ``migrate``: on a tree, on files that it cannot rewrite, and on one long file.

On a tree, it is compared with its parts: the audit, and LibCST on the files that use functorch.
LibCST parses each of these files, resolves its names, and parses the result again.
"""

import subprocess
import sys

import pytest

# A module of usual length, and the same with uses of functorch.
BODY = "".join(f"\n\ndef function_{n}(x):\n    return [x, {n}] if x else None\n" for n in range(40))
PLAIN = f"import torch\n{BODY}"
LEGACY = f"import functorch\nimport torch\n{BODY}\n\nfunctorch.vjp(torch.sin, torch.ones(3))\n"
LIBCST = """
import sys
import libcst
from libcst.metadata import (
    ByteSpanPositionProvider,
    ExpressionContextProvider,
    MetadataWrapper,
    ParentNodeProvider,
    ScopeProvider,
)

for path in sys.argv[1:]:
    code = open(path).read()
    module = libcst.parse_module(code)
    MetadataWrapper(module, unsafe_skip_copy=True).resolve_many(
        [ByteSpanPositionProvider, ExpressionContextProvider, ParentNodeProvider, ScopeProvider]
    )
    libcst.parse_module(code)
"""
COMMANDS = {
    "audit": ["-m", "functorch_compat", "audit", "."],
    "libcst": ["-c", LIBCST, *(f"legacy_{n}.py" for n in range(50))],
    "migrate": ["-m", "functorch_compat", "migrate", "."],
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    for n in range(950):
        (folder / f"plain_{n}.py").write_text(PLAIN)
    for n in range(50):
        (folder / f"legacy_{n}.py").write_text(LEGACY)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("contender", COMMANDS)
def test_a_thousand_files_of_which_fifty_use_functorch(benchmark, contender, tree):
    benchmark.group = "1,000 files of which 50 use functorch"
    benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, *COMMANDS[contender]],),
        kwargs={"cwd": tree, "capture_output": True},
        rounds=5,
        warmup_rounds=1,
    )


@pytest.mark.parametrize("contender", ["audit", "migrate"])
def test_files_in_which_no_rule_can_rewrite_anything(benchmark, contender, tmp_path):
    """Such files are what a second run finds. The migration takes little longer than the audit."""
    for n in range(50):
        left = f"from functorch.dim import dims\n{BODY}\n\nfirst = dims(1)\n"
        (tmp_path / f"left_{n}.py").write_text(left)
    benchmark.group = "50 files with nothing to rewrite"
    benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, *COMMANDS[contender]],),
        kwargs={"cwd": tmp_path, "capture_output": True},
        rounds=5,
        warmup_rounds=1,
    )


@pytest.mark.parametrize(
    "uses",
    [500, *(pytest.param(uses, marks=pytest.mark.slow) for uses in (15_000, 30_000, 60_000))],
)
def test_one_long_file(benchmark, uses, tmp_path):
    """The time grows with the length."""
    code = "import functorch\nimport torch\n" + "functorch.vjp(f, x)\nx = 1\n" * uses
    (tmp_path / "long.py").write_text(code)
    benchmark.group = "one file, with two lines for each use"
    result = benchmark.pedantic(
        subprocess.run,
        args=([sys.executable, *COMMANDS["migrate"]],),
        kwargs={"cwd": tmp_path, "capture_output": True, "check": False},
        rounds=1,
    )
    assert result.stdout.count(b"+torch.func.vjp(f, x)") == uses
