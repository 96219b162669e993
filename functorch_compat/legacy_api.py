"""The table of legacy names: the one source for whatever lists them. Data only."""

from __future__ import annotations

from typing import NamedTuple

MIGRATION_GUIDE = "https://pytorch.org/docs/main/func.migrating.html"


class LegacyName(NamedTuple):
    """How one legacy name is served, and what its users should write instead."""

    replacement: str
    """The dotted name of what to use instead."""

    silent_source: str | None = None
    """For a name that torch hands out without a warning: the module that has it."""


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
    "functorch.make_functional": LegacyName("torch.func.functional_call"),
    "functorch.make_functional_with_buffers": LegacyName("torch.func.functional_call"),
    "functorch.combine_state_for_ensemble": LegacyName("torch.func.stack_module_state"),
    "functorch.FunctionalModule": LegacyName(
        "torch.func.functional_call", silent_source="torch._functorch.make_functional"
    ),
    "functorch.FunctionalModuleWithBuffers": LegacyName(
        "torch.func.functional_call", silent_source="torch._functorch.make_functional"
    ),
    "functorch.make_fx": LegacyName(
        "torch.fx.experimental.proxy_tensor.make_fx",
        silent_source="torch.fx.experimental.proxy_tensor",
    ),
}
