"""Random modules with ``make_functional`` and similar calls give the same results after migrate."""

import textwrap

import pytest
import torch
from conftest import AllOffsets, assert_same
from hypothesis import given, settings
from hypothesis import strategies as st

from functorch_compat.edits import apply
from functorch_compat.migrate.rewrite import rewrite

pytestmark = pytest.mark.slow

MODELS = [
    "nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3).eval())",  # This one has buffers.
    "nn.Linear(3, 2)",
    "nn.Tanh()",
    "tied()",
]
HEAD = """\
import torch
from torch import nn
{imports}

def tied():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    return model


torch.manual_seed(0)
x = torch.randn(4, 3)
result = []
"""
ONE = """\
{targets} = {call}({model}{disabled})
copied, names = 1, 2
result.extend([{params}, [p.requires_grad for p in {params}], {func}({state}, x)])
if {params}:
    loss = lambda p: {func}({grad_state}, x).square().sum()
    result.append(grad(loss)(tuple({params})))
"""
ENSEMBLE = """\
models = [{model}.eval() for _ in range(3)]
{func}, {params}, {buffers} = {call}(models)
result.extend([{params}, {buffers}, [p.requires_grad for p in {params}]])
if {params}:
    result.append(vmap({func}, (0, 0, None))({params}, {buffers}, x))
"""


@st.composite
def a_module(draw):
    """Draw a module with one to three calls: at its top level, in a function or in a loop."""
    by_attribute = draw(st.booleans())
    parts, used = [], {"grad", "vmap"}
    for n in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["", "_with_buffers", "ensemble"]))
        name = "combine_state_for_ensemble" if kind == "ensemble" else f"make_functional{kind}"
        used.add(name)
        func, params, buffers = (f"{name}{n}" for name in ("func", "params", "buffers"))
        state = f"{params}, {buffers}" if kind else params
        part = (ENSEMBLE if kind == "ensemble" else ONE).format(
            targets=f"{func}, {state}",
            call=draw(st.sampled_from(["functorch.{}", "(functorch).{}", "functorch . {}"])).format(
                name
            )
            if by_attribute
            else name,
            model=draw(st.sampled_from(MODELS if kind else MODELS[1:])),
            disabled=draw(st.sampled_from(["", ", True", ", disable_autograd_tracking=True"])),
            func=func,
            params=params,
            buffers=buffers,
            state=state,
            grad_state=f"p, [b.clone() for b in {buffers}]" if kind else "p",
        )
        around = draw(st.sampled_from(["{}", "def f{n}():\n{}\n\nf{n}()", "for _ in '12':\n{}"]))
        body = textwrap.indent(part, "    ") if "\n" in around else part
        parts.append(around.replace("{n}", str(n)).replace("{}", body.rstrip("\n")) + "\n")
    imports = f"from functorch import {', '.join(sorted(used))}"
    if by_attribute:
        imports = "import functorch\nfrom functorch import grad, vmap"
    return HEAD.format(imports=imports) + "".join(parts)


@pytest.mark.filterwarnings("ignore")
@settings(deadline=None)
@given(a_module())
def test_the_results_stay_the_same(code):
    after = apply(code, rewrite(code, AllOffsets()).edits).text

    assert "functorch" not in after
    assert rewrite(after, AllOffsets()).edits == []
    results = []
    for text in (code, after):
        namespace = {}
        exec(text, namespace)
        results.append(
            torch.utils._pytree.tree_map(lambda x: torch.as_tensor(x).detach(), namespace["result"])
        )
    assert_same(*results)
