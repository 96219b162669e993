"""Spreads tasks over processes."""

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

# Starting a process and importing LibCST there takes as long as a few files of usual length.
_WORTH_A_PROCESS = 8


class Stopped(Exception, Generic[_Done]):
    """Ctrl-C stopped the run. Tasks that had begun were finished, and no other task was begun."""

    def __init__(self, done: list[_Done]):
        super().__init__(done)
        self.done = done


def run(
    function: Callable[[_Task], _Done],
    tasks: Sequence[_Task],
    steps: Iterator[object],
    processes: int,
) -> list[_Done]:
    """Return the result of the function for each task, in the order of the tasks.

    Args:
        function: A function at the top level of a module, so that other processes can import it.
        tasks: The arguments of the calls.
        steps: An iterator that is advanced once for each task, before its result is awaited.
        processes: How many processes may work. If there is one, it is this process.

    Raises:
        Stopped: At Ctrl-C.
        ToolError: If one of the processes dies.
    """
    processes = min(processes, len(tasks) // _WORTH_A_PROCESS)
    if processes < 2:
        done = []
        try:
            for task, _ in zip(tasks, steps):
                done.append(function(task))
        except KeyboardInterrupt:
            raise Stopped(done) from None
        return done
    with ProcessPoolExecutor(processes, get_context("spawn"), _ignore_interrupts) as pool:
        with _interrupts_ignored():  # New processes inherit this, so they ignore it from the start.
            futures = [pool.submit(function, task) for task in tasks]
        try:
            return [future.result() for future, _ in zip(futures, steps)]
        except KeyboardInterrupt:
            with _interrupts_ignored():
                pool.shutdown(cancel_futures=True)
            raise Stopped([one.result() for one in futures if not one.cancelled()]) from None
        except BrokenProcessPool:
            raise ToolError(
                "a process that rewrites files died, maybe because memory ran out: name fewer files"
            ) from None


def _ignore_interrupts() -> None:
    """Ignore Ctrl-C in this process. The process that started it also gets it, and handles it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Ignore Ctrl-C in the block, if this is the main thread. No other thread can do that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
