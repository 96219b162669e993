"""Why a use is left for a person, and what that person can do."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """A reason, and the advice that goes with it. docs/migrating.md lists them."""

    ANOTHER_CALL = (
        "another call",
        "follow the recipe that it prints",
    )
    NOTHING = (
        "nothing takes its place",
        "`functorch.dim`: use `torch.func.vmap`, or `torch.einsum`",
    )
    UNKNOWN = (
        "no documented name of functorch",
        "look for it in the release of functorch that the code was written for",
    )
    PRIVATE = (
        "a private name of functorch",
        "look for it in `torch._functorch`, where it can change in any release",
    )
    CALL = (
        "a call names it",
        "import what you need in the usual way, and use it without `getattr` and its kin",
    )
    STAR = (
        "imported with a star",
        "name what you use: the rewrite does so only where nothing else can give or take a name",
    )
    STRING = (
        "a string names it",
        "write the new name into the string, if the string is what you think",
    )
    INDIRECT = (
        "no import gives it this name",
        "import what you need in the usual way, under its new name",
    )
    MODULE = (
        "its function is used as a module",
        "the function of the recipe has no `parameters()`, `to()` or `eval()`: call them on the "
        "copy of the model",
    )
    FALLBACK = (
        "a fallback between releases",
        "leave out `--keep-fallbacks`, once you need torch 1 no more",
    )
    ELSEWHERE = (
        "its name is bound elsewhere too",
        "give one of them another name",
    )
    SHADOWED = (
        "torch is another name there",
        "give the other one another name",
    )
    ASSIGNED = (
        "it is assigned to, or deleted",
        "patch the new name, if that is what you want",
    )
    NEEDED = (
        "something still needs it",
        "look at the line that it names",
    )
    SILENCED = (
        "silenced",
        "nothing: a line that ends with `# noqa: TID251` stays as it is",
    )
    EXPORTED = (
        "others may import it from there",
        "look for who does",
    )
    DECLARED = (
        "remove it",
        "the PyPI project `functorch` is empty today, and its old releases force torch 1.13",
    )

    def __init__(self, text: str, advice: str):
        self.text, self.advice = text, advice
