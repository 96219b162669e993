"""Checks that the tests notice a mistake: ``nox -s mutants``, or this file with words of a name.

Each mutant is one small change to the package. The program makes it in a copy of the checkout, and
runs the tests that should fail. A mutant that survives them shows that a test is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from torch.torch_version import __version__ as torch_version

ROOT = Path(__file__).parent.parent


class Mutant(NamedTuple):
    """A change of a file of the package, and the files of the tests that should notice it."""

    file: str
    old: str
    new: str
    tests: str
    """Names of test files without ``test_`` and ``.py``."""

    before: str = ""
    """The first torch release that never runs the code, so that no test can notice there."""


MUTANTS = [
    Mutant("transforms", '    warn(MESSAGES["functorch.vjp"])\n', "", "warning"),
    Mutant("transforms", '_with_any_aux("functorch.vjp", func)', "func", "aux"),
    Mutant("transforms", 'function.__module__ = "functorch"', "pass", "namespace"),
    Mutant("transforms", "tangents, strict=strict", "tangents, strict=False", "jvp"),
    Mutant("transforms", "grad_and_value(func, argnums,", "grad_and_value(func, 0,", "grad"),
    Mutant("transforms", "chunk_size=chunk_size,\n            _pre", "_pre", "jacobians"),
    Mutant(
        "transforms",
        "jacfwd(func, argnums, randomness=randomness)",
        "jacfwd(func, argnums)",
        "jacobians",
    ),
    Mutant(
        "transforms", "torch.func.hessian(func, argnums)", "torch.func.hessian(func)", "jacobians"
    ),
    Mutant("transforms", "randomness, chunk_size=chunk_size", "randomness", "vmap"),
    Mutant(
        "transforms", "functionalize(func, remove=remove)", "functionalize(func)", "functionalize"
    ),
    Mutant("transforms", ", carried=True)", ")", "aux"),
    Mutant(
        "transforms",
        "return _named_after(func, function) if named",
        "return function if named",
        "outer_modes",
    ),
    Mutant(
        "transforms",
        "partial(outside_inference_mode, result[1])",
        "result[1]",
        "outer_modes",
        "2.12",
    ),
    *(
        Mutant(
            "transforms",
            f"    if not INFERENCE_MODE_REACHES_INSIDE:\n        return {unguarded}",
            f"    if True:\n        return {unguarded}",
            "outer_modes",
            "2.12",
        )
        for unguarded in ("function", "torch.func.vjp")
    ),
    Mutant(
        "transforms",
        "    if INFERENCE_MODE_REACHES_INSIDE:",
        "    if False:",
        "outer_modes",
        "2.12",
    ),
    Mutant(
        "inference_mode",
        "        torch.set_grad_enabled(grad_mode),\n        torch",
        "        torch",
        "outer_modes",
        "2.12",
    ),
    Mutant(
        "inference_mode",
        "_set_fwd_grad_enabled(forward_ad_mode)",
        "_set_fwd_grad_enabled(True)",
        "outer_modes",
        "2.12",
    ),
    Mutant(
        "inference_mode",
        "        if torch.is_grad_enabled():\n",
        "        if True:\n",
        "compile",
        "2.12",
    ),
    Mutant("auxiliary", "        if not self.tensors:\n            return self.aux\n", "", "aux"),
    Mutant("auxiliary", "next(rest) if _torch_accepts(leaf) else leaf", "leaf", "aux"),
    Mutant("deprecation", "depth = 3", "depth = 2", "warning"),
    Mutant("deprecation", "(DeprecationWarning, FutureWarning)", "(DeprecationWarning)", "warning"),
    Mutant("deprecation", '("functorch_compat.", "torch.")', '("functorch_compat.",)', "warning"),
    Mutant("deprecation", "frame, depth = frame.f_back, depth + 1", "depth += 1; break", "warning"),
    Mutant("deprecation", '    __module__ = "functorch_compat"', "    pass", "legacy_scripts"),
    Mutant("recording", "self._counts[place] += 1", "self._counts[place] = 1", "recording"),
    Mutant("recording", "after_in_child=self.begin", "after_in_child=int", "recording"),
    Mutant("recording", "if is_new and parent_process() is not None:", "if False:", "recording"),
    Mutant("recording", "self._is_lost = True", "pass", "recording"),
    Mutant("recording", "os.path.abspath(folder)", "folder", "recording"),
    Mutant("__init__", '"off", "0", "false", "no"', '"off", "0", "false"', "activation"),
    Mutant("__init__", ".strip().lower()", ".strip()", "activation"),
    Mutant("__init__", "sys.meta_path.append(Mod", "sys.meta_path.insert(0, Mod", "activation"),
    Mutant(
        "__init__",
        'fullname.partition(".")[0] != "functorch"',
        'not fullname.startswith("functorch")',
        "activation",
    ),
    Mutant("activation", " and not _same(found.origin, file_of_torch)", "", "activation"),
    Mutant(
        "activation",
        "if found is not None and found.origin is not None and not",
        "if found is not None and not",
        "after_removal",
    ),
    Mutant("activation", "isinstance(loader, zipimporter)", "True", "activation"),
    Mutant(
        "activation",
        "            complete(module)\n\n\ndef de",
        "            pass\n\n\ndef de",
        "activation",
    ),
    Mutant(
        "activation", 'vars(import_module("functorch")).update(submodules)', "pass", "activation"
    ),
    Mutant(
        "activation",
        "        if finder in sys.meta_path:\n",
        "        if finder is None:\n",
        "activation",
    ),
    Mutant(
        "legacy_modules",
        " if home is None else setattr(home, attribute, value)",
        "",
        "namespace",
    ),
    Mutant("legacy_modules", 'vars(module).setdefault("__path__", [])', "pass", "namespace"),
    Mutant(
        "fallbacks/make_functional",
        "        stateless = copy.deepcopy(model)\n        params, names_map",
        "        stateless = model\n        params, names_map",
        "module_utilities",
    ),
    Mutant(
        "fallbacks/make_functional",
        "            members[attribute] = placeholder\n    return",
        "            pass\n    return",
        "module_utilities",
    ),
    Mutant(
        "fallbacks/make_functional",
        "copy.deepcopy(model).requires_grad_(False)",
        "model",
        "module_utilities",
    ),
    Mutant(
        "fallbacks/make_functional",
        "        for (members, attribute, _), placeholder in zip(slots, placeholders):",
        "        for (members, attribute, _), placeholder in ():",
        "module_utilities",
    ),
    Mutant("migrate/rules", "if not names.code.is_loaded(use.node):", "if False:", "migrate"),
    Mutant("migrate/rules", "if not use.is_certain:", "if False:", "migrate"),
    Mutant("migrate/rules", "if accesses and all(", "if accesses and any(", "migrate"),
    Mutant("migrate/rules", 'if "einops" in code.taken:', "if False:", "migrate"),
    Mutant(
        "migrate/rules",
        '"functorch.combine_state_for_ensemble": functional.functional,',
        "",
        "migrate",
    ),
]


def main(words: list[str]) -> int:
    """Print what becomes of each mutant, and return how many survive or cannot be made."""
    bad = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "checkout")
        shutil.copytree(
            ROOT, copy, ignore=shutil.ignore_patterns(".*_cache", ".git", "__pycache__")
        )
        for mutant in MUTANTS:
            title = f"{mutant.file}: {mutant.old.strip()!r} → {mutant.new.strip()!r}"
            if all(word in title for word in words):
                outcome = outcome_of(mutant, copy)
                bad += outcome.isupper()
                print(f"{outcome:9} {title}", flush=True)
    return bad


def outcome_of(mutant: Mutant, copy: Path) -> str:
    """Return whether the tests catch a mutant. What has to be mended is in upper case."""
    if mutant.before and torch_version >= mutant.before:
        return "no effect"
    file = copy / "functorch_compat" / f"{mutant.file}.py"
    text = file.read_text()
    if text.count(mutant.old) != 1:
        return "OUTDATED"
    file.write_text(text.replace(mutant.old, mutant.new))
    # Python reads the start-up file of an installed copy, but the package in this folder.
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    tests = [f"tests/test_{name}.py" for name in mutant.tests.split()]
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "no:cacheprovider", *tests]
    result = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False)
    file.write_text(text)
    return {0: "SURVIVES", 1: "caught"}.get(result.returncode, "UNCLEAR")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
