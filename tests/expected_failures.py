"""What cannot hold on some torch or Python, and why. This is the one list: no test skips itself."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import NamedTuple

import pytest
from torch.torch_version import __version__ as torch_version


class ExpectedFailure(NamedTuple):
    """Tests that must fail under a condition; where they do not, the entry is out of date."""

    tests: str
    """A pattern of test ids, as :mod:`fnmatch` reads it."""

    when: bool
    reason: str


EXPECTED_FAILURES = [
    ExpectedFailure(
        "test_compile.py::test_the_warning_made_an_error*",
        torch_version < "2.1",
        "dynamo of torch 2.0 cannot trace the transforms of torch.func, nor give them back",
    ),
    *(
        ExpectedFailure(
            f"test_compile.py::test_{tests}*",
            torch_version < "2.3",
            "dynamo cannot trace the transforms of torch.func before torch 2.3",
        )
        for tests in ("a", "what", "the_graph", "the_warning_names", "the_users")
    ),
    *(
        ExpectedFailure(
            f"test_compile.py::test_the_graph_of_each_transform*-{name}-*",
            "2.3" <= torch_version < "2.4",
            "of the transforms, dynamo of torch 2.3 can trace vjp and grad_and_value alone",
        )
        for name in ("grad", "jvp", "jacrev", "jacfwd", "hessian", "vmap")
    ),
    ExpectedFailure(
        "test_compile.py::test_the_graph_is*-vmapped*",
        "2.3" <= torch_version < "2.4",
        "dynamo of torch 2.3 cannot trace torch.func.vmap over torch.func.vjp",
    ),
    ExpectedFailure(
        "test_compile.py::test_after_a_graph_break*",
        "2.3" <= torch_version < "2.4",
        "dynamo of torch 2.3 cannot resume after a graph break inside torch.func.vjp",
    ),
    ExpectedFailure(
        "test_compile.py::test_the_graph_of_each_transform*-functionalize-*",
        torch_version >= "2.3",
        "dynamo cannot trace torch.func.functionalize on any torch",
    ),
]


def mark(items: list[pytest.Item]) -> None:
    for item in items:
        for tests, when, reason in EXPECTED_FAILURES:
            if when and fnmatch(item.nodeid, f"tests/{tests}"):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
