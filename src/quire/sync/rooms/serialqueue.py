"""Slow work of one room: one piece at a time, of each author in order, and of several authors in turn."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

_Result = TypeVar("_Result")
_Piece = tuple[Callable[[], Awaitable[None]], Callable[[Exception], None] | None]


class SerialQueue:
    """A queue of work for one document; false when nothing waits or runs.

    However much one author has waiting, a piece of another's waits for one of it at most. What an author has seen of
    others is in the document already, so that the order between authors is of no account.
    """

    __slots__ = ("_failed", "_waiting", "_worker")

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        """Make an empty queue; `failed` hears of work that raised: the others go on."""
        self._waiting: dict[str, deque[_Piece]] = {}
        """{author: pieces}, whose turn is next in front."""
        self._worker: asyncio.Task[None] | None = None
        self._failed = failed

    def __bool__(self) -> bool:
        return self._worker is not None

    def add(
        self, work: Callable[[], Awaitable[None]], otherwise: Callable[[Exception], None] | None = None, *, of: str = ""
    ) -> None:
        """Run a piece of work after all that were added before `of` the same author; by default it is the room's own.

        `otherwise` gets what it raised.
        """
        self._waiting.setdefault(of, deque()).append((work, otherwise))
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def do(self, work: Callable[[], Awaitable[_Result]], *, of: str = "") -> asyncio.Future[_Result]:
        """Add a piece of work as `add` does; to be awaited for what it returns or raises."""
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

        self.add(run, of=of)
        return done

    async def finish(self) -> None:
        """Wait until everything has run."""
        if self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while self._waiting:
                work, otherwise = self._next()
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - one failure must not stop the room
                    self._failed(error)
                    if otherwise is not None:
                        otherwise(error)
                if self._waiting:
                    # What waits for nothing would else keep the whole node until all of it is done.
                    await asyncio.sleep(0)
        finally:
            self._worker = None

    def _next(self) -> _Piece:
        """Take a piece of whose turn it is, who comes last then."""
        author = next(iter(self._waiting))
        pieces = self._waiting.pop(author)
        piece = pieces.popleft()
        if pieces:
            self._waiting[author] = pieces
        return piece
