"""Threads, of which a machine may have no more to give."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final

NONE_LEFT: Final = "the machine gives this server no more threads or processes"
START_WAIT: Final = 10.0
"""Seconds for threads to start."""


def started(count: int, name: str) -> ThreadPoolExecutor:
    """Return a pool whose threads have started: later there may be none to be had. Blocks; raises `RuntimeError`."""
    all_started = threading.Barrier(count + 1)
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    for _ in range(count):
        pool.submit(all_started.wait, START_WAIT)
    all_started.wait(START_WAIT)
    return pool


def none_left(error: BaseException) -> bool:
    """Whether an error is that no thread could be started."""
    return isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")
