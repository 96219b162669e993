"""Spreads the files over processes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Generic, TypeVar

from functorch_compat.findings import ToolError

_Task = TypeVar("_Task")
_Done = TypeVar("_Done")

# To start a process and to import LibCST there takes as long as a few files of usual length.
_WORTH_A_PROCESS = 8


class Stopped(Exception, Generic[_Done]):
    """Somebody pressed Ctrl-C. What had begun was finished, and nothing else was begun."""

    def __init__(self, done: list[_Done]):
        super().__init__(done)
        self.done = done


def run(
    function: Callable[[_Task], _Done],
    tasks: Sequence[_Task],
    watched: Iterator[object],
    processes: int,
) -> list[_Done]:
    """Return what the function gives for each task, in the order of the tasks.

    Args:
        function: A function of a module, so that another process can import it.
        tasks: What it is called with.
        watched: Gives an item for each task, and is asked for it before the task's result is.
        processes: How many processes may be at work. Where that is one, it is this one.

    Raises:
        Stopped: At Ctrl-C.
        ToolError: Where one of the processes dies.
    """
    processes = min(processes, len(tasks) // _WORTH_A_PROCESS)
    if processes < 2:
        done = []
        try:
            for task, _ in zip(tasks, watched):
                done.append(function(task))
        except KeyboardInterrupt:
            raise Stopped(done) from None
        return done
    with ProcessPoolExecutor(processes, get_context("spawn"), _ignore_interrupts) as pool:
        with _interrupts_ignored():  # by the processes too, from their first moment on
            futures = [pool.submit(function, task) for task in tasks]
        try:
            return [future.result() for future, _ in zip(futures, watched)]
        except KeyboardInterrupt:
            with _interrupts_ignored():
                pool.shutdown(cancel_futures=True)
            raise Stopped([one.result() for one in futures if not one.cancelled()]) from None
        except BrokenProcessPool:
            raise ToolError(
                "a process that rewrites files died, perhaps for lack of memory: name fewer files"
            ) from None


def _ignore_interrupts() -> None:
    """Leave Ctrl-C, which reaches all processes, to the one that started them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C, which only the main thread can do."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
