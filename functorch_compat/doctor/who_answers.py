"""Says which ``functorch`` an import loads, and why. It needs no torch."""

from __future__ import annotations

import os
import site
import sys
from importlib.util import find_spec

import functorch_compat
from functorch_compat import activation


def who_answers() -> tuple[str | None, bool, str]:
    """Return the file that ``import functorch`` loads, whether it is ours, and the reason."""
    spec = find_spec("functorch")
    file = spec.origin if spec else None
    return file, file == activation.OURS, _why(file)


def _why(file: str | None) -> str:
    value = os.environ.get("FUNCTORCH_COMPAT", "")
    if file == activation.OURS:
        unknown = value and value.strip().lower() not in ("on", "1", "true", "yes")
        hint = f", and the unknown value FUNCTORCH_COMPAT={value} is ignored" if unknown else ""
        who = (
            "activate() was called"
            if activation.last_switch == "activate"
            else "a start-up file turned it on when Python started"
        )
        return f"{who}{hint}"
    if activation.is_active():
        return f"{file} is another functorch, and Python finds it first"
    if activation.last_switch == "deactivate":
        return "functorch_compat.deactivate() switched it off in this process"
    if value.strip().lower() in functorch_compat.OFF:
        return f"FUNCTORCH_COMPAT={value} turns it off"
    call = "call functorch_compat.activate()"
    if not os.path.isdir(activation.PACKAGE):
        return f"the package is in a zip archive, where Python reads no start-up file: {call}"
    if sys.flags.no_site:
        return (
            "Python was started with -S, so it reads no start-up file: start it without -S, or "
            f"{call}"
        )
    pth = "functorch_compat.pth"
    folders = site.getsitepackages()
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    if any(os.path.exists(os.path.join(folder, pth)) for folder in folders):
        return f"Python was started before the package was installed: restart it, or {call}"
    return (
        f"{pth} is in none of the folders that Python reads at start ({', '.join(folders)}): "
        f"install the package into one of them, or {call}"
    )
