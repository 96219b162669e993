"""The table of legacy names. Everything that lists names reads it. It contains only data."""

from __future__ import annotations

from typing import NamedTuple

MIGRATION_GUIDE = "https://pytorch.org/docs/main/func.migrating.html"


class LegacyName(NamedTuple):
    """Says how one legacy name is served, and what its users should write instead."""

    replacement: str
    """The dotted name to use instead."""

    kind: str = "rename"
    """``rename`` is the same call under a new name, ``rewrite`` is another call, and ``none`` means
    that nothing replaces the name."""

    recipe: str = ""
    """Two lines that say what to write, unless ``kind`` is ``rename``."""

    sources: tuple[str, ...] = ()
    """Dotted names of the places where torch may keep the object. The first that exists is served,
    without a warning."""

    since: str = "2.0"
    """The first torch release that had both the legacy name and the replacement."""

    gone: str | None = None
    """The first torch release that had dropped the name from its own functorch."""

    is_module: bool = False
    """Whether the name is a module. Its row then also stands for the names in the module."""

    @property
    def module(self) -> str:
        """The module that has to be imported for the replacement."""
        return self.replacement if self.is_module else self.replacement.rpartition(".")[0]

    @property
    def attribute(self) -> str:
        """The last part of the replacement."""
        return self.replacement.rpartition(".")[2]

    @property
    def warns(self) -> bool:
        """Whether the name is a function in ``functorch_compat.transforms``, and so warns."""
        return not self.sources and not self.is_module and self.kind != "none"


_Rows = dict[str, "LegacyName"]


def _moved(namespace: str, places: dict[str, str], gone: str | None = None) -> _Rows:
    """Return rows for names of ``namespace`` that are in other modules: ``{module: names}``."""
    return {
        f"{namespace}.{name}": LegacyName(
            f"{module}.{name}", sources=(f"{module}.{name}",), gone=gone
        )
        for module, names in places.items()
        for name in names.split()
    }


def _modules(
    namespace: str, places: dict[str, str], since: str = "2.0", gone: str | None = None
) -> _Rows:
    """Return rows for modules of ``namespace`` that have other names today: ``{name: module}``."""
    return {
        f"{namespace}.{name}": LegacyName(module, since=since, gone=gone, is_module=True)
        for name, module in places.items()
    }


def _gone(namespace: str, release: str, replacement: str, recipe: str, names: str) -> _Rows:
    """Return rows for names that torch dropped in ``release``, and that nothing replaces."""
    row = LegacyName(replacement, "none", recipe, gone=release)
    return {f"{namespace}.{name}": row for name in names.split()}


_FUNCTIONAL_CALL = (
    "params = dict(model.named_parameters())\noutput = torch.func.functional_call(model, params, x)"
)
_FUNCTIONAL_CALL_WITH_BUFFERS = (
    "state = dict(model.named_parameters()), dict(model.named_buffers())\n"
    "output = torch.func.functional_call(model, state, x)"
)


def _module_utility(name: str) -> tuple[str, str]:
    return (
        f"torch._functorch.make_functional.{name}",
        f"functorch_compat.fallbacks.make_functional.{name}",
    )


_CHUNK_VMAP = LegacyName(
    "torch.func.vmap",
    "rewrite",
    "chunk_size = math.ceil(batch_size / chunks)\n"
    "vmapped = torch.func.vmap(func, in_dims, out_dims, randomness, chunk_size=chunk_size)",
    sources=("torch._functorch.apis.chunk_vmap", "torch._functorch.vmap.chunk_vmap"),
)
_COMPILE = (
    "compiled = torch.compile(func)  # traces, optimizes and runs func\n"
    "graph = torch.fx.symbolic_trace(func)  # shows what func computes"
)

