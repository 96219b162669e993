"""Tests for CUDA devices only. The other tests run there too: see ``DEVICES``."""

import functorch
import pytest
import torch
from conftest import assert_same


@pytest.fixture
def x():
    return torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, device="cuda")


@pytest.mark.parametrize("outer_mode", [torch.enable_grad, torch.no_grad, torch.inference_mode])
def test_primals_and_outputs_on_several_devices(outer_mode, x):
    primals = {"cpu": x.cpu() + 1, "cuda": x}

    def func(primals):
        product = primals["cpu"].to("cuda") * primals["cuda"]
        return {"cuda": product, "cpu": product.cpu() * 2}

    with outer_mode():
        output, vjp_fn, aux = functorch.vjp(
            lambda p: (func(p), {"device": "cuda", "sines": [p["cpu"].sin(), p["cuda"].sin()]}),
            primals,
            has_aux=True,
        )
        (products,) = vjp_fn({"cuda": x, "cpu": x.cpu()})

    assert_same(output, func(primals))
    assert_same(products, {"cpu": (3 * x * x).cpu(), "cuda": 3 * x * (x + 1)})
    assert aux["device"] == "cuda"
    assert_same(aux["sines"], [primals["cpu"].sin(), x.sin()])


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_autocast(dtype, x):
    weight = torch.outer(x, x).float()

    def func(x):
        with torch.autocast("cuda", dtype=dtype):
            return weight @ x

    (output, vjp_fn), (expected, torch_vjp_fn) = (
        vjp(func, x.float()) for vjp in (functorch.vjp, torch.func.vjp)
    )

    assert output.dtype == dtype
    assert_same(output, expected)
    assert_same(vjp_fn(output), torch_vjp_fn(output))


def test_vjp_fn_on_another_stream(x):
    _, vjp_fn = functorch.vjp(torch.sin, x)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        (product,) = vjp_fn(x)
    torch.cuda.current_stream().wait_stream(stream)

    assert_same(product, x * x.cos())


def test_vjp_and_vjp_fn_in_a_cuda_graph(x):
    cotangents = torch.ones_like(x)

    def step():
        output, vjp_fn = functorch.vjp(torch.sin, x)
        return output, vjp_fn(cotangents)[0]

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        step()  # Objects that the first call creates must not be created during the capture.
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        output, product = step()

    x.copy_(x + 1)
    cotangents.copy_(2 * x)
    graph.replay()

    assert_same(output, x.sin())
    assert_same(product, 2 * x * x.cos())


def test_compiled_on_the_device(x):
    def legacy(x):
        output, vjp_fn = functorch.vjp(torch.sin, x)
        return output, vjp_fn(x)[0]

    actual = torch.compile(legacy, fullgraph=True, backend="aot_eager")(x)

    torch.testing.assert_close(actual, (x.sin(), x * x.cos()))
