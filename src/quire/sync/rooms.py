"""All rooms of this node: loaded once however many ask, released when idle, bounded in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any

import structlog

from quire.background import Background
from quire.crdt.host import ReplicaHost
from quire.fanout.contract import Fanout
from quire.log.contract import (
    DamagedDocument,
    Health,
    LogFull,
    Outcome,
    Update,
    UpdateLog,
)
from quire.storage import StorageUnavailable
from quire.sync.limits import RoomLimits
from quire.sync.member import Sender
from quire.sync.neighbours import Identity
from quire.sync.room import Room
from quire.sync.stats import SyncStats
from quire.sync.unstorable import Unstorable

_log = structlog.get_logger("quire.sync.rooms")
RESUBMIT_SECONDS = 0.05
GATHER_SECONDS = 0.015
"""Least time between submissions: under load updates gather for one commit, after a quiet time they go at once."""
CLOSING_SECONDS = 10.0
"""Patience of who opens a document whose last room still ends; only one with something to store takes long."""


class LoadFailed(Exception):
    """The document cannot be read now; never shown as an empty document."""


class Journal:
    """The way from rooms to the log: few submissions of many updates, outcomes back to rooms."""

    def __init__(self, log: UpdateLog, stats: SyncStats, *, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._log, self._stats, self._limit, self._clock = log, stats, limit, clock
        self._loop = asyncio.get_running_loop()
        self._batch: list[tuple[Room, Sender, Update]] = []
        self._batch_bytes = 0
        self._scheduled = False
        self._submitted_at = 0.0
        self._on_stored: Callable[[Iterable[str]], None] = lambda _: None

    def on_stored(self, listener: Callable[[Iterable[str]], None]) -> None:
        """Set the function that hears which documents have new durable updates."""
        self._on_stored = listener

    def full(self, size: int) -> bool:
        """Whether `size` more bytes would pass this node's limit of unsaved bytes; one update alone never does."""
        before = self._log.queued_bytes + self._batch_bytes
        return before > 0 and before + size > self._limit

    @property
    def relieved(self) -> bool:
        """Whether at most half of the limit is used."""
        return self._log.queued_bytes + self._batch_bytes <= self._limit // 2

    def append(self, room: Room, payload: bytes, sender: Sender) -> None:
        """Queue one update for the log."""
        update = Update(room.document, payload, sender.author, sender.connection, int(self._clock() * 1_000_000))
        self._batch.append((room, sender, update))
        self._batch_bytes += len(payload)
        if not self._scheduled:
            self._scheduled = True
            wait = self._submitted_at + GATHER_SECONDS - self._loop.time()
            if wait > 0:
                self._loop.call_later(wait, self._submit)
            else:
                self._loop.call_soon(self._submit)

    def flush(self) -> None:
        """Hand everything to the log now."""
        self._submit()

    def _submit(self) -> None:
        self._scheduled = False
        batch, self._batch = self._batch, []
        size, self._batch_bytes = self._batch_bytes, 0
        if not batch:
            return
        submitted = self._submitted_at = self._loop.time()

        def done(outcomes: Sequence[Outcome]) -> None:
            self._stats.saved_batches += 1
            self._stats.saved_seconds += self._loop.time() - submitted
            self._deliver(batch, outcomes)

        try:
            self._log.submit([update for _, _, update in batch], done)
        except LogFull:
            # Rooms check `full` before they accept, so this is the remainder of a race: keep and try again.
            self._batch[:0] = batch
            self._batch_bytes += size
            self._scheduled = True
            self._loop.call_later(RESUBMIT_SECONDS, self._submit)

    def _deliver(self, batch: Sequence[tuple[Room, Sender, Update]], outcomes: Sequence[Outcome]) -> None:
        counts: dict[Sender, int] = {}
        documents: set[str] = set()
        for (room, sender, update), outcome in zip(batch, outcomes, strict=True):
            if room.committed(update.payload, sender, outcome):
                counts[sender] = counts.get(sender, 0) + 1
                documents.add(room.document)
        for sender, count in counts.items():
            sender.saved(count)
        self._stats.saved += sum(counts.values())
        self._on_stored(documents)


