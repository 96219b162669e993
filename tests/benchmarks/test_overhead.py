"""Compares side by side: ``pytest tests/benchmarks --benchmark-group-by=group``."""

import warnings

import pytest
import torch
from contenders import CONTENDERS, WORKLOADS, switch_recorder
from startup import environment_with, start


@pytest.mark.parametrize("contender", CONTENDERS)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_eager(benchmark, workload, contender):
    benchmark.group = f"eager, {workload}"
    work, x = WORKLOADS[workload]
    switch_recorder(contender)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        benchmark(work, CONTENDERS[contender], x)


@pytest.mark.parametrize("contender", ["torch.func", "shim", "shipped"])
@pytest.mark.parametrize("workload", [name for name in WORKLOADS if name != "functionalize"])
def test_compiled(benchmark, workload, contender):
    benchmark.group = f"compiled, {workload}"
    work, x = WORKLOADS[workload]

    torch._dynamo.reset()
    api = CONTENDERS[contender]
    compiled = torch.compile(lambda x: work(api, x)[0], fullgraph=True, backend="aot_eager")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled(x)
        benchmark(compiled, x)


@pytest.mark.parametrize("installed", [False, True], ids=["bare", "with functorch-compat"])
def test_interpreter_start(benchmark, installed, tmp_path):
    benchmark.group = "interpreter start"
    python = environment_with(installed, tmp_path)
    benchmark.pedantic(start, args=(python,), rounds=50, warmup_rounds=3)
