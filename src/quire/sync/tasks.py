"""Work in the background, with a reference to each task for as long as it runs, as asyncio asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


class Tasks:
    """Background tasks of one owner."""

    __slots__ = ("_running",)

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start work and return its task."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def cancel(self) -> None:
        """Ask everything that runs to stop."""
        for task in list(self._running):
            task.cancel()

    async def close(self) -> None:
        """Stop everything and wait for it."""
        self.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
