"""Lists the reasons why a use is left for a person, each with advice."""

from __future__ import annotations

from enum import Enum


class Reason(Enum):
    """A reason and its advice. The table in docs/migrating.md has the same rows."""

    ANOTHER_CALL = (
        "another call",
        "follow the recipe that the command prints",
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
        "look for it in `torch._functorch`, but expect changes in any release",
    )
    CALL = (
        "a call names it",
        "import the name in the usual way, and use it without `getattr` and similar functions",
    )
    STAR = (
        "imported with a star",
        "import each name: the command does so only if the origin of all names is certain",
    )
    STRING = (
        "a string names it",
        "write the new name into the string, if the string means this function",
    )
    INDIRECT = (
        "no import gives it this name",
        "import the new name in the usual way",
    )
    MODULE = (
        "its function is used as a module",
        "the function of the recipe has no `parameters()`, `to()` or `eval()`: call them on the "
        "copy of the model",
    )
    FALLBACK = (
        "a fallback between releases",
        "leave out `--keep-fallbacks` when you no longer need torch 1",
    )
    ELSEWHERE = (
        "something else binds its name too",
        "give one of the two another name",
    )
    SHADOWED = (
        "torch means something else there",
        "give that other object another name",
    )
    ASSIGNED = (
        "the code assigns to it or deletes it",
        "patch the new name, if that is what you want",
    )
    NEEDED = (
        "something still needs it",
        "look at the line that the command names",
    )
    SILENCED = (
        "silenced",
        "nothing: a line that ends with `# noqa: TID251` stays as it is",
    )
    EXPORTED = (
        "others may import it from there",
        "look for the code that imports it from this file",
    )
    DECLARED = (
        "remove it",
        "the PyPI project `functorch` is empty today, and its old releases force torch 1.13",
    )

    def __init__(self, text: str, advice: str):
        self.text, self.advice = text, advice
