"""``make_functional`` and its like: torch's documented examples, and what they promise."""

import functorch
import pytest
import torch
from conftest import assert_documented_examples_agree, assert_same
from torch._functorch import make_functional


@pytest.fixture
def modules(device):
    torch.manual_seed(0)
    layers = torch.nn.Linear, torch.nn.BatchNorm1d
    return [
        torch.nn.Sequential(layers[0](3, 2), layers[1](2)).to(device).double() for _ in range(2)
    ]


@pytest.fixture
def batch(x):
    return torch.stack([x, x + 1])


@pytest.mark.parametrize(
    "name", ["make_functional", "make_functional_with_buffers", "combine_state_for_ensemble"]
)
def test_the_documented_examples(name):
    assert_documented_examples_agree(name, make_functional)


def test_a_functional_module_computes_what_the_module_does(modules, batch):
    linear = modules[0][0]

    func, params = functorch.make_functional(linear)

    assert type(func) is functorch.FunctionalModule
    assert_same(func(params, batch), linear(batch))
    assert_same(params, tuple(linear.parameters()))
    assert_same(
        func(params, batch),
        torch.func.functional_call(linear, dict(linear.named_parameters()), batch),
    )


def test_buffers_are_handed_over_beside_the_parameters(modules, batch):
    expected = modules[0].eval()(batch)

    func, params, buffers = functorch.make_functional_with_buffers(modules[0])

    assert type(func) is functorch.FunctionalModuleWithBuffers
    assert_same(func(params, buffers, batch), expected)
    assert_same(buffers, tuple(modules[0].buffers()))


@pytest.mark.parametrize("disable", [False, True])
def test_disable_autograd_tracking(modules, disable):
    _, params = functorch.make_functional(modules[0][0], disable_autograd_tracking=disable)

    assert all(param.requires_grad is not disable for param in params)


def test_an_ensemble_runs_under_vmap(modules, batch):
    expected = torch.stack([module.eval()(batch) for module in modules])

    func, params, buffers = functorch.combine_state_for_ensemble(modules)
    outputs = functorch.vmap(func, (0, 0, None))(params, buffers, batch)

    torch.testing.assert_close(outputs, expected)


def test_an_ensemble_of_nothing_or_of_different_classes_is_torchs_error(modules):
    with pytest.raises(RuntimeError, match="at least one model"):
        functorch.combine_state_for_ensemble([])
    with pytest.raises(RuntimeError, match="same class"):
        functorch.combine_state_for_ensemble(list(modules[0]))
