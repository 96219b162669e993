"""Checks what ``torch.func.vjp`` and the shim do on this torch, against the documentation.

https://pytorch.org/docs/stable/generated/torch.func.vjp.html makes the promises.
"""

from __future__ import annotations

import platform
import textwrap
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.utils._pytree import tree_map

import functorch_compat
from functorch_compat import activation, deprecation
from functorch_compat.doctor.who_answers import who_answers
from functorch_compat.torch_support import HAS_ACCELERATOR_API
from functorch_compat.transforms import module_utilities


class Check(NamedTuple):
    """The result of checking one promise on one device."""

    name: str
    device: str
    torch: bool
    """Whether ``torch.func.vjp`` keeps the promise."""
    shim: bool
    """Whether ``functorch.vjp`` keeps the promise."""
    detail: str
    """What happened instead, if one of them does not keep it."""


class Report(NamedTuple):
    """The findings of the doctor."""

    functorch_compat: str
    python: str
    torch: str
    functorch: str | None
    """The file that ``import functorch`` loads."""
    active: bool
    """Whether this file is the shim's."""
    reason: str
    """Why the shim is active, or why it is not."""
    devices: list[str]
    recorded_into: str | None
    """The folder that the recorder writes into, if it is on."""
    module_utilities: str
    """Who provides ``make_functional`` and its relatives: ``torch`` or ``functorch-compat``."""
    checks: list[Check]

    @property
    def healthy(self) -> bool:
        """Whether the shim keeps every promise."""
        return all(check.shim for check in self.checks)


# A promise is a function of a `vjp` and a Tensor. It returns the actual and the promised result.
_Promise = Callable[[Callable[..., Any], torch.Tensor], "tuple[Any, Any]"]
_PROMISES: dict[str, _Promise] = {}


def _promise(name: str) -> Callable[[_Promise], _Promise]:
    return lambda promise: _PROMISES.setdefault(name, promise)


