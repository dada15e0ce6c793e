"""A document as this node has it loaded: the bytes of its updates, and a replica of it while somebody edits.

Joins are answered from bytes, without building the document. The replica proves updates; it is built from the
bytes when it is needed, in a worker process when it is heavy.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from quire.crdt.clock import Clock
from quire.crdt.host import ReplicaHost
from quire.crdt.replica import Applied, Replica, ReplicaCorrupt
from quire.crdt.updates import EMPTY_UPDATE, decode_state_vector, diff, inspect, merge
from quire.log.contract import Stored

REBASE_BYTES: Final = 64 * 1024
REBASE_UPDATES: Final = 500
MOST_MERGED: Final = 1500
"""Updates up to which a join merges bytes; merging takes the square of their number."""
MOST_LOADED: Final = 20_000
"""Updates up to which a replica is built in this process."""
MEMORY_FACTOR: Final = 12
"""A live document takes about this many times its encoded size (measured)."""

_Answer = TypeVar("_Answer")


class LoadedDocument:
    """One document in memory: a base, the updates after it, their state vector, and the replica if there is one."""

    __slots__ = (
        "_apart",
        "_base",
        "_heavy",
        "_host",
        "_joined",
        "_tail",
        "_tail_bytes",
        "_waiting",
        "clock",
        "replica",
        "version",
    )

    def __init__(self, stored: Stored, host: ReplicaHost, *, heavy: int) -> None:
        """Take what is stored; a document of more than `heavy` bytes lives in a worker process."""
        self._host, self._heavy = host, heavy
        self._apart = False
        self._base = stored.snapshot.payload if stored.snapshot else b""
        self._tail = [
            *(stored.snapshot.waiting or () if stored.snapshot else ()),
            *(row.payload for row in stored.tail),
        ]
        self._tail_bytes = sum(map(len, self._tail))
        self._waiting: list[bytes] = []
        """Updates that wait for missing ones, as they came; what of them is in the document is in the tail as well."""
        self._joined: bytes | None = None
        self.clock = _clock_of(stored)
        self.version = 0
        """Counts the updates taken since it was loaded."""
        self.replica: Replica | None = None
        """The live document, if somebody needed it since it was last given up."""

    @property
    def size(self) -> int:
        """Encoded size in bytes, about."""
        return len(self._base) + self._tail_bytes + sum(map(len, self._waiting))

    @property
    def memory(self) -> int:
        """Bytes of memory that it takes, about."""
        return self.size * (MEMORY_FACTOR + 1 if self.replica is not None else 1)

    @property
    def parts(self) -> list[bytes]:
        """Updates that together are the document, in order."""
        return [*self._placed, *self._waiting]

    @property
    def _placed(self) -> list[bytes]:
        """Updates that together are what is integrated, once the clock is exact."""
        return [self._base, *self._tail] if self._base else list(self._tail)

    @property
    def quick(self) -> bool:
        """Whether the whole can be told from bytes at hand."""
        return len(self._tail) <= MOST_MERGED and self.clock.exact

    def whole(self) -> tuple[bytes | None, bytes]:
        """Return the document as one update, or as two when a large base would only be copied."""
        if len(self._base) >= REBASE_BYTES and self._tail:
            if self._joined is None:
                self._joined = merge(self._tail)
            return self._base, self._joined
        if self._joined is None:
            self._joined = merge(self._placed)
        return None, self._joined

    async def diff(self, state_vector: bytes, charge: Callable[[float], None] | None = None) -> bytes:
        """Return what a holder of `state_vector` lacks; `charge` hears of the seconds that this process took for it."""
        if not self.parts:
            return EMPTY_UPDATE
        started = time.thread_time()
        if self.replica is not None or self.size > self._heavy or not self.quick:
            update = await self.ask(lambda replica: replica.diff(state_vector))
        else:
            update = diff(merge(self._placed), state_vector)
        if charge is not None and (self.replica is None or self.replica.local):
            # Without a worker process no work of others came between.
            charge(time.thread_time() - started)
        return update

    async def deletes(self) -> bytes:
        """Return the encoded set of all deletions."""
        update = await self.diff(self.clock.encode())
        heavy = len(update) > self._heavy
        return update[(await self._host.inspect(update) if heavy else inspect(update, stored=True)).deletes_at :]

    async def ask(self, work: Callable[[Replica], Awaitable[_Answer]], *, heavy: bool = False) -> _Answer:
        """Have the replica do something; one that died, perhaps of something else, is built again once.

        Raises `ReplicaCorrupt` when the second dies as well, and what `work` raises.
        """
        try:
            return await work(await self.live(heavy=heavy))
        except ReplicaCorrupt:
            self.replica = None
            return await work(await self.live(heavy=heavy))

    async def live(self, *, heavy: bool = False) -> Replica:
        """Return the replica, building it (in a worker process when heavy) from the bytes at hand."""
        heavy = heavy or self._apart or self.size > self._heavy or len(self._tail) > MOST_LOADED
        replica = self.replica
        if replica is not None and (replica.alive and (not heavy or not replica.local)):
            return replica
        if replica is not None:
            await replica.close()
        self.replica = replica = await self._host.open(self.parts, heavy=heavy)
        if not self.clock.exact:
            self.clock.follow(await replica.state())
            await self._take_over(replica)
            self.clock.exact = True
        return replica

    async def move(self) -> None:
        """Keep the replica in a worker process from here on, whatever its size."""
        self._apart = True
        await self.live()

    def add(self, update: bytes, applied: Applied) -> None:
        """Take an update that the replica has applied."""
        self.version += 1
        self.clock.follow(applied)
        given = update
        if applied.given is not None:
            given = applied.given
            if applied.waits:
                self._waiting.append(update)
            elif not applied.waiting:
                self._waiting.clear()
        if given != EMPTY_UPDATE:
            self._tail.append(given)
            self._tail_bytes += len(given)
            self._joined = None

    @property
    def rebase_due(self) -> bool:
        """Whether the tail has grown enough to be folded into the base."""
        if len(self._tail) <= REBASE_UPDATES:
            return False
        base = len(self._base)
        return self._tail_bytes > max(REBASE_BYTES, base) or len(self._tail) > max(REBASE_UPDATES, base // 64)

    async def fold(self) -> None:
        """Fold the tail into the base, so that joins stay cheap and deleted content leaves memory."""
        if not self._tail:
            return
        await self.ask(self._take_over)
        if self.size > self._heavy:
            await self.live(heavy=True)

    async def _take_over(self, replica: Replica) -> None:
        """Take what a replica holds for the base; what came meanwhile stays behind it."""
        tail, waiting = len(self._tail), len(self._waiting)
        encoded = await replica.encode()
        self._base, self._joined = encoded.update, None
        self._tail = self._tail[tail:]
        self._tail_bytes = sum(map(len, self._tail))
        self._waiting = [*encoded.waiting, *self._waiting[waiting:]]

    async def rest(self) -> None:
        """Give the replica up; the bytes stay."""
        if self.replica is not None:
            replica, self.replica = self.replica, None
            await replica.close()


def _clock_of(stored: Stored) -> Clock:
    """State vector of what is stored, without building the document."""
    snapshot = stored.snapshot
    known = decode_state_vector(snapshot.state_vector) if snapshot else {}
    alone = snapshot is None or snapshot.waiting == ()
    return Clock(known, (inspect(row.payload) for row in stored.tail), exact=alone)
