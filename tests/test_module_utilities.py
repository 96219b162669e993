"""``make_functional`` and its relatives work alike, torch's own and our replacements."""

import copy
import io
import pickle
import sys

import functorch
import pytest
import torch
from conftest import TORCH_HAS_FUNCTORCH, assert_documented_examples_agree, assert_same

from functorch_compat.fallbacks import make_functional as ours

OWNERS = ["torch", "ours"] if TORCH_HAS_FUNCTORCH else ["ours"]
CLASSES = ["FunctionalModule", "FunctionalModuleWithBuffers"]


@pytest.fixture(params=OWNERS)
def utilities(request, monkeypatch):
    """Return the module that serves the utilities: torch's, or ours as if torch had none."""
    if request.param == "ours":
        monkeypatch.setitem(sys.modules, "torch._functorch.make_functional", ours)
        for name in CLASSES:
            monkeypatch.setitem(vars(functorch), name, getattr(ours, name))
    return sys.modules["torch._functorch.make_functional"]


class Tied(torch.nn.Module):
    """It has a tied weight, a buffer that is not saved, and a keyword argument."""

    def __init__(self):
        super().__init__()
        self.first, self.second = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.register_buffer("offset", torch.ones(3), persistent=False)

    def forward(self, x, *, scale=1):
        return self.second(self.first(x)) * scale + self.offset


@pytest.fixture
def model(device):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).to(device).double()


@pytest.fixture
def tied(device):
    torch.manual_seed(0)
    return Tied().to(device).double()


@pytest.fixture
def batch(x):
    return torch.stack([x, x + 1])


@pytest.mark.parametrize(
    "name", ["make_functional", "make_functional_with_buffers", "combine_state_for_ensemble"]
)
def test_the_documented_examples(name, utilities):
    assert_documented_examples_agree(name, utilities)


def test_the_function_computes_what_the_model_does(utilities, model, batch):
    linear = model[0]

    func, params = functorch.make_functional(linear)

    assert type(func) is utilities.FunctionalModule is functorch.FunctionalModule
    assert_same(func(params, batch), linear(batch))
    assert_same(params, tuple(linear.parameters()))
    by_hand = batch @ params[0].T + params[1]
    torch.testing.assert_close(func(params, batch), by_hand)


def test_buffers_are_handed_over_beside_the_parameters(utilities, model, batch):
    expected = model.eval()(batch)

    func, params, buffers = functorch.make_functional_with_buffers(model)

    assert type(func) is utilities.FunctionalModuleWithBuffers
    assert_same(func(params, buffers, batch), expected)
    assert_same(buffers, tuple(model.buffers()))


def test_the_model_is_copied_and_keeps_its_mode(utilities, model, batch):
    func, params, buffers = functorch.make_functional_with_buffers(model.eval())
    expected = model(batch)

    model.train()
    with torch.no_grad():
        model[0].weight.zero_()

    assert not func.stateless_model.training
    assert_same(func(params, buffers, batch), expected)


def test_buffers_are_updated_in_place_in_training_mode(utilities, model, batch):
    func, params, buffers = functorch.make_functional_with_buffers(model)
    output = func(params, buffers, batch)

    assert_same(output, model(batch))
    assert_same(buffers, tuple(model.buffers()))  # The model's own call updates its buffers.
    assert buffers[-1] == 1


def test_a_tied_weight_is_one_parameter(utilities, tied, x):
    func, params, buffers = functorch.make_functional_with_buffers(tied)

    assert [tuple(param.shape) for param in params] == [(3, 3), (3,), (3,)]
    assert func.param_names == ("first.weight", "first.bias", "second.bias")
    assert func.buffer_names == ("offset",)
    doubled = (params[0] * 2, *params[1:])
    with torch.no_grad():
        tied.first.weight *= 2
    assert_same(func(doubled, buffers, x, scale=3), tied(x, scale=3))


def test_a_buffer_that_is_not_saved_is_a_buffer(utilities, tied, x):
    func, params, (offset,) = functorch.make_functional_with_buffers(tied)

    torch.testing.assert_close(func(params, (offset + 1,), x), tied(x) + 1)
    assert "stateless_model.offset" not in func.state_dict()


@pytest.mark.parametrize("disable", [False, True])
def test_autograd_tracking_is_as_it_was_or_disabled(utilities, model, disable):
    model[0].weight.requires_grad_(False)

    _, params = functorch.make_functional(model[0], disable_autograd_tracking=disable)

    assert [param.requires_grad for param in params] == [False, not disable]
    assert all(isinstance(param, torch.nn.Parameter) for param in params)
    assert model[0].bias.requires_grad


