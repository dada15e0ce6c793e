"""Work in the background: a reference to each task for as long as it runs, and a log line for each that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

_log = structlog.get_logger("quire.concurrency.background")


class Background:
    """Background tasks of one owner; an exception in one is logged and counted, and stops no other."""

    __slots__ = ("_contain", "_running")

    def __init__(self, contain: Callable[[Exception], None] = lambda _: None) -> None:
        """Start with nothing; `contain` hears of every exception."""
        self._running: set[asyncio.Task[None]] = set()
        self._contain = contain

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start work and return its task."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        # Where it was stopped before it began, nothing else would end the work.
        task.add_done_callback(lambda _: work.close())
        return task

    def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Do work again and again with a pause of `seconds`, whatever happens in it."""

        async def turns() -> None:
            while True:
                await asyncio.sleep(seconds)
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - upkeep goes on
                    self._failed(error)

        self.run(turns())

    async def close(self) -> None:
        """Stop everything and wait for it."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - nobody waits for it
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        _log.error("background work failed", error=str(error), exc_info=error)
        self._contain(error)
