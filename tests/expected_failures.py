"""Lists the tests that cannot hold on some torch or Python. No test itself looks at the release."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest
from torch.torch_version import __version__ as torch_version


class ExpectedFailure(NamedTuple):
    """A test that must fail under a condition. If it passes, the entry is out of date."""

    test: str
    """The full id of the test. Its parameters may be a pattern, as :mod:`fnmatch` reads it."""

    when: bool
    reason: str

    def names(self, item: pytest.Item) -> bool:
        """Return whether the item is a case of this test, with whatever parameters."""
        return item.nodeid.partition("[")[0] == f"tests/{self.test.partition('[')[0]}"

    def matches(self, item: pytest.Item) -> bool:
        parameters = self.test.partition("[")[2]
        return self.names(item) and fnmatchcase(item.nodeid.partition("[")[2], parameters or "*")


GRAPHS = "test_compile.py::test_the_graph_of_each_transform_is_that_of_torch_func"
SHIPPED = "test_legacy_api.py::test_the_shipped_functorch_has_each_name_of_the_table"

EXPECTED_FAILURES = [
    ExpectedFailure(
        "test_compile.py::test_the_warning_made_an_error_stops_the_tracing[*]",
        torch_version < "2.1",
        "dynamo of torch 2.0 can neither trace the transforms of torch.func nor skip them",
    ),
    *(
        ExpectedFailure(
            f"{test}[*]",
            torch_version < "2.3",
            "dynamo cannot trace the transforms of torch.func before torch 2.3",
        )
        for test in (
            "test_compile.py::test_a_filter_on_the_users_module_matches_the_warning_from_compiled_code",
            "test_compile.py::test_a_library_whose_name_begins_like_torchs_is_not_taken_for_torch",
            "test_compile.py::test_after_a_graph_break_the_warning_still_names_the_users_file",
            "test_compile.py::test_aux_of_any_object_compiles",
            "test_compile.py::test_the_graph_is_that_of_torch_func",
            GRAPHS,
            "test_compile.py::test_the_users_globals_keep_their_values",
            "test_compile.py::test_the_warning_names_the_users_line_once_while_tracing",
            "test_compile.py::test_what_is_compiled_in_one_mode_is_right_in_another",
            "test_recording.py::test_compiled_code_is_recorded_at_the_users_line",
        )
    ),
    *(
        ExpectedFailure(
            test,
            torch_version < "2.3",
            "dynamo cannot trace the transforms of torch.func before torch 2.3",
        )
        for test in (
            "test_after_removal.py::test_torch_compile_works",
            "test_doctor.py::test_a_promise_that_the_shim_breaks_is_found[compile]",
        )
    ),
    *(
        ExpectedFailure(
            f"test_after_removal.py::{test}",
            "2.1" <= torch_version < "2.3",
            "dynamo of torch 2.1 and 2.2 imports a file that torch will delete with functorch",
        )
        for test in (
            "test_legacy_scripts_print_what_they_printed_before[ensemble]",
            "test_legacy_scripts_print_what_they_printed_before[documented_examples]",
            "test_every_name_is_still_there",
            "test_a_source_that_torch_has_no_more_fails_for_its_own_name_alone",
            "test_torchs_own_imports_work",
            "test_deactivating_takes_the_fallbacks_away",
        )
    ),
    *(
        ExpectedFailure(
            f"{GRAPHS}[*-{name}-*]",
            "2.3" <= torch_version < "2.4",
            "dynamo of torch 2.3 can trace only vjp and grad_and_value",
        )
        for name in ("grad", "jvp", "jacrev", "jacfwd", "hessian", "vmap")
    ),
    ExpectedFailure(
        "test_compile.py::test_the_graph_is_that_of_torch_func[*-vmapped]",
        "2.3" <= torch_version < "2.4",
        "dynamo of torch 2.3 cannot trace torch.func.vmap over torch.func.vjp",
    ),
    ExpectedFailure(
        "test_compile.py::test_after_a_graph_break_the_warning_still_names_the_users_file[*]",
        "2.3" <= torch_version < "2.4",
        "dynamo of torch 2.3 cannot resume after a graph break inside torch.func.vjp",
    ),
    ExpectedFailure(
        f"{GRAPHS}[*-functionalize-*]",
        torch_version >= "2.3",
        "dynamo cannot trace torch.func.functionalize on any torch",
    ),
    ExpectedFailure(
        "test_aux.py::test_torch_func_refuses_what_is_let_through_here[grad*-None]",
        torch_version < "2.3",
        "torch.func.grad lets None through as aux before torch 2.3",
    ),
    ExpectedFailure(
        "test_module_utilities.py::test_the_function_compiles[ours-*]",
        torch_version < "2.4",
        "dynamo before torch 2.4 cannot trace our module utilities; those torches have their own",
    ),
    ExpectedFailure(
        "test_audit_repository.py::test_code[doctests]",
        sys.version_info < (3, 10),
        "the ast of Python 3.9 does not say where an imported name is",
    ),
    ExpectedFailure(
        "test_namespace.py::test_a_documented_module_can_be_mocked_by_its_specification[functorch]",
        sys.version_info >= (3, 13),
        "unittest.mock of Python 3.13 and later cannot look into torch.classes, which is in torch",
    ),
    ExpectedFailure(
        f"{SHIPPED}[functorch._src.aot_autograd]",
        "2.2" <= torch_version < "2.11",
        "torch 2.2 to 2.10 cannot import its own functorch._src.aot_autograd",
    ),
    *(
        ExpectedFailure(
            test,
            torch_version < "2.10" and sys.version_info >= (3, 12),
            "functorch.dim does not work on Python 3.12 before torch 2.10",
        )
        for test in (
            f"{SHIPPED}[functorch._C]",
            f"{SHIPPED}[functorch.dim]",
            f"{SHIPPED}[functorch.einops*]",
            "test_after_removal.py::test_a_torch_lacks_only_the_names_of_later_releases",
            "test_namespace.py::test_a_name_that_never_was_is_an_ordinary_error[functorch.einops]",
            "test_namespace.py::test_a_star_import_gives_what_is_listed_and_listed_is_what_is_there"
            "[functorch.einops]",
            "test_namespace.py::test_each_module_can_be_inspected[functorch.einops]",
            "test_namespace.py::test_most_names_that_functorch_ever_had_are_there",
        )
    ),
]


def mark(items: list[pytest.Item], all_were_collected: bool) -> None:
    """Mark the tests that must fail.

    Raises:
        UsageError: Where an entry matches no test of a file that was collected as a whole.
    """
    files = {item.nodeid.partition("::")[0] for item in items}
    for entry in EXPECTED_FAILURES:
        # The parameters of a test can depend on the torch.
        matches = entry.matches if entry.when else entry.names
        matched = [item for item in items if matches(item)]
        file = f"tests/{entry.test.partition('::')[0]}"
        is_missing = not (Path(__file__).parents[1] / file).exists()
        if is_missing or (not matched and all_were_collected and file in files):
            raise pytest.UsageError(
                f"tests/expected_failures.py: {entry.test} matches no test: mend or delete it"
            )
        for item in matched if entry.when else ():
            item.add_marker(pytest.mark.xfail(reason=entry.reason, strict=True))
