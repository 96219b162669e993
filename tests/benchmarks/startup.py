"""Makes bare environments with or without functorch-compat, and starts their Python."""

import compileall
import shutil
import subprocess
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def environment_with(installed, folder):
    """Make an environment with functorch-compat or with nothing, and return its Python."""
    venv.create(folder)
    if installed:
        (site_packages,) = folder.glob("lib/python*/site-packages")
        shutil.copytree(ROOT / "functorch_compat", site_packages / "functorch_compat")
        for file in ROOT.glob("functorch_compat.*"):
            shutil.copy(file, site_packages)
        compileall.compile_dir(site_packages, quiet=1)
    return folder / "bin" / "python"


def start(python):
    subprocess.run([str(python), "-c", "pass"], check=True)
