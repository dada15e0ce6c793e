"""A room: one live document on this node, its members, and the way of an edit through it.

ingest (limits, vetting, proof on the replica) → outbox (tick: one merged frame for everyone) and log (group commit,
then "saved" to the senders). The room answers joins from bytes, without building the document.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from quire.access.contract import Principal
from quire.crdt.clock import Clock
from quire.crdt.host import ReplicaHost, Unopenable
from quire.crdt.replica import Applied
from quire.crdt.turns import Payer
from quire.crdt.updates import UpdateSummary
from quire.fanout.contract import Fanout
from quire.log.contract import Stored
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.limits import RoomLimits
from quire.sync.rooms.catchup import CatchUp
from quire.sync.rooms.deletions import Deletions
from quire.sync.rooms.delivery import Delivery, Queued
from quire.sync.rooms.document import LoadedDocument
from quire.sync.rooms.ingest import Ingest
from quire.sync.rooms.lane import PresenceLane
from quire.sync.rooms.member import Member
from quire.sync.rooms.neighbour import Relayed
from quire.sync.rooms.neighbours import Identity, Neighbours
from quire.sync.rooms.saving import Saving
from quire.sync.rooms.sender import Sender
from quire.sync.rooms.serialqueue import SerialQueue
from quire.sync.rooms.size import SizeWatch
from quire.sync.rooms.unstorable import Unstorable
from quire.sync.rooms.vetting import Vetting
from quire.sync.rooms.writebuffer import WriteBuffer
from quire.sync.rooms.writers import Writers, doubt
from quire.sync.stats import SyncStats

_log = structlog.get_logger("quire.sync.rooms.room")
VISIT_SECONDS = 20.0
"""How long somebody without a socket counts as here after each exchange; a tab in front makes one every second."""


class Room:
    """One live document. All methods run on the event loop; nothing here blocks it."""

    def __init__(
        self,
        document: str,
        stored: Stored,
        clock: Clock,
        *,
        write_buffer: WriteBuffer,
        replicas: ReplicaHost,
        backlog: Counter[str],
        limits: RoomLimits,
        stats: SyncStats,
        fanout: Fanout,
        identity: Identity,
        load: Callable[[str], Awaitable[Stored]],
        spoiled: Callable[[Room], None],
        unstorable: Unstorable,
    ) -> None:
        """Open what is stored, at its clock.

        `backlog` is that of `Ingest`. `spoiled` is called once, when the room holds what is not stored and never will
        be; `unstorable` is that of earlier such rooms.
        """
        self.document = document
        self.members: set[Member] = set()
        self.last_used = self.last_edit = 0.0
        self.saving = Saving(document, write_buffer, spoiled=self._on_spoiled)
        self._unstorable, self._spoiled = unstorable, spoiled
        self._loop = asyncio.get_running_loop()
        self._limits, self.stats = limits, stats
        self._loaded = LoadedDocument(document, stored, clock, replicas, heavy=limits.heavy_document)
        self.clock = clock
        self._writers = Writers(self.clock)
        self._queue = SerialQueue(self._work_failed)
        self._fold_due = False
        self._deletions = Deletions(self._loaded, self._queue)
        self._delivery = Delivery(stats, window=self._window, told=self._tell)
        self.presence = PresenceLane(
            per_person=limits.max_cursors,
            audience=self.members.__len__,
            send=self._delivery.broadcast,
            told=self._tell_presence,
        )
        self.catch_up = CatchUp(self._loaded, self._delivery, self.presence, queue=self._queue, stats=stats)
        self._vetting = Vetting(
            self._loaded, self._writers, unstorable, limit=limits.document_limit, stats=stats, full=self._full
        )
        self.ingest = Ingest(
            document,
            self._loaded,
            self._vetting,
            self.saving,
            queue=self._queue,
            write_buffer=write_buffer,
            replicas=replicas,
            backlog=backlog,
            limits=limits,
            stats=stats,
            accept=self._accept,
            failed=self._work_failed,
        )
        self._size_watch = SizeWatch(
            lambda: self.size, warn=limits.document_warn, limit=limits.document_limit, tell=self.notify
        )
        self._neighbours = Neighbours(
            document,
            fanout,
            identity,
            clock=self.clock,
            ingest=self.ingest,
            presence=self.presence,
            saving=self.saving,
            stats=stats,
            missing=self.missing,
            load=load,
            beacon=limits.beacon,
        )

    # ---------------------------------------------------------------- members

    def join(self, member: Member) -> None:
        """Add a member; from here on it gets every increment."""
        member.here = True
        self.members.add(member)
        self._writers.join(member)
        self.catch_up.start(member)
        if len(self.presence.people):
            self.catch_up.tell_people(member)
        if self.saving.problem is not None:
            member.notify({"type": "storage", "ok": False, "reason": self.saving.problem})
        if (size := self._size_watch.news) is not None:
            member.notify(size)

    def leave(self, member: Member) -> None:
        """Remove a member and withdraw its presence."""
        self.members.discard(member)
        self._delivery.remove(member)
        member.here = False
        self._writers.leave(member)
        self.last_used = self._loop.time()
        self.presence.leave(member)

    def rename(self, member: Member, principal: Principal) -> None:
        """A member is somebody else from here on, and has nothing of the one before: no cursor, no client ids."""
        self._writers.leave(member)
        self.presence.leave(member)
        member.become(principal)
        self._writers.join(member)

    # ---------------------------------------------------------------- reading

    def visit(self, identity: str) -> None:
        """Somebody without a socket is here, and for a while: nobody else may write in their name."""
        self._writers.visit(identity, self._loop.time() + VISIT_SECONDS)

    def missing(self, state_vector: bytes, payer: Payer | None = None) -> asyncio.Future[bytes]:
        """To be awaited for what the holder of `state_vector` lacks now, in order with updates.

        The time that it takes is on the account of `payer`.
        """
        return self._queue.do(lambda: self._loaded.diff(state_vector, payer), of=payer.author if payer else "")

    async def contains(self, update: bytes, summary: UpdateSummary | None, payer: Payer) -> bool:
        """Return whether the document already holds everything in `update`; raises `MalformedUpdate`.

        Without its `summary` it is read in a worker process. The time is on the account of `payer`.
        """
        summary = summary or await self.ingest.inspect(update, payer)
        clock = self.clock
        if any(end > clock.of(client) for client, _, end in summary.ranges):
            return False
        if any(end > clock.of(client) for client, end in summary.deletes):
            return False
        return not summary.deletes or await self._deletions.hold(update[summary.deletes_at :], payer)

    @property
    def size(self) -> int:
        """Encoded size in bytes, about."""
        return self._loaded.size

    @property
    def memory(self) -> int:
        """Bytes of memory that this room takes, about."""
        return self._loaded.memory + 4096

    # ---------------------------------------------------------------- updates

    def takes_again(self, member: Member) -> bool:
        """Whether what was refused to a member would be taken now."""
        if member.refusals and self.ingest.relieved(member.author):
            return True
        return bool(member.withheld) and self._writers.settled(member.withheld, member.identity)

    def _accept(self, update: bytes, sender: Sender, summary: UpdateSummary, applied: Applied) -> None:
        if not applied.changed:
            if not isinstance(sender, Relayed):
                if self._neighbours.unconfirmed:
                    self.adopt()
                self.saving.repeat(sender)
            return
        told, stored, since = update, update, summary.ranges
        if applied.given is not None:
            told, clock = applied.given, self.clock
            since = tuple((client, clock.of(client), end) for client, end in applied.clocks.items())
            if not (clock.waiting or applied.waiting):
                # Of what waits, and of what waited for it, the log has the original.
                stored = told
        self._loaded.add(update, applied)
        self.last_edit = self._loop.time()
        if isinstance(sender, Relayed):
            sender.keep(stored)
        else:
            if self._neighbours.unconfirmed_of(sender.author):
                # What they wrote at another node before: this would be called saved, and stands on that.
                self.adopt()
            self.saving.store(stored, sender)
        self._delivery.queue(Queued(told, sender, applied.given is not None, since, stored))
        if self._loaded.rebase_due:
            self._queue.add(self._rebase)
        if self.size >= self._limits.document_warn:
            self._size_watch.check()

    def adopt(self) -> None:
        """Store what came from other nodes and may not be stored there."""
        self._neighbours.adopt()

    def _on_spoiled(self) -> None:
        """The room shows what is not stored: it ends, and everybody comes to one that is read from the log."""
        for member in list(self.members):
            member.socket.close(CloseCode.RESTART, "the document is read anew; connect again")
        self._spoiled(self)

    async def finish(self) -> None:
        """Wait until all that was received has been stored or refused."""
        await self._queue.finish()
        await self.saving.finish()

    async def end(self) -> Unstorable:
        """Close a spoiled room when everything in it has been stored or refused; return what must not come again."""
        await self.finish()
        unstorable = self._unstorable
        try:
            for update, reason in self.saving.refused:
                unstorable.add(await self.ingest.inspect(update), reason)
        finally:
            await self.close()
        return unstorable

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be proved, sent or saved."""
        return not (self._queue or self._delivery.outbox or self.saving.unsaved)

    # ---------------------------------------------------------------- upkeep of the loaded document

    def _work_failed(self, error: Exception) -> None:
        if isinstance(error, Unopenable):
            # Its host has said so.
            return
        _log.error("room work failed", document=self.document, error=str(error), exc_info=error)
        self.stats.errors += 1

    async def _rebase(self) -> None:
        """Fold the tail when it has grown enough since this was asked for."""
        if self._loaded.rebase_due:
            await self._fold()

    def _full(self, sender: Sender) -> None:
        """An update would have passed the limit: what was deleted lately may still be counted."""
        self._size_watch.check()
        if not self._fold_due:
            self._fold_due = True
            self._queue.add(lambda: self._fold(sender), of=sender.author)

    async def _fold(self, payer: Payer | None = None) -> None:
        self._fold_due = False
        await self._loaded.fold(payer)
        self._size_watch.check()

    # ---------------------------------------------------------------- fan-out

    def _window(self) -> float:
        limits = self._limits
        return min(limits.tick_base + limits.tick_per_socket * len(self.members), limits.tick_max)

    def flush(self) -> None:
        """Send everything queued now."""
        self._delivery.flush()

    def _tell(self, batch: Iterable[Queued]) -> None:
        if self._neighbours.heard:
            self._neighbours.tell((queued.stored, queued.sender) for queued in batch)

    def _tell_presence(self, changes: Sequence[wire.PresenceEntry]) -> None:
        self.stats.presence += 1
        if self._neighbours.heard:
            self._neighbours.tell_presence(self.presence.people.of_here(changes))

    def present(self, member: Member, entries: Iterable[wire.PresenceEntry]) -> None:
        """Take a member's presence; others hear of it at a rate set by the size of the audience."""
        own = self._vetting.people(entries, member)
        taken = self.presence.take(member, member.identity, own, socket=member.connection, person=member.person)
        doubt(taken, member)
        if member.writable:
            for entry in own:
                if self.presence.people.speaks(member, entry.client):
                    self._writers.claim(entry.client, member, shown=True)

    def sweep(self, now: float) -> None:
        """Expire people who stopped renewing their presence; keep in step with other nodes."""
        self._writers.sweep(now)
        self._neighbours.sweep(now)
        self.presence.expire()

    def notify(self, message: dict[str, object]) -> None:
        """Send an application message to every member."""
        for member in list(self.members):
            member.notify(message)

    def storage(self, problem: str | None) -> None:
        """Storage began to fail (a reason for people) or works again (None): tell everyone."""
        if problem == self.saving.problem:
            return
        self.saving.problem = problem
        self.notify({"type": "storage", "ok": problem is None, "reason": problem or ""})

    async def rest(self) -> None:
        """Drop the replica of a room that nobody edits; the bytes stay."""
        if not self._queue:
            await self._loaded.rest()

    async def close(self) -> None:
        """Release everything, the room's own parts too; the caller has made sure that it is settled and empty."""
        self._delivery.close()
        self.presence.close()
        await self._queue.finish()
        await self._neighbours.close()
        await self._loaded.close()
        for member in self.members:
            member.here = False
        # Its parts know the room: only a full collection, which is rare, would find such a circle.
        vars(self).clear()
