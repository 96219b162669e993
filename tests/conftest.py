import contextlib
import os
import subprocess
import sys

import pytest
import torch
from torch.autograd import forward_ad

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.fixture(params=DEVICES)
def device(request):
    return torch.device(request.param)


@pytest.fixture
def x(device):
    return torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, device=device)


@contextlib.contextmanager
def modes_left_alone():
    """Check that each mode and level is afterwards as it was before."""
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


def run_python(*arguments, python=sys.executable, check=True, **environment):
    """Run Python as a user would, and return what it printed."""
    result = subprocess.run(
        [str(python), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert result.returncode == 0 or not check, result.stderr
    return result
