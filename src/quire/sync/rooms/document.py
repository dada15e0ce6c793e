"""A document as this node has it loaded: the bytes of its updates, and a replica of it while somebody edits.

Joins are answered from bytes, without building the document. The replica proves updates; it is built from the
bytes when it is needed, in a worker process when it is heavy.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from quire.crdt.clock import Clock
from quire.crdt.host import ReplicaHost
from quire.crdt.pieces import TooSlow
from quire.crdt.remote import insist
from quire.crdt.replica import Applied, Replica, ReplicaCorrupt, ReplicaLost
from quire.crdt.turns import Payer, charged
from quire.crdt.updates import EMPTY_UPDATE, decode_state_vector, diff, inspect, merge
from quire.log.contract import Stored

REBASE_BYTES: Final = 64 * 1024
REBASE_UPDATES: Final = 500
"""Bytes, and updates, since the last whole copy that are worth another one, at least."""
MOST_MERGED: Final = 1500
"""Updates up to which a join merges bytes; merging takes the square of their number."""
MOST_MERGING: Final = 150_000_000
"""Updates times their bytes, likewise: of crafted ones this takes a quarter of a second."""
MOST_LOADED: Final = 20_000
"""Updates up to which a replica is built in this process."""
MEMORY_FACTOR: Final = 12
"""A live document takes about this many times its encoded size (measured)."""
GONE: Final = "the document has left memory"
_Answer = TypeVar("_Answer")


class LoadedDocument:
    """One document in memory: a base, the updates after it, their state vector, and the replica if there is one."""

    __slots__ = (
        "_apart",
        "_base",
        "_closed",
        "_document",
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

    def __init__(self, document: str, stored: Stored, clock: Clock, host: ReplicaHost, *, heavy: int) -> None:
        """Take what is stored and its clock; a document of more than `heavy` bytes lives in a worker process."""
        self._document, self._host, self._heavy = document, host, heavy
        self._apart = self._closed = False
        self._base = stored.snapshot.payload if stored.snapshot else b""
        self._tail = [
            *(stored.snapshot.waiting or () if stored.snapshot else ()),
            *(row.payload for row in stored.tail),
        ]
        self._tail_bytes = sum(map(len, self._tail))
        self._waiting: list[bytes] = []
        """Updates that wait for missing ones, as they came; what of them is in the document is in the tail as well."""
        self._joined: bytes | None = None
        self.clock = clock
        self.version = 0
        """Counts the updates taken since it was loaded."""
        self.replica: Replica | None = None
        """The live document, if somebody needed it since it was last given up."""

    @property
    def size(self) -> int:
        """Encoded size in bytes, about."""
        return len(self._base) + self._tail_bytes + self.waiting_bytes

    @property
    def waiting_bytes(self) -> int:
        """Bytes of updates that wait for missing ones."""
        return sum(map(len, self._waiting))

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
        few = len(self._tail) <= MOST_MERGED and len(self._tail) * self._tail_bytes <= MOST_MERGING
        return few and self.clock.exact

    def whole(self) -> tuple[bytes | None, bytes]:
        """Return the document as one update, or as two when a large base would only be copied."""
        if len(self._base) >= REBASE_BYTES and self._tail:
            if self._joined is None:
                self._joined = merge(self._tail)
            return self._base, self._joined
        if self._joined is None:
            self._joined = merge(self._placed)
        return None, self._joined

    async def diff(self, state_vector: bytes, payer: Payer | None = None) -> bytes:
        """Return what a holder of `state_vector` lacks, on the account of `payer`."""
        if not self.parts:
            return EMPTY_UPDATE
        if self.replica is not None or self.size > self._heavy or not self.quick:
            return await self.ask(lambda replica: replica.diff(state_vector, payer), payer)
        with charged(payer):
            return diff(merge(self._placed), state_vector)

    async def deletes(self, payer: Payer | None = None) -> bytes:
        """Return the encoded set of all deletions."""
        update = await self.diff(self.clock.encode(), payer)
        if len(update) > self._heavy:
            summary = await self._host.inspect(self._document, update, payer, stored=True)
        else:
            with charged(payer):
                summary = inspect(update, stored=True)
        return update[summary.deletes_at :]

    async def ask(
        self, work: Callable[[Replica], Awaitable[_Answer]], payer: Payer | None = None, *, heavy: bool = False
    ) -> _Answer:
        """Have the replica do something; one that was lost is built again, on the account of `payer` (`insist`).

        Raises `ReplicaCorrupt`, and what `work` raises; `TooSlow` from a worker process only.
        """
        return await insist(lambda: self._attempt(work, payer, heavy=heavy))

    # No function within `ask`: one that calls itself is garbage for the collector, which comes late, with the update.
    async def _attempt(
        self, work: Callable[[Replica], Awaitable[_Answer]], payer: Payer | None, *, heavy: bool
    ) -> _Answer:
        try:
            replica = await self.live(payer, heavy=heavy)
            try:
                return await work(replica)
            except TooSlow:
                self.give_up()
                if replica.local:
                    return await self._attempt(work, payer, heavy=heavy)
                await self.live(payer)
                raise
        except ReplicaCorrupt:
            self.replica = None
            raise

    def give_up(self) -> None:
        """An update took the replica too long, which has half of it now; the next is in a worker process."""
        self.replica, self._apart = None, True

    async def live(self, payer: Payer | None = None, *, heavy: bool = False) -> Replica:
        """Return the replica, building it (in a worker process when heavy) from the bytes at hand.

        Raises `ReplicaLost` once the document has left memory: nobody would give that replica up.
        """
        heavy = heavy or self._apart or self.size > self._heavy or len(self._tail) > MOST_LOADED
        replica = self.replica
        if replica is not None and replica.alive and not (heavy and replica.local):
            if not self._host.endangers_others(replica, payer):
                return replica
            heavy = True
        if replica is not None:
            await replica.close()
        if self._closed:
            raise ReplicaLost(GONE)
        replica = await self._host.open(self._document, self.parts, heavy=heavy, payer=payer)
        if self._closed:
            await replica.close()
            raise ReplicaLost(GONE)
        self.replica = replica
        if not self.clock.exact:
            self.clock.follow(await replica.state(payer))
            await self._take_over(replica, payer)
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

    async def fold(self, payer: Payer | None = None) -> None:
        """Fold the tail into the base, so that joins stay cheap and deleted content leaves memory."""
        if not self._tail:
            return
        await self.ask(lambda replica: self._take_over(replica, payer), payer)
        if self.size > self._heavy:
            await self.live(payer, heavy=True)

    async def _take_over(self, replica: Replica, payer: Payer | None) -> None:
        """Take what a replica holds for the base; what came meanwhile stays behind it."""
        tail, waiting = len(self._tail), len(self._waiting)
        encoded = await replica.encode(payer)
        self._base, self._joined = encoded.update, None
        self._tail = self._tail[tail:]
        self._tail_bytes = sum(map(len, self._tail))
        self._waiting = [*encoded.waiting, *self._waiting[waiting:]]

    async def rest(self) -> None:
        """Give the replica up; the bytes stay."""
        if self.replica is not None:
            replica, self.replica = self.replica, None
            await replica.close()

    async def close(self) -> None:
        """Leave memory: give the replica up, for good."""
        self._closed = True
        await self.rest()


async def clock_of(document: str, stored: Stored, host: ReplicaHost, *, light: int) -> Clock:
    """Return the state vector of what is stored, without building the document.

    Rows of more than `light` bytes are read in a worker process; where that fails, only a replica knows what is whole.
    """
    snapshot = stored.snapshot
    known = decode_state_vector(snapshot.state_vector) if snapshot else {}
    clock = Clock(known, exact=snapshot is None or snapshot.waiting == ())
    for row in stored.tail:
        if len(row.payload) <= light:
            clock.read(inspect(row.payload, stored=True))
            continue
        try:
            clock.read(await host.inspect(document, row.payload, stored=True))
        except ReplicaCorrupt:
            clock.exact = False
    return clock