LEGACY_API: _Rows = {
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
        "torch.func.functional_call",
        "rewrite",
        "copied = copy.deepcopy(model); names, params = zip(*copied.named_parameters())\n"
        "output = torch.func.functional_call(copied, dict(zip(names, params)), x)",
    ),
    "functorch.make_functional_with_buffers": LegacyName(
        "torch.func.functional_call",
        "rewrite",
        "copied = copy.deepcopy(model)  # names, params = zip(*copied.named_parameters()), "
        "buffers likewise\n"
        "output = torch.func.functional_call("
        "copied, (dict(zip(names, params)), dict(zip(buffer_names, buffers))), x)",
    ),
    "functorch.combine_state_for_ensemble": LegacyName(
        "torch.func.stack_module_state",
        "rewrite",
        "copied, stacked = copy.deepcopy(models[0]), torch.func.stack_module_state(models)\n"
        "outputs = torch.func.vmap("
        "lambda *state: torch.func.functional_call(copied, state, x))(*stacked)",
    ),
    "functorch.FunctionalModule": LegacyName(
        "torch.func.functional_call",
        "rewrite",
        _FUNCTIONAL_CALL,
        sources=_module_utility("FunctionalModule"),
    ),
    "functorch.FunctionalModuleWithBuffers": LegacyName(
        "torch.func.functional_call",
        "rewrite",
        _FUNCTIONAL_CALL_WITH_BUFFERS,
        sources=_module_utility("FunctionalModuleWithBuffers"),
    ),
    **_moved(
        "functorch", {"torch.fx.experimental.proxy_tensor": "make_fx", "torch": "__version__"}
    ),
    "functorch._C": LegacyName(
        "torch._C._functorch", sources=("torch._C._functorch",), gone="2.10", is_module=True
    ),
    **_gone(
        "functorch",
        "1.13",
        "torch.version.cuda",
        "torch.version.cuda is the CUDA release that torch was built for;\n"
        "functorch has not been built apart from torch since PyTorch 1.13",
        "pytorch_cuda_restrictions torch_cuda_version verbose_torch_cuda_version",
    ),
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
    **_moved(
        "functorch.compile",
        {"torch._decomp": "decomposition_table get_decompositions register_decomposition"},
        gone="2.0",
    ),
    "functorch.compile.config": LegacyName(
        "torch._functorch.config", sources=("torch._functorch.config",), is_module=True
    ),
    "functorch.compile.draw_joint_graph": LegacyName(
        "torch._functorch.partitioners.draw_graph",
        "rewrite",
        "torch._functorch.partitioners.draw_graph(graph, file_name)\n"
        "parts = torch._functorch.partitioners.default_partition(graph, joint_inputs)",
        sources=("torch._functorch.partitioners.draw_joint_graph",),
        gone="2.6",
    ),
    **_gone(
        "functorch.compile",
        "1.13",
        "torch.compile",
        _COMPILE,
        "clear_compile_cache num_of_recompilations pointwise_operator pythonkey_meta tvm_compile",
    ),
    **_gone(
        "functorch.compile",
        "2.0",
        "torch.compile",
        _COMPILE,
        "check_nvfuser_correctness_subprocess check_nvfuser_subprocess",
    ),
    **_moved(
        "functorch.experimental",
        {"torch.func": "functionalize hessian jacfwd jvp replace_all_batch_norm_modules_"},
    ),
    "functorch.experimental.chunk_vmap": _CHUNK_VMAP,
    "functorch.experimental.control_flow.cond": LegacyName(
        "torch.cond", sources=("torch.cond", "torch._higher_order_ops.cond.cond"), since="2.2"
    ),
    **{
        f"functorch.experimental.control_flow.{name}": LegacyName(
            f"torch._higher_order_ops.map.{name}",
            "rewrite",  # In some releases an attribute of torch._higher_order_ops hides the module.
            f"from torch._higher_order_ops.map import {name}\nresult = {name}({arguments})",
            sources=(f"torch._higher_order_ops.map.{name}",),
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
        sources=(
            "torch._higher_order_ops.utils.UnsupportedAliasMutationException",
            "torch._higher_order_ops.cond.UnsupportedAliasMutationException",
        ),
        since="2.3",
        gone="2.7",
    ),
    "functorch.experimental.ops.HigherOrderOperator": LegacyName(
        "torch._ops.HigherOrderOperator", sources=("torch._ops.HigherOrderOperator",), since="2.1"
    ),
    "functorch.experimental.ops.PyOperator": LegacyName(
        "torch._ops.HigherOrderOperator",
        "rewrite",
        "from torch._ops import HigherOrderOperator  # its name from torch 2.1 on\n"
        "operator = HigherOrderOperator(name)",
        sources=("torch._ops.HigherOrderOperator", "torch._ops.PyOperator"),
        gone="2.1",
    ),
    **_modules(
        "functorch.experimental",
        {"_cond": "torch._higher_order_ops.cond"},
        since="2.1",
        gone="2.1",
    ),
    **_modules(
        "functorch.experimental",
        {"_map": "torch._higher_order_ops.map"},
        since="2.2",
        gone="2.2",
    ),
    **_modules(
        "functorch.experimental",
        {
            "batch_norm_replacement": "torch._functorch.batch_norm_replacement",
            "cond": "torch._higher_order_ops.cond",
        },
        since="2.1",
        gone="2.0",
    ),
    **_modules(
        "functorch._src",
        {
            name: f"torch._functorch.{name}"
            for name in ("aot_autograd", "eager_transforms", "make_functional", "vmap")
        },
    ),
    **_modules(
        "functorch._src",
        {
            name: f"torch._functorch.{name}"
            for name in (
                *("benchmark_utils", "compile_utils", "compilers", "config", "fx_minifier"),
                *("partitioners", "python_key", "pytree_hacks", "top_operators_github_usage"),
            )
        },
        gone="2.0",
    ),
    **_modules("functorch._src", {"decompositions": "torch._decomp.decompositions"}, gone="1.13"),
    **_moved(
        "functorch._src.decompositions",
        {
            "torch._decomp": "decomposition_table get_decompositions register_decomposition",
            "torch._decomp.decompositions_for_jvp": "decomposition_table_for_jvp "
            "register_decomposition_for_jvp",
        },
        gone="1.13",
    ),
    **_moved("functorch._src.eager_transforms", {"torch.func": "grad grad_and_value"}, gone="2.0"),
    "functorch._src.vmap.chunk_vmap": _CHUNK_VMAP._replace(gone="2.0"),
    **_moved("functorch._src.vmap", {"torch.func": "vmap"}, gone="2.0"),
    **{
        f"functorch._src.{name}": LegacyName(
            "torch.func", "none", recipe, gone=release, is_module=True
        )
        for name, (release, recipe) in {
            "custom_function": (
                "1.13",
                "torch.autograd.Function with a setup_context works under torch.func;\n"
                "torch.library.custom_op makes an operator of a function",
            ),
            "monkey_patching": (
                "1.13",
                "print(tensor) shows the levels of a Tensor without it;\n"
                "Tensor.backward works under torch.func without it",
            ),
            "named_members_polyfill": (
                "2.0",
                "module.named_parameters(remove_duplicate=False)\n"
                "module.named_buffers(remove_duplicate=False)",
            ),
            "operator_authoring": ("1.13", _COMPILE),
        }.items()
    },
    "functorch.einops": LegacyName(
        "einops",
        "rewrite",
        "import einops  # from PyPI: pip install einops\neinops.rearrange(tensor, pattern, **axes)",
        is_module=True,
        since="2.1",
    ),
    "functorch.einops.rearrange": LegacyName(
        "einops.rearrange",
        "rewrite",
        "import einops  # from PyPI: pip install einops\neinops.rearrange(tensor, pattern, **axes)",
        sources=("einops.rearrange", "functorch_compat.fallbacks.einops.rearrange"),
        since="2.1",
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
"""The legacy modules that contain these names, and the module that has most of them today."""


def lookup(name: str) -> tuple[str, LegacyName]:
    """Return the longest part of ``name`` that is in the table, and its row.

    The modules in ``MODULES`` count as part of the table.

    >>> lookup("functorch.vjp.__doc__")[0]
    'functorch.vjp'

    Raises:
        KeyError: If ``name`` is not in functorch.
    """
    legacy = name
    while legacy not in LEGACY_API and legacy not in MODULES:
        if "." not in legacy:
            raise KeyError(name)
        legacy = legacy.rpartition(".")[0]
    return legacy, LEGACY_API.get(legacy) or LegacyName(MODULES[legacy], is_module=True)
