"""Memory for large request bodies, shared out before they are read."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from quire.limits.counts import less
from quire.limits.overload import Overloaded

SMALL: Final = 64 * 1024
"""Bytes of a body that is taken without asking for room."""


class BodyRoom:
    """Memory for large bodies: a share for each person, and all that there is.

    Room is taken before a body is read, so that many who send slowly wait without holding anything.
    """

    def __init__(self, *, person: int, total: int, patience: float = 20.0) -> None:
        """Give so many bytes; whoever gets none within `patience` seconds is refused."""
        self._person, self._total, self._patience = person, total, patience
        self._taken: Counter[str] = Counter()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def taken(self, person: str, size: int) -> AsyncIterator[None]:
        """Hold room for a body of this size; raises `Overloaded`."""
        if size <= SMALL:
            yield
            return
        try:
            async with asyncio.timeout(self._patience):
                while not self._fits(person, size):
                    await self._freed.wait()
        except TimeoutError:
            raise Overloaded("Too much is being uploaded at once", retry_after=5) from None
        self._taken[person] += size
        try:
            yield
        finally:
            less(self._taken, person, size)
            freed, self._freed = self._freed, asyncio.Event()
            freed.set()

    def _fits(self, person: str, size: int) -> bool:
        own, total = self._taken[person], self._taken.total()
        return (not own or own + size <= self._person) and (not total or total + size <= self._total)
