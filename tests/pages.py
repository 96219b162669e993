"""Reads the code blocks of a page of docs/, and runs its commands."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest


def blocks(page, language):
    fences = re.findall(rf"^```{language}(.*)\n((?:.*\n)*?)```$", page.read_text(), re.M)
    assert fences
    return [pytest.param(info.strip(), code, id=f"{n}") for n, (info, code) in enumerate(fences, 1)]


def shell(warm_python, command, folder):
    """Run a command of a page in a folder."""
    if command.startswith(("pytest ", "python ", "functorch-compat doctor")):
        command = f"-m {command}".replace("functorch-compat", "functorch_compat")
        arguments = shlex.split(command.replace("-m python ", ""))
        return warm_python(*arguments, cwd=folder, check=False)
    scripts = [str(Path(sys.executable).parent)]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([*scripts, os.environ["PATH"]]),
        "MYPYPATH": str(folder / "typings"),
    }
    # This is our command in the environment of the tests, even if it is not on PATH.
    ours = rf"{sys.executable} -m functorch_compat \1"
    command = re.sub(r"functorch-compat (audit|migrate)", ours, command)
    command = re.sub(r"^(mypy|pyright) ", rf"{sys.executable} -m \1 ", command)
    return run(command, folder, environment)


def run(command, folder, environment):
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
