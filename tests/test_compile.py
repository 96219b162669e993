"""Legacy code compiles wherever ``torch.func.vjp`` compiles, and into the same graph."""

import warnings
from pathlib import Path

import functorch
import pytest
import torch

from functorch_compat import FunctorchDeprecationWarning


@pytest.fixture(autouse=True)
def _nothing_compiled_yet():
    torch._dynamo.reset()


def compiled(func, graphs):
    """Return ``func``, compiled without a graph break. Its graphs are appended to ``graphs``."""

    def backend(graph_module, _):
        graphs.append(graph_module.graph)
        return graph_module

    return torch.compile(func, fullgraph=True, backend=backend)


def ops(graph):
    return [str(node.target) for node in graph.nodes if node.op.startswith("call")]


def plain(vjp, x):
    output, vjp_fn = vjp(torch.sin, x)
    return output, vjp_fn(torch.ones_like(x))


def structs(vjp, x):
    output, vjp_fn = vjp(lambda x: {"a": x.sin(), "b": x.cos()}, x)
    return output, vjp_fn({"a": x, "b": x})


def tensor_aux(vjp, x):
    output, vjp_fn, aux = vjp(lambda x: (x.sin(), {"cos": x.cos()}), x, has_aux=True)
    return output, vjp_fn(x), aux


def nested(vjp, x):
    return plain(vjp, x)[0], vjp(lambda x: vjp(torch.sin, x)[1](x)[0], x)[1](x)


def vmapped(vjp, x):
    return torch.func.vmap(lambda x: vjp(torch.sin, x)[1](x))(x)


@pytest.mark.parametrize("use", [plain, structs, tensor_aux, nested, vmapped])
def test_the_graph_is_that_of_torch_func(use, x):
    def legacy(x):
        return use(functorch.vjp, x)

    def migrated(x):
        return use(torch.func.vjp, x)

    expected_graphs, actual_graphs = [], []
    expected = compiled(migrated, expected_graphs)(x)
    actual = compiled(legacy, actual_graphs)(x)

    torch.testing.assert_close(actual, expected)
    assert [ops(graph) for graph in actual_graphs] == [ops(graph) for graph in expected_graphs]


@pytest.mark.slow
@pytest.mark.parametrize("made", ["inside", "outside"])
@pytest.mark.parametrize(
    ("name", "has_aux"),
    [
        *[(name, False) for name in ("vmap", "grad", "grad_and_value", "jvp", "jacrev", "jacfwd")],
        *[(name, False) for name in ("hessian", "functionalize")],
        *[(name, True) for name in ("grad", "grad_and_value", "jvp", "jacrev", "jacfwd")],
    ],
)
def test_the_graph_of_each_transform_is_that_of_torch_func(name, has_aux, made, x):
    options = {"has_aux": True} if has_aux else {}

    def func(x):
        return ((x**3).sum(), x.cos()) if has_aux else (x**3).sum()

    def use(api):
        transform = getattr(api, name)
        if name == "jvp":
            return lambda x: transform(func, (x,), (x,), **options)
        return (
            transform(func, **options)
            if made == "outside"
            else (lambda x: transform(func, **options)(x))
        )

    expected_graphs, actual_graphs = [], []
    expected = compiled(use(torch.func), expected_graphs)(x)
    actual = compiled(use(functorch), actual_graphs)(x)
    with torch.inference_mode():
        in_inference_mode = compiled(use(functorch), [])(x)

    torch.testing.assert_close(actual, expected)
    torch.testing.assert_close(in_inference_mode, expected)
    assert [ops(graph) for graph in actual_graphs] == [ops(graph) for graph in expected_graphs]


def test_aux_of_any_object_compiles(x):
    def legacy(x):
        _, vjp_fn, aux = functorch.vjp(
            lambda x: (x.sin(), {"cos": x.cos(), "step": 3, "nothing": None}), x, has_aux=True
        )
        return vjp_fn(x), aux

    products, aux = compiled(legacy, [])(x)

    torch.testing.assert_close(products, (x * x.cos(),))
    torch.testing.assert_close(aux.pop("cos"), x.cos())
    assert aux == {"step": 3, "nothing": None}


@pytest.mark.parametrize("outer_mode", [torch.no_grad, torch.inference_mode])
def test_what_is_compiled_in_one_mode_is_right_in_another(outer_mode, x):
    legacy = compiled(lambda x: plain(functorch.vjp, x), [])
    expected = (x.sin(), (x.cos(),))

    torch.testing.assert_close(legacy(x), expected)
    with outer_mode():
        torch.testing.assert_close(legacy(x), expected)
    with torch.no_grad():
        torch.testing.assert_close(legacy(x), expected)
    with torch.inference_mode():
        torch.testing.assert_close(legacy(x), expected)


def test_the_warning_names_the_users_line_once_while_tracing(x):
    def legacy(x):
        y = x + 1
        return functorch.vjp(torch.sin, y)[1](y)

    compiled_legacy = compiled(legacy, [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", FunctorchDeprecationWarning)
        compiled_legacy(x)
        compiled_legacy(x)

    (warning,) = [w for w in caught if w.category is FunctorchDeprecationWarning]
    assert str(warning.message).startswith("functorch.vjp is deprecated")
    assert warning.filename == __file__
    assert warning.lineno == legacy.__code__.co_firstlineno + 2


def test_a_library_whose_name_begins_like_torchs_is_not_taken_for_torch(x):
    file = f"{Path(torch.__file__).parent}opt/client.py"
    client = {"functorch": functorch, "torch": torch}
    exec(compile("def legacy(x):\n return functorch.vjp(torch.sin, x)[1](x)", file, "exec"), client)
    legacy = compiled(client["legacy"], [])

    with pytest.warns(FunctorchDeprecationWarning) as caught:
        legacy(x)

    (warning,) = [w for w in caught if w.category is FunctorchDeprecationWarning]
    assert (warning.filename, warning.lineno) == (file, 2)


def test_a_filter_on_the_users_module_matches_the_warning_from_compiled_code(x):
    legacy = compiled(lambda x: plain(functorch.vjp, x), [])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", "functorch", module=f"{__name__}$")
        legacy(x)

    assert not [w for w in caught if w.category is FunctorchDeprecationWarning]


def test_the_warning_made_an_error_stops_the_tracing(x):
    legacy = compiled(lambda x: plain(functorch.vjp, x), [])
    with warnings.catch_warnings():
        warnings.simplefilter("error", FunctorchDeprecationWarning)
        with pytest.raises(Exception, match=r"functorch\.vjp is deprecated"):
            legacy(x)


def warn(x):
    return functorch.vjp(torch.sin, x)[1](x)


def test_the_users_globals_keep_their_values(x):
    before = dict(globals())
    compiled(lambda x: warn(x), [])(x)

    assert {name: globals()[name] for name in before} == before
    # Dynamo adds globals of its own. Their names must not look like a user's `warn` or `warn_0`.
    added = set(globals()) - set(before)
    assert all(name.startswith(("functorch_compat_", "_")) for name in added)


def test_after_a_graph_break_the_warning_still_names_the_users_file(x):
    def legacy(x):
        def func(x):
            torch._dynamo.graph_break()
            return x.sin()

        return functorch.vjp(func, x)[1](torch.ones_like(x))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            torch.testing.assert_close(torch.compile(legacy, backend="eager")(x), (x.cos(),))

    files = [w.filename for w in caught if w.category is FunctorchDeprecationWarning]
    assert set(files) == {__file__}
