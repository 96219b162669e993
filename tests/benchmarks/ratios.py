"""Medians of interleaved runs: ``python tests/benchmarks/ratios.py``.

With ``--record FILE`` those of ``vjp`` alone go into a JSON file, under the release of torch.

On a noisy machine a contender's time depends on when it ran. Here they take turns call by call, in
an order that is shuffled each time.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

import torch
from contenders import CONTENDERS, WORKLOADS, switch_recorder
from startup import environment_with, start


def medians(calls, rounds, before=lambda name: None):
    """Return the median time of each call, in microseconds. Call ``before`` before each."""
    times = {name: [] for name in calls}
    for _ in range(rounds):
        for name in random.sample(list(calls), len(calls)):
            before(name)
            begin = time.perf_counter()
            calls[name]()
            times[name].append((time.perf_counter() - begin) * 1e6)
    return {name: statistics.median(values) for name, values in times.items()}


def measure(workload, rounds):
    """Return the median time of each contender, in microseconds."""
    work, x = WORKLOADS[workload]
    calls = {name: partial(work, api, x) for name, api in CONTENDERS.items()}
    return medians(calls, rounds if x.numel() < 1000 else rounds // 5, switch_recorder)


def record(file):
    us = measure("vjp", rounds=5_000)
    data = json.loads(file.read_text()) if file.exists() else {}
    release = torch.__version__.partition("+")[0]
    data[release] = {name: round(value / us["torch.func"], 3) for name, value in us.items()}
    releases = sorted(data, key=lambda release: [int(part) for part in release.split(".")])
    file.write_text(json.dumps({release: data[release] for release in releases}, indent=2) + "\n")


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.record:
        record(options.record)
        return
    print(f"torch {torch.__version__}; time per call, the function of torch.func = 1")
    print(
        f"{'':25}{'torch.func':>13}{'floor':>8}{'shim':>8}{'recorder on':>13}{'shipped':>9}"
        f"{'shim/floor':>12}"
    )
    for workload in WORKLOADS:
        us = measure(workload, rounds=10_000)
        ratio = {name: value / us["torch.func"] for name, value in us.items()}
        print(
            f"{workload:25}{us['torch.func']:10.1f} us{ratio['floor']:8.3f}{ratio['shim']:8.3f}"
            f"{ratio['recorder on']:13.3f}{ratio['shipped']:9.3f}{us['shim'] / us['floor']:12.3f}"
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
