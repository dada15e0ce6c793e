"""Slow work of one room: one piece at a time, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

_Result = TypeVar("_Result")


class SerialQueue:
    """A queue of work for one document; false when nothing waits or runs."""

    __slots__ = ("_failed", "_queue", "_worker")

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        """Make an empty queue; `failed` hears of work that raised: the others go on."""
        self._queue: deque[tuple[Callable[[], Awaitable[None]], Callable[[Exception], None] | None]] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._failed = failed

    def __bool__(self) -> bool:
        return bool(self._queue)

    def add(self, work: Callable[[], Awaitable[None]], otherwise: Callable[[Exception], None] | None = None) -> None:
        """Run a piece of work after all that were added before; `otherwise` gets what it raised."""
        self._queue.append((work, otherwise))
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def do(self, work: Callable[[], Awaitable[_Result]]) -> asyncio.Future[_Result]:
        """Add a piece of work; to be awaited for what it returns or raises, once all that was added before has run."""
        done: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()

        async def run() -> None:
            try:
                result = await work()
            except Exception as error:  # noqa: BLE001 - handed to the waiter
                if not done.done():
                    done.set_exception(error)
            else:
                if not done.done():
                    done.set_result(result)

        self.add(run)
        return done

    async def finish(self) -> None:
        """Wait until everything has run."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while self._queue:
                work, otherwise = self._queue[0]
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - one failure must not stop the room
                    self._failed(error)
                    if otherwise is not None:
                        otherwise(error)
                finally:
                    self._queue.popleft()
        finally:
            self._worker = None
