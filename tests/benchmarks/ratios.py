"""Medians of interleaved runs: ``python tests/benchmarks/ratios.py``.

On a noisy machine a contender's time depends on when it ran. Here they take turns call by call, in
an order that is shuffled each time.
"""

import random
import statistics
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import torch
from contenders import CONTENDERS, WORKLOADS
from startup import environment_with, start


def medians(calls, rounds):
    """The median time of each call, in microseconds."""
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name in random.sample(list(calls), len(calls)):
            begin = time.perf_counter()
            calls[name]()
            times[name].append((time.perf_counter() - begin) * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    print(f"torch {torch.__version__}; time per call, the function of torch.func = 1")
    print(f"{'':25}{'torch.func':>13}{'floor':>8}{'shim':>8}{'shipped':>9}{'shim/floor':>12}")
    for workload, (work, x) in WORKLOADS.items():
        calls = {name: partial(work, api, x) for name, api in CONTENDERS.items()}
        us = medians(calls, rounds=10_000 if x.numel() < 1000 else 2_000)
        ratio = {name: value / us["torch.func"] for name, value in us.items()}
        print(
            f"{workload:25}{us['torch.func']:10.1f} us{ratio['floor']:8.3f}{ratio['shim']:8.3f}"
            f"{ratio['shipped']:9.3f}{us['shim'] / us['floor']:12.3f}"
        )

    with tempfile.TemporaryDirectory() as folder:
        pythons = {
            installed: environment_with(installed, Path(folder, str(installed)))
            for installed in (False, True)
        }
        calls = {name: partial(start, python) for name, python in pythons.items()}
        us = medians(calls, rounds=500)
    added = (us[True] - us[False]) / 1e3
    print(f"interpreter start: {us[False] / 1e3:.1f} ms, to which the shim adds {added:.2f} ms")


if __name__ == "__main__":
    main()
