"""``functionalize`` keeps its promises, and torch's documented examples work."""

import functorch
import pytest
from conftest import assert_documented_examples_agree, assert_same


def test_the_documented_examples():
    assert_documented_examples_agree("functionalize")


@pytest.mark.parametrize(
    ("remove", "view"), [("mutations", "view"), ("mutations_and_views", "view_copy")]
)
def test_it_removes_mutations_and_on_demand_views(remove, view, x):
    def func(x):
        y = x + 1
        y.view(-1).mul_(2)
        return y

    functionalized = functorch.functionalize(func, remove=remove)
    targets = [str(node.target) for node in functorch.make_fx(functionalized)(x).graph.nodes]

    assert_same(functionalized(x), 2 * (x + 1))
    assert f"aten.{view}.default" in targets
    assert not any("mul_" in target for target in targets)


def test_a_mutated_input_is_mutated_in_the_end(x):
    expected = x + 1

    functorch.functionalize(lambda x: x.add_(1))(x)

    assert_same(x, expected)


def test_another_word_for_remove_is_torchs_error():
    with pytest.raises(RuntimeError, match="mutations_and_views"):
        functorch.functionalize(abs, remove="everything")
