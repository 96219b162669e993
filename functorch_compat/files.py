"""Replaces a file as a whole, or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path


def replace(file: str, data: bytes) -> None:
    """Replace the content of a file and keep its mode. A link stays; its target is replaced.

    Raises:
        OSError: If the file cannot be replaced. Its old content then stays.
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
