"""The recorder: counts the calls of legacy names in a process, and writes the counts at its end.

The environment variable ``FUNCTORCH_COMPAT_RECORD`` turns it on, in every process that a program
starts. ``functorch-compat audit --recorded`` reads what these processes have written.
"""

from __future__ import annotations

import itertools
import json
import linecache
import os
import secrets
import signal
import sys
import time
from collections import defaultdict
from contextlib import suppress
from multiprocessing import parent_process, util
from types import FrameType

from functorch_compat.files import replace

VARIABLE = "FUNCTORCH_COMPAT_RECORD"
VERSION = 1
"""The version of the format of a record."""

_Counts = dict[tuple[str, str, int], "itertools.count[int]"]


class Recorder:
    """Counts calls by name, file and line, and writes a file of this process into ``folder``."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.abspath(folder)
        with suppress(OSError):  # Writing the file will fail too, and say so.
            os.makedirs(self.folder, exist_ok=True)
        self._begin()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)
        # A worker of multiprocessing may forget at its start what was to be done at its end.
        util.register_after_fork(self, Recorder._write_at_exit)

    def _begin(self) -> None:
        # A forked process counts from zero. Threads may share these counters without a lock.
        self._counts: _Counts = defaultdict(itertools.count)
        self._is_writing = self._is_terminated = False

    def _write_at_exit(self) -> None:
        # Unlike atexit, this also works in forked workers.
        util.Finalize(None, self.write, exitpriority=-100)
        # A pool ends its workers with SIGTERM, which by default leaves no time to write.
        if parent_process() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            with suppress(ValueError):  # Only the main thread can set a handler.
                signal.signal(signal.SIGTERM, self._write_and_terminate)

    def _write_and_terminate(self, number: int, frame: FrameType | None) -> None:
        self._is_terminated = True
        if not self._is_writing:
            self.write()

    def count(self, name: str, filename: str, lineno: int) -> None:
        """Count one call of a legacy name at a line."""
        if not self._counts:
            self._write_at_exit()
        next(self._counts[name, filename, lineno])

    def write(self) -> None:
        """Write what was counted since the last time. If that fails, say so and go on."""
        self._is_writing = True
        counts, self._counts = self._counts, defaultdict(itertools.count)
        try:
            if counts:
                calls = [_call(*place, next(calls)) for place, calls in list(counts.items())]
                name = f"{os.getpid()}-{time.time_ns()}-{secrets.token_hex(4)}.json"
                record = json.dumps({"version": VERSION, "calls": calls})
                replace(os.path.join(self.folder, name), record.encode())
        except Exception as error:  # The recorder must never stop a program.
            reason = getattr(error, "strerror", None) or error
            print(
                f"functorch-compat: {self.folder} cannot be written ({reason}): "
                f"what process {os.getpid()} recorded is lost",
                file=sys.stderr,
            )
        self._is_writing = False
        if self._is_terminated:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)


def _call(name: str, filename: str, line: int, calls: int) -> dict[str, object]:
    file = os.path.abspath(filename) if os.path.exists(filename) else filename
    text = linecache.getline(filename, line).strip()
    return {"name": name, "file": file, "line": line, "text": text, "count": calls}
