"""The way of an update into a room: within limits, vetted, proved on the replica, then accepted.

A small update is proved at once. One that is large, that a replica in a worker process proves, or that comes while
others wait, waits for its turn.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import structlog

from quire.crdt.host import ReplicaHost, Unopenable
from quire.crdt.pieces import TooSlow
from quire.crdt.remote import WorkerKilled
from quire.crdt.replica import Applied, ReplicaCorrupt, ReplicaLost
from quire.crdt.turns import Payer, charged
from quire.crdt.updates import MalformedUpdate, UpdateSummary, inspect
from quire.limits.counts import less
from quire.limits.throttle import Throttle
from quire.sync.limits import RoomLimits, fits
from quire.sync.rooms.document import LoadedDocument
from quire.sync.rooms.neighbour import Relayed
from quire.sync.rooms.saving import ANEW, Saving
from quire.sync.rooms.sender import Refusal, Sender
from quire.sync.rooms.serialqueue import SerialQueue
from quire.sync.rooms.vetting import Vetting
from quire.sync.rooms.writebuffer import WriteBuffer
from quire.sync.stats import SyncStats

_log = structlog.get_logger("quire.sync.rooms.ingest")
MOST_STRUCTS: Final = 1000
"""Structs of an update that is applied in this process: crafted ones take each the longer the more there are."""
ROOMS_OF_ONE: Final = 2
"""How many times of what one room may have waiting an author may have waiting and under way in all rooms."""
LATER: Final = "the update cannot be checked now; it will be asked for again"
TOO_HEAVY: Final = "the processes that checked the change were killed again and again, for want of memory perhaps"
SLOW: Final = 0.05
"""Processor seconds that one update may take here; the document moves to a worker process then."""


class Ingest:
    """Proves the updates of one document; nobody sees one before."""

    __slots__ = (
        "_accept",
        "_backlog",
        "_document",
        "_failed",
        "_limits",
        "_loaded",
        "_queue",
        "_refusals",
        "_replicas",
        "_saving",
        "_stats",
        "_vetting",
        "_waiting_of",
        "_write_buffer",
        "waiting_bytes",
    )

    def __init__(
        self,
        document: str,
        loaded: LoadedDocument,
        vetting: Vetting,
        saving: Saving,
        *,
        queue: SerialQueue,
        write_buffer: WriteBuffer,
        replicas: ReplicaHost,
        backlog: Counter[str],
        limits: RoomLimits,
        stats: SyncStats,
        accept: Callable[[bytes, Sender, UpdateSummary, Applied], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Prove on `loaded`; `accept` gets what was taken, `failed` errors that are no fault of an update.

        `backlog` counts the bytes that wait or are being proved in all rooms, by author.
        """
        self._document, self._loaded, self._vetting, self._saving = document, loaded, vetting, saving
        self._queue, self._write_buffer, self._replicas = queue, write_buffer, replicas
        self._backlog, self._limits, self._stats = backlog, limits, stats
        self._accept, self._failed = accept, failed
        self._refusals = Throttle(10)
        self.waiting_bytes = 0
        """Bytes of updates that wait to be proved."""
        self._waiting_of: Counter[str] = Counter()
        """`waiting_bytes` by author."""

    async def inspect(self, update: bytes, payer: Payer | None = None) -> UpdateSummary:
        """Parse an update, in a worker process when it is large; raises `MalformedUpdate`."""
        if not self.light(update):
            return await self._replicas.inspect(self._document, update, payer)
        with charged(payer):
            return inspect(update)

    def light(self, update: bytes) -> bool:
        """Whether an update is small enough to be read in this process."""
        return len(update) <= self._limits.heavy_update

    def relieved(self, author: str) -> bool:
        """Whether an author who was refused for want of room may offer again."""
        half = self._limits.unsaved_room // 2
        return (
            self._saving.problem is None
            and self._saving.unsaved_bytes + self.waiting_bytes < half
            and self._backlog[author] < half
            and self._write_buffer.relieved
            and not self._replicas.paused(self._document)
        )

    def receive(self, update: bytes, sender: Sender) -> None:
        """Take an update from a sender whose right to write was checked; it is proved before anyone sees it.

        What another node accepted is taken whatever its size; at the limit of unsaved bytes it is asked for later.
        """
        self._stats.received += 1
        if self._refuse_over_limits(len(update), sender):
            return
        replica = self._loaded.replica
        if replica is None or self._queue or not replica.local or not self.light(update):
            self._receive_queued(update, sender)
            return
        started = time.thread_time()
        try:
            summary = inspect(update)
            if summary.structs > MOST_STRUCTS:
                self._receive_queued(update, sender, summary)
                return
            part = self._vetting.part(update, summary, sender)
            if part is None:
                return
            update, summary, sender = part
            applied = replica.apply_now(update, summary)
        except MalformedUpdate as error:
            self._refuse_malformed(sender, error)
            return
        except TooSlow:
            self._loaded.give_up()
            self._receive_queued(update, sender, summary)
            return
        except ReplicaCorrupt as error:
            self._loaded.replica = None
            self._refuse_malformed(sender, error)
            return
        self._accept(update, sender, summary, applied)
        waits = applied.waits and self._loaded.waiting_bytes > self._limits.heavy_update
        if waits or time.thread_time() - started > SLOW:
            # One small update may place all that waits.
            self._queue.add(self._loaded.move)

    def _refuse_over_limits(self, size: int, sender: Sender) -> bool:
        """Refuse an update of `size` bytes where it is too big, or too much waits; return whether it was refused."""
        if self._saving.refused:
            sender.refused(Refusal.STORAGE, ANEW)
            return True
        if size > self._limits.max_update and not isinstance(sender, Relayed):
            self._stats.refused += 1
            sender.refused(
                Refusal.TOO_BIG,
                f"a change of {size} bytes is above the limit of {self._limits.max_update}; make it in smaller parts",
            )
            return True
        unsaved = self._saving.unsaved_bytes
        before = unsaved + self.waiting_bytes
        most = self._limits.unsaved_room
        mine = backlog = 0
        if not isinstance(sender, Relayed):
            mine = self._saving.unsaved_of[sender.author] + self._waiting_of[sender.author]
            backlog = self._backlog[sender.author]
        taken = (
            fits(size, most=most, waiting=before, mine=mine)
            and not (backlog and backlog + size > ROOMS_OF_ONE * most)
            and self._write_buffer.fits(size, of=None if isinstance(sender, Relayed) else sender.author)
        )
        if not taken:
            self._stats.refused += 1
            checking = max(self.waiting_bytes, backlog) > unsaved
            slow = f"too much waits to be {'checked' if checking else 'saved'}; it will be asked for again"
            sender.refused(Refusal.STORAGE, self._saving.problem or slow)
            return True
        return False

    def _receive_queued(self, update: bytes, sender: Sender, summary: UpdateSummary | None = None) -> None:
        author, size = sender.author, len(update)
        self.waiting_bytes += size
        self._waiting_of[author] += size
        self._backlog[author] += size

        async def work() -> None:
            self.waiting_bytes -= size
            less(self._waiting_of, author, size)
            try:
                await self._receive_heavy(update, sender, summary)
            finally:
                less(self._backlog, author, size)

        self._queue.add(work, of=author)

    async def _receive_heavy(self, update: bytes, sender: Sender, summary: UpdateSummary | None) -> None:
        payer = sender
        try:
            if summary is None:
                summary = await self.inspect(update, payer)
            with charged(payer):
                part = self._vetting.part(update, summary, sender)
            if part is None:
                return
            heavy = not self.light(update) or part[1].structs > MOST_STRUCTS
            update, summary, sender = vetted = part
            applied = await self._loaded.ask(lambda replica: replica.apply(*vetted[:2], payer), payer, heavy=heavy)
        except (MalformedUpdate, ReplicaCorrupt, TooSlow) as error:
            if isinstance(error, ReplicaCorrupt):
                self._loaded.replica = None
            killed = isinstance(error, WorkerKilled)
            if killed and self._replicas.killed_too_often(self._document, payer):
                self._refuse_malformed(sender, MalformedUpdate(TOO_HEAVY))
            elif killed or isinstance(error, ReplicaLost):
                sender.refused(Refusal.STORAGE, str(error) if isinstance(error, Unopenable) else LATER)
            else:
                self._refuse_malformed(sender, error)
        except Exception as error:  # noqa: BLE001 - not the update's fault: its sender keeps it and is asked again
            self._failed(error)
            sender.refused(Refusal.STORAGE, LATER)
        else:
            self._accept(update, sender, summary, applied)

    def _refuse_malformed(self, sender: Sender, error: Exception) -> None:
        self._stats.refused += 1
        if count := self._refusals(sender.author):
            _log.warning(
                "updates refused", document=self._document, author=sender.author, error=str(error), count=count
            )
        sender.refused(Refusal.MALFORMED, str(error))
