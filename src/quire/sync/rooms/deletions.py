"""Which deletions a document holds: told from its delete set, without building a copy to try them on.

Every browser that opens a document sends all deletions it knows, those without the right to write as well.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections.abc import Callable
from typing import Final, TypeVar

from quire.crdt.turns import Payer
from quire.crdt.updates import deletions
from quire.sync.rooms.document import LoadedDocument
from quire.sync.rooms.serialqueue import SerialQueue

SHARE: Final = 10
"""A document's delete set is read for at most one part in this many of the time."""
LARGE: Final = 16 * 1024
"""Bytes of a delete set from which it is read in a thread."""

_Result = TypeVar("_Result")
_Runs = tuple[list[int], list[int]]


class Deletions:
    """The delete set of one document, read again when somebody asks about what it did not hold before."""

    __slots__ = ("_held", "_loaded", "_lock", "_next", "_queue", "_version")

    def __init__(self, loaded: LoadedDocument, queue: SerialQueue) -> None:
        """Read `loaded` in order with the other work of its room: it may need a replica, of which there is one."""
        self._loaded, self._queue = loaded, queue
        self._held: dict[int, _Runs] = {}
        self._version = -1
        self._next = 0.0
        self._lock = asyncio.Lock()

    async def hold(self, deletes: bytes, payer: Payer) -> bool:
        """Return whether the document holds every deletion of an encoded delete set, on the account of `payer`."""
        if await self._covers(deletes, payer):
            return True
        loaded, loop = self._loaded, asyncio.get_running_loop()
        async with self._lock:
            if self._version != loaded.version:
                await asyncio.sleep(self._next - loop.time())
                self._version, self._held, seconds = await self._queue.do(lambda: self._read(payer), of=payer.author)
                self._next = loop.time() + SHARE * seconds
        return await self._covers(deletes, payer)

    async def _read(self, payer: Payer) -> tuple[int, dict[int, _Runs], float]:
        """Return the document's version, its deletions, and the seconds that reading them took."""
        loaded, loop = self._loaded, asyncio.get_running_loop()
        started, version = loop.time(), loaded.version
        held = await _timed(_runs, await loaded.deletes(payer), payer=payer)
        return version, held, loop.time() - started

    async def _covers(self, deletes: bytes, payer: Payer) -> bool:
        return await _timed(lambda read: _covers(self._held, read), deletes, payer=payer)


async def _timed(work: Callable[[bytes], _Result], deletes: bytes, *, payer: Payer) -> _Result:
    """Read a delete set, in a thread when it is large, and charge the time."""

    def timed() -> tuple[_Result, float]:
        started = time.thread_time()
        result = work(deletes)
        return result, time.thread_time() - started

    result, seconds = await asyncio.to_thread(timed) if len(deletes) > LARGE else timed()
    payer.charge(seconds)
    return result


def _runs(deletes: bytes) -> dict[int, _Runs]:
    """Return {client: (starts, ends)} of what is deleted, in order and joined."""
    runs: dict[int, list[tuple[int, int]]] = {}
    for client, start, end in deletions(deletes, 0):
        runs.setdefault(client, []).append((start, end))
    held: dict[int, _Runs] = {}
    for client, found in runs.items():
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted(found):
            if ends and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        held[client] = starts, ends
    return held


def _covers(held: dict[int, _Runs], deletes: bytes) -> bool:
    for client, start, end in deletions(deletes, 0):
        starts, ends = held.get(client, ((), ()))
        run = bisect_right(starts, start) - 1
        if run < 0 or end > ends[run]:
            return False
    return True