def test_the_function_is_a_module_without_values(utilities, model):
    func, _ = functorch.make_functional(model[0])
    parent = torch.nn.ModuleDict({"func": func})

    assert list(parent.children()) == [func]
    assert {param.device.type for param in parent.parameters()} == {"meta"}


def test_a_submodule_with_two_names_is_restored(utilities, x):
    layer = torch.nn.Linear(3, 3).to(x)
    func, params = functorch.make_functional(torch.nn.Sequential(layer, layer))

    grads = functorch.grad(lambda params: func(params, x).sum())(params)

    assert [param.shape for param in grads] == [param.shape for param in params]
    assert {param.device.type for param in func.parameters()} == {"meta"}
    assert_same(copy.deepcopy(func)(params, x), layer(layer(x)))


def test_the_function_can_be_traced(utilities, model, batch):
    func, params = functorch.make_functional(model[0])

    traced = torch.jit.trace(lambda *inputs: func(inputs[:2], inputs[2]), (*params, batch))

    assert_same(traced(*params, batch + 1), func(params, batch + 1))


def test_a_model_without_parameters(utilities, x):
    func, params = functorch.make_functional(torch.nn.ReLU())

    assert params == ()
    assert_same(func(params, x), x.relu())


def test_buffers_where_none_are_taken_are_an_error(utilities, model):
    with pytest.raises(RuntimeError) as raised:
        functorch.make_functional(model)

    assert str(raised.value) == (
        "make_functional(model): `model` has buffers. Please use "
        "make_functional_with_buffers(model) instead."
    )


def test_transforms_of_the_function(utilities, model, batch):
    linear = model[0]
    func, params = functorch.make_functional(linear)

    def loss(params, x):
        return func(params, x).square().sum()

    grads = functorch.grad(loss)(params, batch)
    per_sample = functorch.vmap(functorch.grad(loss), (None, 0))(params, batch)
    _, tangent = functorch.jvp(lambda *params: loss(params, batch), params, params)

    linear(batch).square().sum().backward()
    assert_same(grads, (linear.weight.grad, linear.bias.grad))
    torch.testing.assert_close(tuple(grad.sum(0) for grad in per_sample), grads)
    torch.testing.assert_close(tangent, 2 * loss(params, batch))  # The loss is quadratic.


def test_the_function_compiles(utilities, model, batch):
    func, params, buffers = functorch.make_functional_with_buffers(model.eval())
    torch._dynamo.reset()

    compiled = torch.compile(func, backend="eager")

    assert_same(compiled(params, buffers, batch), func(params, buffers, batch))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_copies_and_pickles(utilities, tied, x, duplicate):
    func, params, buffers = functorch.make_functional_with_buffers(tied)

    again = duplicate(func)

    assert type(again) is type(func)
    assert_same(again(params, buffers, x), func(params, buffers, x))


def test_a_checkpoint(utilities, model, batch):
    func, params = functorch.make_functional(model[0])
    file = io.BytesIO()
    torch.save({"func": func, "params": params}, file)
    file.seek(0)

    loaded = torch.load(file, weights_only=False)

    assert_same(loaded["func"](loaded["params"], batch), func(params, batch))


def test_an_ensemble_runs_under_vmap(utilities, model, batch):
    models = [model.eval(), copy.deepcopy(model)]
    models[1][0].weight.data.add_(1)
    models[1][0].bias.requires_grad_(False)  # The models may differ in this.
    expected = torch.stack([model(batch) for model in models])

    func, params, buffers = functorch.combine_state_for_ensemble(models)
    outputs = functorch.vmap(func, (0, 0, None))(params, buffers, batch)

    torch.testing.assert_close(outputs, expected)
    assert_same(params[0], torch.stack([model[0].weight for model in models]).detach())
    assert not any(tensor.requires_grad for tensor in (*params, *buffers))
    assert models[0][0].weight.requires_grad


@pytest.mark.parametrize(
    ("of", "message"),
    [
        (lambda model: [], "Expected at least one model, got 0."),
        (
            lambda model: [model.eval(), copy.deepcopy(model).train()],
            "Expected all models to have the same training/eval mode.",
        ),
        (lambda model: list(model), "Expected all models to be of the same class."),
    ],
    ids=["none", "modes", "classes"],
)
def test_models_that_are_no_ensemble_are_an_error(utilities, model, of, message):
    with pytest.raises(RuntimeError) as raised:
        functorch.combine_state_for_ensemble(of(model))

    assert str(raised.value) == f"combine_state_for_ensemble: {message}"
