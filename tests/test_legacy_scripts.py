"""Unchanged legacy scripts print the same with the shim and without it."""

import linecache
import re
import warnings
from pathlib import Path

import pytest
import torch
from conftest import SCRIPTS, needs_torchs_functorch, printed_by, run_python

from functorch_compat import FunctorchDeprecationWarning

pytestmark = pytest.mark.slow

EXAMPLE = SCRIPTS[0]


@needs_torchs_functorch
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_prints_the_same_with_the_shim_and_without(script, python_without_shim):
    without = python_without_shim("-W", "ignore", script)

    assert printed_by(script) == without.stdout != ""


def lines_that_call_vjp(script):
    lines = script.read_text().splitlines()
    return {number for number, line in enumerate(lines, 1) if re.search(r"\bvjp\(", line)}


def test_the_warnings_name_the_lines_of_the_example():
    stderr = run_python("-W", "always", EXAMPLE).stderr

    warned = re.findall(r"^(.*):(\d+): FunctorchDeprecationWarning: functorch\.vjp", stderr, re.M)
    assert {file for file, _ in warned} == {str(EXAMPLE)}
    assert {int(line) for _, line in warned} == lines_that_call_vjp(EXAMPLE)


def test_deprecations_as_errors_stop_the_example_at_its_first_call():
    result = run_python("-W", "error::DeprecationWarning", EXAMPLE, check=False)

    assert result.returncode == 1
    assert result.stdout == ""
    assert f'"{EXAMPLE}", line {min(lines_that_call_vjp(EXAMPLE))}' in result.stderr
    assert result.stderr.splitlines()[-1].startswith("functorch_compat.FunctorchDeprecationWarning")


def test_torchopt_differentiates_its_solutions_through_us():
    """torchopt, an independent package, calls ``functorch.vjp`` for implicit gradients."""
    import torchopt
    from torchopt.diff.implicit import custom_root

    target = torch.tensor([2.0, 3.0, 5.0], dtype=torch.float64)

    def optimality(x, weight, target):
        return weight * x - target

    @custom_root(optimality, argnums=(1, 2))
    def solve(start, weight, target):
        with torch.no_grad():
            return target / weight

    weight = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64, requires_grad=True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        solution = solve(torch.zeros_like(target), weight, target)
        (gradient,) = torch.autograd.grad(solution.sum(), weight)

    torch.testing.assert_close(solution, target / weight)
    torch.testing.assert_close(gradient, -target / weight.detach() ** 2)
    places = {(w.filename, w.lineno) for w in caught if w.category is FunctorchDeprecationWarning}
    assert f"{Path(torchopt.__file__).parent}/diff/implicit/decorator.py" in dict(places)
    assert all("functorch.vjp(" in linecache.getline(*place) for place in places)