class Rooms:
    """The registry of live documents."""

    def __init__(
        self,
        log: UpdateLog,
        replicas: ReplicaHost,
        *,
        limits: RoomLimits,
        stats: SyncStats,
        unsaved_limit: int,
        grace: float,
        budget: int,
        fanout: Fanout,
        identity: Identity,
    ) -> None:
        self._fanout, self._identity = fanout, identity
        self._log, self._replicas, self._limits, self._stats = log, replicas, limits, stats
        self._grace, self._budget = grace, budget
        self._rooms: dict[str, Room] = {}
        self._loading: dict[str, asyncio.Task[Room]] = {}
        self._closing: dict[str, asyncio.Task[None]] = {}
        self._unstorable: dict[str, Unstorable] = {}
        """What the next room of a document must not take: its last one ended for that reason."""
        self._background = Background()
        self.journal = Journal(log, stats, limit=unsaved_limit)
        self._unwatch = log.watch(self._on_health)

    def __len__(self) -> int:
        return len(self._rooms)

    def __iter__(self) -> Iterator[Room]:
        return iter(list(self._rooms.values()))

    @property
    def memory(self) -> int:
        """Bytes that all rooms take, about."""
        return sum(room.memory for room in self._rooms.values())

    @property
    def unsaved_bytes(self) -> int:
        """Bytes accepted and not yet durable."""
        return sum(room.unsaved_bytes for room in self._rooms.values())

    @property
    def waiting_bytes(self) -> int:
        """Bytes received that wait to be proved, mostly in a worker process."""
        return sum(room.waiting_bytes for room in self._rooms.values())

    def get(self, document: str) -> Room | None:
        """Return the room if it is in memory."""
        return self._rooms.get(document)

    async def open(self, document: str) -> Room:
        """Return the room, loading it once for all who wait; raises `LoadFailed`.

        The caller must use the room before it awaits anything else: an idle one may be released.
        """
        closing = self._closing.get(document)
        if closing is not None:
            await asyncio.wait([closing], timeout=CLOSING_SECONDS)
            if not closing.done():
                raise LoadFailed(f"what was written last is not stored yet ({self._log.health.reason})")
        room = self._rooms.get(document)
        if room is None:
            task = self._loading.get(document)
            if task is None:
                task = asyncio.get_running_loop().create_task(self._load(document))
                self._loading[document] = task
            room = await asyncio.shield(task)
        room.last_used = asyncio.get_running_loop().time()
        return room

    async def _load(self, document: str) -> Room:
        try:
            self._stats.loads += 1
            try:
                room = Room(
                    document,
                    (await self._log.load(document)).made(),
                    journal=self.journal,
                    replicas=self._replicas,
                    limits=self._limits,
                    stats=self._stats,
                    fanout=self._fanout,
                    identity=self._identity,
                    load=self._log.load,
                    spoiled=self._reset,
                    unstorable=self._unstorable.get(document) or Unstorable(),
                )
            except Exception as error:
                self._stats.load_failures += 1
                foreseen = isinstance(error, StorageUnavailable | DamagedDocument)
                _log.error(
                    "document cannot be loaded",
                    document=document,
                    error=str(error),
                    exc_info=None if foreseen else error,
                )
                reason = str(error) if foreseen else "what is stored of it cannot be read"
                raise LoadFailed(reason) from error
            health = self._log.health
            room.problem = None if health.ok else health.reason
            room.last_used = asyncio.get_running_loop().time()
            self._rooms[document] = room
            self._unstorable.pop(document, None)
            return room
        finally:
            del self._loading[document]

    async def drop(self, document: str) -> None:
        """Release a room at once (the document was erased); its members must have been removed."""
        room = self._rooms.pop(document, None)
        if room is not None:
            await room.close()

    def sweep(self, now: float) -> None:
        """Release idle rooms, keep memory under the budget, expire presence. Called about once a second."""
        used = 0
        for room in list(self._rooms.values()):
            room.sweep(now)
            if not room.members and room.settled and now - room.last_used > self._grace:
                self._release(room)
            else:
                used += room.memory
        if used <= self._budget:
            return
        for room in sorted(self._rooms.values(), key=lambda room: max(room.last_used, room.last_edit)):
            if used <= self._budget:
                break
            if not room.settled:
                continue
            used -= room.memory
            if room.members:
                self._background.run(room.rest())
                used += room.size
            else:
                self._release(room)

    def _release(self, room: Room) -> None:
        self._stats.evictions += 1
        self._let_go(room, room.close())

    def _reset(self, room: Room) -> None:
        """Storage refused for good what a room shows: who opens the document from now on gets what is stored."""

        async def end() -> None:
            self._unstorable[room.document] = await room.end()

        if self._rooms.get(room.document) is room:
            self._stats.resets += 1
            self._let_go(room, end())

    def _let_go(self, room: Room, ending: Coroutine[Any, Any, None]) -> None:
        document = room.document
        del self._rooms[document]
        task = self._background.run(ending)
        self._closing[document] = task
        task.add_done_callback(lambda _: self._closing.pop(document, None))

    async def settle(self, deadline: float) -> bool:
        """Send and save everything accepted so far; returns False when the deadline (loop time) passes first."""
        loop = asyncio.get_running_loop()
        for room in self._rooms.values():
            room.flush()
            room.adopt()
        while not all(room.settled for room in self._rooms.values()):
            if loop.time() > deadline:
                return False
            await asyncio.sleep(0.01)
        return True

    async def close(self) -> None:
        """Release every room."""
        self._unwatch()
        await asyncio.gather(*self._closing.values())
        for room in list(self._rooms.values()):
            await room.close()
        self._rooms.clear()
        # What other nodes left to this one as they went: the log closes next.
        self.journal.flush()

    def _on_health(self, health: Health) -> None:
        for room in self._rooms.values():
            room.storage(None if health.ok else health.reason)
