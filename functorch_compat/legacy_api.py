"""The table of legacy names: the one source for whatever lists them. Data only."""

from __future__ import annotations

from typing import NamedTuple

MIGRATION_GUIDE = "https://pytorch.org/docs/main/func.migrating.html"


class LegacyName(NamedTuple):
    """How one legacy name is served, and what its users should write instead."""

    replacement: str
    """The dotted name of what to use instead."""

    kind: str = "rename"
    """How it migrates. ``rename`` is the same call under a new name, ``rewrite`` is another call,
    ``none`` has no counterpart."""

    recipe: str = ""
    """Two lines that say what to write, where it is not a ``rename``."""

    source: str | None = None
    """The module of an object that torch hands out as it is, and without a warning."""

    since: str = "2.0"
    """The first torch release with both the legacy name and what replaces it."""

    gone: str | None = None
    """The torch release whose own functorch no longer had the name."""

    is_module: bool = False
    """Whether it is a module, and stands for whatever is in it."""

    @property
    def module(self) -> str:
        """The module to import for the replacement."""
        return self.replacement if self.is_module else self.replacement.rpartition(".")[0]

    @property
    def attribute(self) -> str:
        """The last part of the replacement."""
        return self.replacement.rpartition(".")[2]

    @property
    def warns(self) -> bool:
        """Whether it is a function of ``functorch_compat.transforms``, which warns."""
        return self.source is None and not self.is_module


def _moved(namespace: str, places: dict[str, str]) -> dict[str, LegacyName]:
    """Rows for names that ``namespace`` re-exports, given as ``{source: names}``."""
    return {
        f"{namespace}.{name}": LegacyName(f"{source}.{name}", source=source)
        for source, names in places.items()
        for name in names.split()
    }


_FUNCTIONAL_CALL = (
    "params = dict(model.named_parameters())\noutput = torch.func.functional_call(model, params, x)"
)
_FUNCTIONAL_CALL_WITH_BUFFERS = (
    "state = dict(model.named_parameters()), dict(model.named_buffers())\n"
    "output = torch.func.functional_call(model, state, x)"
)