@_promise("simple")
def _simple(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    output, vjp_fn = vjp(lambda x: x.sin().sum(), x)
    return (output, vjp_fn(torch.ones_like(output))), (x.sin().sum(), (x.cos(),))


@_promise("several outputs")
def _several_outputs(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    output, vjp_fn = vjp(lambda x: (x.sin(), x.cos()), x)
    return (output, vjp_fn((x, 2 * x))), ((x.sin(), x.cos()), (x * x.cos() - 2 * x * x.sin(),))


@_promise("structs")
def _structs(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    output, vjp_fn = vjp(lambda x: {"first": x.sin(), "second": [x.cos()]}, x)
    products = vjp_fn({"first": x, "second": [2 * x]})
    expected = {"first": x.sin(), "second": [x.cos()]}
    return (output, products), (expected, (x * x.cos() - 2 * x * x.sin(),))


@_promise("several primals")
def _several_primals(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    _, vjp_fn = vjp(lambda x, others: x * others["y"], x, {"y": x + 1})
    return vjp_fn(2 * x), (2 * x * (x + 1), {"y": 2 * x * x})


@_promise("kwargs defaults")
def _kwargs_defaults(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    _, vjp_fn = vjp(lambda x, scale=4.0: x * scale, x)
    return vjp_fn(x), (4 * x,)


@_promise("aux tensors")
def _aux_tensors(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    _, vjp_fn, aux = vjp(lambda x: (x.sin(), {"cos": x.cos()}), x, has_aux=True)
    return (vjp_fn(x), aux), ((x * x.cos(),), {"cos": x.cos()})


@_promise("aux objects")
def _aux_objects(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    aux = {"step": 3, "note": None, "name": "sin"}
    _, vjp_fn, returned = vjp(lambda x: (x.sin(), {**aux, "cos": x.cos()}), x, has_aux=True)
    return (vjp_fn(x), returned.pop("cos"), returned == aux), ((x * x.cos(),), x.cos(), True)


def _minus_constant_square(x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        constant = x**2
    return x - constant


@_promise("no_grad inside")
def _no_grad_inside(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    output, vjp_fn = vjp(_minus_constant_square, x)
    return (output, vjp_fn(x)), (x - x**2, (x,))


@_promise("no_grad outside")
def _no_grad_outside(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    with torch.no_grad():
        output, vjp_fn = vjp(lambda x: _minus_constant_square(x.sin()), x)
        products = vjp_fn(x)
    return (output, products), (x.sin() - x.sin() ** 2, (x * x.cos(),))


@_promise("inference_mode outside")
def _inference_mode_outside(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    with torch.inference_mode():
        output, vjp_fn = vjp(torch.sin, x)
        products = vjp_fn(x)
    return (output, products), (x.sin(), (x * x.cos(),))


@_promise("vjp_fn inside inference_mode")
def _vjp_fn_inside_inference_mode(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    output, vjp_fn = vjp(lambda x: x.softmax(0), x)
    with torch.inference_mode():
        products = vjp_fn(x)
    return products, (output * (x - (x * output).sum()),)


@_promise("nesting")
def _nesting(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    def derivative(x: torch.Tensor) -> Any:
        return vjp(torch.sin, x)[1](torch.ones_like(x))[0]

    output, vjp_fn = vjp(derivative, x)
    return (output, vjp_fn(x)), (x.cos(), (-x * x.sin(),))


@_promise("vmap of vjp_fn")
def _vmap_of_vjp_fn(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    _, vjp_fn = vjp(torch.sin, x)
    return torch.func.vmap(vjp_fn)(torch.eye(len(x), device=x.device)), (x.cos().diag(),)


@_promise("module utilities")
def _module_utilities_work(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    models = [torch.nn.Linear(len(x), 1, device=x.device) for _ in range(2)]
    if vjp is torch.func.vjp:
        outputs = [torch.func.functional_call(m, dict(m.named_parameters()), x) for m in models]
        return outputs, [model(x) for model in models]
    func, params = functorch_compat.make_functional(models[0])
    ensemble, *state = functorch_compat.combine_state_for_ensemble(models)
    first, *_ = vjp(lambda params: func(params, x), params)
    both = functorch_compat.vmap(ensemble, (0, 0, None))(*state, x)
    return [first, both[1]], [model(x) for model in models]


@_promise("compile")
def _compile(vjp: Callable[..., Any], x: torch.Tensor) -> tuple[Any, Any]:
    import torch._dynamo

    torch._dynamo.reset()
    compiled = torch.compile(lambda x: vjp(torch.sin, x)[1](x), fullgraph=True, backend="eager")
    return compiled(x), (x * x.cos(),)


def examine() -> Report:
    """Check each promise on each device of this torch, and return the report."""
    file, active, reason = who_answers()
    devices = _devices()
    recorder, deprecation.recorder = deprecation.recorder, None  # Our calls are not the user's.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        checks = [_check(name, device) for device in devices for name in _PROMISES]
    deprecation.recorder = recorder
    return Report(
        functorch_compat=functorch_compat.__version__,
        python=platform.python_version(),
        torch=torch.__version__,
        functorch=file,
        active=active,
        reason=reason,
        devices=devices,
        recorded_into=recorder.folder if recorder else None,
        module_utilities=_source_of_module_utilities(),
        checks=checks,
    )


def as_text(report: Report) -> str:
    """Return the report as text for people."""
    lines = [
        f"Python {report.python}, torch {report.torch}, functorch-compat {report.functorch_compat}",
        f"import functorch: {report.functorch or 'not found'}",
        f"the shim is {'active' if report.active else 'not active'}: {report.reason}",
        f"the recorder is {_recorder(report.recorded_into)}",
        f"make_functional and its relatives come from {report.module_utilities}",
        "",
    ]
    rows: list[tuple[str, ...]] = [("promise", "device", "torch.func", "shim", "")]
    for name, device, *kept, detail in report.checks:
        rows.append((name, device, *("holds" if it else "FAILS" for it in kept), detail))
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    for row in rows:
        lines.append("  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip())
    failures = sum(not check.shim for check in report.checks)
    broken = sum(not check.torch for check in report.checks)
    says = f"breaks {failures} of" if failures else "keeps all"
    lines += ["", f"The shim {says} {len(report.checks)} promises; torch.func breaks {broken}."]
    return "\n".join(lines)


def _recorder(folder: str | None) -> str:
    off = "off: FUNCTORCH_COMPAT_RECORD=DIR turns it on, and writes the calls of a run into DIR"
    return f"on: each process writes its calls into {folder}" if folder else off


def _check(name: str, device: str) -> Check:
    with_torch = _what_goes_wrong(name, torch.func.vjp, device)
    with_shim = _what_goes_wrong(name, functorch_compat.vjp, device)
    details = [f"torch.func: {with_torch}"] if with_torch else []
    details += [f"shim: {with_shim}"] if with_shim else []
    if name == "compile" and with_torch:
        details = [f"promised only if torch.func.vjp compiles, which it does not: {with_torch}"]
        with_shim = None
    return Check(name, device, torch=not with_torch, shim=not with_shim, detail="; ".join(details))


def _what_goes_wrong(name: str, vjp: Callable[..., Any], device: str) -> str | None:
    x = torch.tensor([0.5, -1.0, 2.0], device=device)
    modes = _modes()
    try:
        actual, expected = _PROMISES[name](vjp, x)
        try:
            torch.testing.assert_close(actual, expected)
        except AssertionError:
            text = f"returns {_rounded(actual)} instead of {_rounded(expected)}"
            return textwrap.shorten(text, 200)
    except Exception as error:
        return textwrap.shorten(f"{type(error).__name__}: {error}", 200)
    if _modes() != modes:
        return f"changes (grad mode, inference mode) from {modes} to {_modes()}"
    return None


def _modes() -> tuple[bool, bool]:
    return torch.is_grad_enabled(), torch.is_inference_mode_enabled()


def _rounded(result: Any) -> Any:
    """Return a pytree with its Tensors as rounded lists, so that people can read it."""

    def rounded(leaf: Any) -> Any:
        is_tensor = isinstance(leaf, torch.Tensor)
        return tree_map(lambda number: round(number, 4), leaf.tolist()) if is_tensor else leaf

    return tree_map(rounded, result)


def _devices() -> list[str]:
    if torch.cuda.is_available():
        return ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    if HAS_ACCELERATOR_API and torch.accelerator.is_available():
        return ["cpu", torch.accelerator.current_accelerator().type]  # type: ignore[union-attr]
    return ["cpu"]


def _source_of_module_utilities() -> str:
    is_ours = str(module_utilities().__file__).startswith(activation.PACKAGE)
    return "functorch-compat" if is_ours else "torch"
