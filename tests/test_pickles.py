"""Old pickles load, and new pickles load without the shim."""

import io
import pickle

import functorch
import pytest
import torch
from conftest import assert_same, needs_torchs_functorch
from torch._functorch.make_functional import FunctionalModule, FunctionalModuleWithBuffers

# functorch 0.2 had the classes in the first module. Its users imported them from the second.
LEGACY_PLACES = ["functorch._src.make_functional", "functorch"]


@pytest.fixture
def state():
    torch.manual_seed(0)
    func, params, buffers = functorch.make_functional_with_buffers(torch.nn.BatchNorm1d(2).eval())
    return func, params, buffers


@pytest.mark.parametrize("place", LEGACY_PLACES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_object_pickled_by_a_legacy_path_loads(place, protocol, state, monkeypatch):
    func, params, buffers = state
    monkeypatch.setattr(FunctionalModuleWithBuffers, "__module__", place)
    data = pickle.dumps(func, protocol)
    monkeypatch.undo()
    assert place.encode() in data

    loaded = pickle.loads(data)

    batch = torch.ones(3, 2)
    assert type(loaded) is FunctionalModuleWithBuffers
    assert_same(loaded(params, buffers, batch), func(params, buffers, batch))


@pytest.mark.parametrize("place", LEGACY_PLACES)
def test_a_checkpoint_saved_by_a_legacy_path_loads(place, monkeypatch):
    func, params = functorch.make_functional(torch.nn.Linear(2, 2))
    monkeypatch.setattr(FunctionalModule, "__module__", place)
    checkpoint = io.BytesIO()
    torch.save({"func": func, "params": params}, checkpoint)
    monkeypatch.undo()
    checkpoint.seek(0)

    loaded = torch.load(checkpoint, weights_only=False)

    assert type(loaded["func"]) is FunctionalModule
    assert_same(loaded["params"], params)


LOAD = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])))"


@pytest.mark.slow
@needs_torchs_functorch
def test_what_is_pickled_here_loads_where_the_shim_is_off(state, python_without_shim):
    func, _, _ = state
    assert b"functorch_compat" not in pickle.dumps(func)
    for value, printed in ((func, repr(func)), (functorch.vjp, "<function vjp at")):
        data = pickle.dumps(value).hex()
        assert python_without_shim("-c", LOAD, data).stdout.startswith(printed)
