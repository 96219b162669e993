"""The audit of torch's own tree beside a bare run of ruff on it."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from ruff import find_ruff_bin

TREE = str(Path(torch.__file__).parent)
COMMANDS = {
    "ruff": [find_ruff_bin(), "check", "--isolated", "--no-cache", "--select=TID251", TREE],
    "audit": [sys.executable, "-m", "functorch_compat", "audit", TREE],
}


@pytest.mark.parametrize("contender", COMMANDS)
def test_torchs_own_tree(benchmark, contender):
    benchmark.group = "audit of torch's own tree"
    benchmark.pedantic(
        subprocess.run,
        args=(COMMANDS[contender],),
        kwargs={"stdout": subprocess.DEVNULL},
        rounds=7,
        warmup_rounds=1,
    )
