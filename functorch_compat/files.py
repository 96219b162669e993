"""Replaces files."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def replace(file: str, data: bytes) -> None:
    """Replace what is in a file, or what a link to a file leads to. Its mode stays.

    Raises:
        OSError: Where that fails. The file is then as it was.
    """
    target = Path(os.path.realpath(file))
    mode = target.stat().st_mode if target.exists() else 0o644
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    with tempfile.TemporaryDirectory(prefix=".functorch-compat-", dir=target.parent) as folder:
        new = Path(folder, "new")
        new.write_bytes(data)
        new.chmod(mode)
        new.replace(target)