LEGACY_API = {
    "functorch.vmap": LegacyName("torch.func.vmap"),
    "functorch.grad": LegacyName("torch.func.grad"),
    "functorch.grad_and_value": LegacyName("torch.func.grad_and_value"),
    "functorch.vjp": LegacyName("torch.func.vjp"),
    "functorch.jvp": LegacyName("torch.func.jvp"),
    "functorch.jacrev": LegacyName("torch.func.jacrev"),
    "functorch.jacfwd": LegacyName("torch.func.jacfwd"),
    "functorch.hessian": LegacyName("torch.func.hessian"),
    "functorch.functionalize": LegacyName("torch.func.functionalize"),
    "functorch.make_functional": LegacyName(
        "torch.func.functional_call", "rewrite", _FUNCTIONAL_CALL
    ),
    "functorch.make_functional_with_buffers": LegacyName(
        "torch.func.functional_call", "rewrite", _FUNCTIONAL_CALL_WITH_BUFFERS
    ),
    "functorch.combine_state_for_ensemble": LegacyName(
        "torch.func.stack_module_state",
        "rewrite",
        "state = torch.func.stack_module_state(models)\n"
        "outputs = torch.func.vmap(lambda s: torch.func.functional_call(models[0], s, x))(state)",
    ),
    "functorch.FunctionalModule": LegacyName(
        "torch.func.functional_call",
        "rewrite",
        _FUNCTIONAL_CALL,
        source="torch._functorch.make_functional",
    ),
    "functorch.FunctionalModuleWithBuffers": LegacyName(
        "torch.func.functional_call",
        "rewrite",
        _FUNCTIONAL_CALL_WITH_BUFFERS,
        source="torch._functorch.make_functional",
    ),
    **_moved("functorch", {"torch.fx.experimental.proxy_tensor": "make_fx"}),
    **_moved(
        "functorch.compile",
        {
            "torch._functorch.aot_autograd": "aot_function aot_module aot_module_simplified "
            "compiled_function compiled_module get_aot_compilation_context get_aot_graph_name "
            "get_graph_being_compiled make_boxed_compiler make_boxed_func",
            "torch._functorch.compilers": "debug_compile default_decompositions draw_graph_compile "
            "memory_efficient_fusion nnc_jit nop print_compile ts_compile",
            "torch._functorch.fx_minifier": "minifier",
            "torch._functorch.partitioners": "default_partition draw_graph "
            "min_cut_rematerialization_partition",
            "torch._functorch.python_key": "pythonkey_decompose",
        },
    ),
    "functorch.compile.config": LegacyName(
        "torch._functorch.config", source="torch._functorch", is_module=True
    ),
    "functorch.compile.draw_joint_graph": LegacyName(
        "torch._functorch.partitioners.draw_graph",
        "rewrite",
        "torch._functorch.partitioners.draw_graph(graph, file_name)\n"
        "parts = torch._functorch.partitioners.default_partition(graph, joint_inputs)",
        source="torch._functorch.partitioners",
        gone="2.6",
    ),
    **_moved(
        "functorch.experimental",
        {"torch.func": "functionalize hessian jacfwd jvp replace_all_batch_norm_modules_"},
    ),
    "functorch.experimental.chunk_vmap": LegacyName(
        "torch.func.vmap",
        "rewrite",
        "chunk_size = math.ceil(batch_size / chunks)\n"
        "vmapped = torch.func.vmap(func, in_dims, out_dims, randomness, chunk_size=chunk_size)",
        source="torch._functorch.apis",
    ),
    "functorch.experimental.control_flow.cond": LegacyName(
        "torch.cond", source="torch", since="2.2"
    ),
    **{
        f"functorch.experimental.control_flow.{name}": LegacyName(
            f"torch._higher_order_ops.map.{name}",
            "rewrite",  # an attribute of torch._higher_order_ops hides that module, by the release
            f"from torch._higher_order_ops.map import {name}\nresult = {name}({arguments})",
            source="torch._higher_order_ops.map",
            since="2.2",
        )
        for name, arguments in {
            "map": "func, xs, *args",
            "_stack_pytree": "pytrees",
            "_unstack_pytree": "pytree",
        }.items()
    },
    "functorch.experimental.control_flow.UnsupportedAliasMutationException": LegacyName(
        "torch._higher_order_ops.utils.UnsupportedAliasMutationException",
        source="torch._higher_order_ops.utils",
        since="2.3",
        gone="2.7",
    ),
    "functorch.experimental.ops.HigherOrderOperator": LegacyName(
        "torch._ops.HigherOrderOperator", source="torch._ops", since="2.1"
    ),
    "functorch.experimental.ops.PyOperator": LegacyName(
        "torch._ops.HigherOrderOperator",
        "rewrite",
        "from torch._ops import HigherOrderOperator  # its name from torch 2.1 on\n"
        "operator = HigherOrderOperator(name)",
        source="torch._ops",
        gone="2.1",
    ),
    **{
        f"functorch._src.{name}": LegacyName(f"torch._functorch.{name}", is_module=True)
        for name in ("aot_autograd", "eager_transforms", "make_functional", "vmap")
    },
    "functorch.einops": LegacyName(
        "torch.func.rearrange",
        "rewrite",
        "torch.func.rearrange(tensor, pattern, **axes) where torch has it, or else\n"
        "einops.rearrange(tensor, pattern, **axes) from the PyPI project einops",
        since="2.1",
        is_module=True,
    ),
    "functorch.dim": LegacyName(
        "torch.func.vmap",
        "none",
        "torch.func.vmap(func, in_dims, out_dims) maps a function over dimensions;\n"
        "torch.einsum names the dimensions of a sum of products",
        is_module=True,
    ),
}

MODULES = {
    "functorch": "torch.func",
    "functorch._src": "torch._functorch",
    "functorch.compile": "torch._functorch",
    "functorch.experimental": "torch.func",
    "functorch.experimental.control_flow": "torch._higher_order_ops",
    "functorch.experimental.ops": "torch._ops",
}
"""The legacy modules that hold those names, and where most of what they held is today."""


def lookup(name: str) -> tuple[str, LegacyName]:
    """The longest name of the table that ``name`` is or is in, and its row.

    A module that holds names has a row here too.

    >>> lookup("functorch.vjp.__doc__")[0]
    'functorch.vjp'

    Raises:
        KeyError: Where ``name`` is not in functorch.
    """
    known = name
    while known not in LEGACY_API and known not in MODULES:
        if "." not in known:
            raise KeyError(name)
        known = known.rpartition(".")[0]
    return known, LEGACY_API.get(known) or LegacyName(MODULES[known], is_module=True)
