"""A child process for heavy work: low priority, gone when its parent is, made again when it dies."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from quire.ops import logs
from quire.parent import end_with_parent

DEADLINE = 120
"""Seconds for one call. What computes in native code cannot be interrupted, so the process ends."""
_Result = TypeVar("_Result")


class Child:
    """Runs functions one at a time in a process of their own; the process starts with the first of them."""

    def __init__(self, log_level: str = "info", log_format: str = "auto", *, deadline: int = DEADLINE) -> None:
        """Set up; `deadline` is the seconds that one call may take."""
        self._logging, self._deadline = (log_level, log_format), deadline
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` there; raises what it raises, or `ChildDied`. Everything must be picklable.

        Work that takes longer than the deadline dies with its process.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_settle_in,
                initargs=(os.getpid(), *self._logging),
            )
        pool = self._pool
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, _in_time, self._deadline, work, *arguments)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            raise ChildDied("the process that did the work died") from error

    def close(self) -> None:
        """Let the process go; work under way is abandoned."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


class ChildDied(Exception):
    """The child process ended in the middle of its work, for want of memory or time; the next call gets a new one."""


def _in_time(deadline: int, work: Callable[..., _Result], *arguments: object) -> _Result:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(deadline)
    try:
        return work(*arguments)
    finally:
        signal.alarm(0)


def _settle_in(parent: int, log_level: str, log_format: str) -> None:
    """Yield to the serving process, log as it does, and die with it even after kill -9."""
    end_with_parent(parent)
    logs.configure(log_level, log_format)
    os.nice(10)
