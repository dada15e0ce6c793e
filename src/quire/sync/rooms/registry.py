"""All rooms of this node: loaded once however many ask, released when idle, bounded in memory."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from typing import Any

import structlog

from quire.concurrency.background import Background
from quire.crdt.host import ReplicaHost
from quire.fanout.contract import Fanout
from quire.limits.throttle import Throttle
from quire.log.contract import DamagedDocument, Health, UpdateLog
from quire.storage.failure import StorageUnavailable
from quire.sync.limits import RoomLimits
from quire.sync.rooms.document import clock_of
from quire.sync.rooms.neighbours import Identity
from quire.sync.rooms.room import Room
from quire.sync.rooms.unstorable import Unstorable
from quire.sync.rooms.writebuffer import WriteBuffer
from quire.sync.stats import SyncStats

_log = structlog.get_logger("quire.sync.rooms.registry")
CLOSING_SECONDS = 10.0
"""Patience of who opens a document whose last room still ends; only one with something to store takes long."""


class LoadFailed(Exception):
    """The document cannot be read now; never shown as an empty document."""


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
        self._backlog: Counter[str] = Counter()
        self._background = Background()
        self._failures = Throttle(60)
        self.write_buffer = WriteBuffer(log, stats, limit=unsaved_limit)
        self._unwatch = log.watch(self.storage_changed)

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
        return sum(room.saving.unsaved_bytes for room in self._rooms.values())

    @property
    def waiting_bytes(self) -> int:
        """Bytes received that wait to be proved, mostly in a worker process."""
        return sum(room.ingest.waiting_bytes for room in self._rooms.values())

    def get(self, document: str) -> Room | None:
        """Return the room if it is in memory."""
        return self._rooms.get(document)

    def size_of(self, document: str) -> int | None:
        """Return the encoded size of a document in memory, about; None of another."""
        room = self._rooms.get(document)
        return None if room is None else room.size

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
                stored = (await self._log.load(document)).made()
                clock = await clock_of(document, stored, self._replicas, light=self._limits.heavy_update)
                room = Room(
                    document,
                    stored,
                    clock,
                    write_buffer=self.write_buffer,
                    replicas=self._replicas,
                    backlog=self._backlog,
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
                # Browsers that have it open ask again and again, each of them.
                if count := self._failures(f"{document} {error}"):
                    _log.error(
                        "document cannot be loaded",
                        document=document,
                        error=str(error),
                        count=count,
                        exc_info=None if foreseen else error,
                    )
                reason = str(error) if foreseen else "what is stored of it cannot be read"
                raise LoadFailed(reason) from error
            health = self._log.health
            room.saving.problem = None if health.ok else health.reason
            room.last_used = asyncio.get_running_loop().time()
            self._rooms[document] = room
            self._unstorable.pop(document, None)
            return room
        finally:
            del self._loading[document]

    async def drop(self, document: str) -> None:
        """Release a room at once, before its document is erased; raises `StorageUnavailable`.

        What is on its way to the log is stored first: it would bring the document back.
        """
        room: Room | None = None
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                for tasks in (self._closing, self._loading):
                    if (other := tasks.get(document)) is not None:
                        await asyncio.wait([other])
                room = self._rooms.pop(document, None)
                if room is None:
                    return
                for member in list(room.members):
                    room.leave(member)
                await room.finish()
        except TimeoutError:
            raise StorageUnavailable(self._log.health.reason or "storage does not answer") from None
        finally:
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
        document = room.document

        async def end() -> None:
            self._unstorable[document] = await room.end()

        if self._rooms.get(document) is room:
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
        self.write_buffer.flush()

    def storage_changed(self, health: Health) -> None:
        """Tell everybody whether what they write can be saved."""
        for room in self._rooms.values():
            room.storage(None if health.ok else health.reason)
