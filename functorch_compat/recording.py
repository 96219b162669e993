"""The recorder: counts the calls of legacy names in a process, and writes the counts at its end.

The environment variable ``FUNCTORCH_COMPAT_RECORD`` turns it on, in every process that a program
starts. ``functorch-compat audit --recorded`` reads what these processes have written.
"""

from __future__ import annotations

import json
import linecache
import os
import secrets
import sys
import time
from collections import defaultdict
from contextlib import suppress
from multiprocessing import parent_process, util

from functorch_compat.files import replace

VARIABLE = "FUNCTORCH_COMPAT_RECORD"
VERSION = 1
"""The version of the format of a record."""


class Recorder:
    """Counts calls by name, file and line, and writes a file of this process into ``folder``."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)
        with suppress(OSError):  # Writing the file will fail too, and say so.
            os.makedirs(self.folder, exist_ok=True)
        self.begin()
        if hasattr(os, "register_at_fork"):  # A forked process has counts and a file of its own.
            os.register_at_fork(after_in_child=self.begin)
        # A worker of multiprocessing may forget at its start what was to be done at its end.
        util.register_after_fork(self, Recorder._write_at_exit)

    def begin(self) -> None:
        """Count from zero, for a new file."""
        name = f"{os.getpid()}-{time.time_ns()}-{secrets.token_hex(4)}.json"
        self._file = os.path.join(self.folder, name)
        self._counts: dict[tuple[str, str, int], int] = defaultdict(int)
        self._is_lost = False

    def _write_at_exit(self) -> None:
        # Unlike atexit, this also works in forked workers.
        util.Finalize(None, self.write, exitpriority=-100)

    def count(self, name: str, filename: str, lineno: int) -> None:
        """Count one call of a legacy name at a line."""
        place = (name, filename, lineno)
        is_new = place not in self._counts
        self._counts[place] += 1
        if is_new and len(self._counts) == 1:
            self._write_at_exit()
        if is_new and parent_process() is not None:
            # A pool kills its workers when it likes. At least their lines are recorded then.
            self.write()

    def write(self) -> None:
        """Write the file, if anything was counted. If that fails, say so once and go on."""
        try:
            if self._counts and not self._is_lost:
                calls = [_call(*place, count) for place, count in list(self._counts.items())]
                replace(self._file, json.dumps({"version": VERSION, "calls": calls}).encode())
        except Exception as error:  # The recorder must never stop a program.
            self._is_lost = True
            reason = getattr(error, "strerror", None) or error
            print(
                f"functorch-compat: {self.folder} cannot be written ({reason}): "
                f"what process {os.getpid()} recorded is lost",
                file=sys.stderr,
            )


def _call(name: str, filename: str, line: int, count: int) -> dict[str, object]:
    file = os.path.abspath(filename) if os.path.exists(filename) else filename
    text = linecache.getline(filename, line).strip()
    return {"name": name, "file": file, "line": line, "text": text, "count": count}
