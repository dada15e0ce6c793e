"""A room: one live document on this node, its members, and the way of an edit through it.

receive → prove on the replica → outbox (tick: one merged frame for everyone) and log (group commit, then
"saved" to the senders). The room answers joins from bytes, without building the document.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence

import structlog

from quire.access import Principal
from quire.crdt.host import ReplicaHost
from quire.crdt.replica import Applied, Replica, ReplicaCorrupt
from quire.crdt.updates import MalformedUpdate, UpdateSummary, inspect
from quire.fanout.contract import Fanout
from quire.log.contract import Stored
from quire.sync import wire
from quire.sync.catchup import CatchUp
from quire.sync.deletions import Deletions
from quire.sync.delivery import Delivery, Queued
from quire.sync.document import LoadedDocument
from quire.sync.lane import PresenceLane
from quire.sync.limits import RoomLimits
from quire.sync.member import Member, Refusal, Sender
from quire.sync.neighbours import Identity, Neighbours, Relayed
from quire.sync.saving import ANEW, Saving
from quire.sync.serialqueue import SerialQueue
from quire.sync.size import SizeWatch
from quire.sync.socket import CloseCode
from quire.sync.stats import SyncStats
from quire.sync.unstorable import Unstorable
from quire.sync.vetting import Part, Vetting
from quire.sync.writebuffer import WriteBuffer
from quire.sync.writers import Writers, doubt

_log = structlog.get_logger("quire.sync.room")
MOST_STRUCTS = 1000
"""Structs of an update that is applied in this process: crafted ones take each the longer the more there are."""
SLOW = 0.05
"""Processor seconds that one update may take here; the document moves to a worker process then."""
VISIT_SECONDS = 20.0
"""How long somebody without a socket counts as here after each exchange; a tab in front makes one every second."""


class Room:
    """One live document. All methods run on the event loop; nothing here blocks it."""

    def __init__(
        self,
        document: str,
        stored: Stored,
        *,
        write_buffer: WriteBuffer,
        replicas: ReplicaHost,
        limits: RoomLimits,
        stats: SyncStats,
        fanout: Fanout,
        identity: Identity,
        load: Callable[[str], Awaitable[Stored]],
        spoiled: Callable[[Room], None],
        unstorable: Unstorable,
    ) -> None:
        """Open what is stored.

        `spoiled` is called once, when the room holds what is not stored and never will be; `unstorable` is that of
        earlier such rooms.
        """
        self.document = document
        self.members: set[Member] = set()
        self.last_used = self.last_edit = 0.0
        self.problem: str | None = None
        """Why nothing can be saved now, None while all is well."""
        self.waiting_bytes = 0
        """Bytes of updates that wait to be proved."""
        self.saving = Saving(document, write_buffer, spoiled=self._on_spoiled)
        self._unstorable, self._spoiled = unstorable, spoiled
        self._loop = asyncio.get_running_loop()
        self._write_buffer, self._replicas, self._limits, self.stats = write_buffer, replicas, limits, stats
        self._loaded = LoadedDocument(stored, replicas, heavy=limits.heavy_document)
        self.clock = self._loaded.clock
        self._deletions = Deletions(self._loaded)
        self._writers = Writers(self.clock)
        self._queue = SerialQueue(self._work_failed)
        self._delivery = Delivery(stats, window=self._window, told=self._tell)
        self.presence = PresenceLane(
            audience=self.members.__len__, send=self._delivery.broadcast, told=self._tell_presence
        )
        self.catch_up = CatchUp(self._loaded, self._delivery, self.presence, queue=self._queue, stats=stats)
        self._vetting = Vetting(
            self._loaded, self._writers, unstorable, limit=limits.document_limit, stats=stats, full=self._full
        )
        self._size_watch = SizeWatch(
            lambda: self.size, warn=limits.document_warn, limit=limits.document_limit, tell=self.notify
        )
        self._neighbours = Neighbours(self, fanout, identity, load, limits.beacon)

    # ---------------------------------------------------------------- members

    def join(self, member: Member) -> None:
        """Add a member; from here on it gets every increment."""
        member.room = self
        self.members.add(member)
        self._writers.join(member)
        self.catch_up.start(member)
        if len(self.presence.people):
            self.catch_up.tell_people(member)
        if self.problem is not None:
            member.notify({"type": "storage", "ok": False, "reason": self.problem})
        if (size := self._size_watch.news) is not None:
            member.notify(size)

    def leave(self, member: Member) -> None:
        """Remove a member and withdraw its presence."""
        self.members.discard(member)
        self._delivery.remove(member)
        member.room = None
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
        self._writers.visit(identity, self.now + VISIT_SECONDS)

    async def exchange(self, state_vector: bytes, charge: Callable[[float], None] | None = None) -> tuple[bytes, bytes]:
        """Return (own state vector, what the holder of `state_vector` lacks); in order with updates.

        `charge` hears of the seconds that this process took for the answer.
        """
        done: asyncio.Future[tuple[bytes, bytes]] = self._loop.create_future()

        async def work() -> None:
            try:
                update = await self._loaded.diff(state_vector, charge)
            except Exception as error:  # noqa: BLE001 - handed to the waiter
                if not done.done():
                    done.set_exception(error)
                return
            if not done.done():
                done.set_result((self.clock.encode(), update))

        self._queue.add(work)
        return await done

    async def contains(self, update: bytes, summary: UpdateSummary | None) -> bool:
        """Return whether the document already holds everything in `update`; raises `MalformedUpdate`.

        Without its `summary` it is read in a worker process.
        """
        summary = summary or await self._replicas.inspect(update)
        clock = self.clock
        if any(end > clock.of(client) for client, _, end in summary.ranges):
            return False
        if any(end > clock.of(client) for client, end in summary.deletes):
            return False
        return not summary.deletes or await self._deletions.hold(update[summary.deletes_at :])

    async def _inspect(self, update: bytes) -> UpdateSummary:
        return inspect(update) if self.light(update) else await self._replicas.inspect(update)

    def light(self, update: bytes) -> bool:
        """Whether an update is small enough to be read in this process."""
        return len(update) <= self._limits.heavy_update

    @property
    def size(self) -> int:
        """Encoded size in bytes, about."""
        return self._loaded.size

    @property
    def memory(self) -> int:
        """Bytes of memory that this room takes, about."""
        return self._loaded.memory + 4096

    # ---------------------------------------------------------------- updates

    def receive(self, update: bytes, sender: Sender) -> None:
        """Take an update from a sender whose right to write was checked; it is proved before anyone sees it.

        What another node accepted is taken whatever its size; at the limit of unsaved bytes it is asked for later.
        """
        self.stats.received += 1
        size = len(update)
        if self.saving.refused:
            sender.refused(Refusal.STORAGE, ANEW)
            return
        if size > self._limits.max_update and not isinstance(sender, Relayed):
            self.stats.refused += 1
            sender.refused(
                Refusal.TOO_BIG,
                f"a change of {size} bytes is above the limit of {self._limits.max_update}; make it in smaller parts",
            )
            return
        unsaved = self.saving.unsaved_bytes
        before = unsaved + self.waiting_bytes
        if (before and before + size > self._limits.unsaved_room) or self._write_buffer.full(size):
            self.stats.refused += 1
            checking = self.waiting_bytes > unsaved
            slow = f"too much waits to be {'checked' if checking else 'saved'}; it will be asked for again"
            sender.refused(Refusal.STORAGE, self.problem or slow)
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
        except ReplicaCorrupt as error:
            self._loaded.replica = None
            self._refuse_malformed(sender, error)
            return
        self._accept(update, sender, summary, applied)
        if time.thread_time() - started > SLOW:
            self._queue.add(self._loaded.move)

    def _receive_queued(self, update: bytes, sender: Sender, summary: UpdateSummary | None = None) -> None:
        self.waiting_bytes += len(update)

        async def work() -> None:
            self.waiting_bytes -= len(update)
            await self._receive_heavy(update, sender, summary)

        self._queue.add(work)

    async def _receive_heavy(self, update: bytes, sender: Sender, summary: UpdateSummary | None) -> None:
        payer = sender
        try:
            if summary is None and not self.light(update):
                summary = await self._replicas.inspect(update)
            part = self._judge(update, summary, payer)
            if part is None:
                return
            heavy = not self.light(update) or part[1].structs > MOST_STRUCTS
            update, summary, sender = vetted = part
            applied = await self._loaded.ask(lambda replica: _applied(replica, *vetted[:2], payer), heavy=heavy)
        except (MalformedUpdate, ReplicaCorrupt) as error:
            if isinstance(error, ReplicaCorrupt):
                self._loaded.replica = None
            self._refuse_malformed(sender, error)
        except Exception as error:  # noqa: BLE001 - not the update's fault: its sender keeps it and is asked again
            self._work_failed(error)
            sender.refused(Refusal.STORAGE, "the update cannot be checked now; it will be asked for again")
        else:
            self._accept(update, sender, summary, applied)

    def _judge(self, update: bytes, summary: UpdateSummary | None, sender: Sender) -> Part | None:
        started = time.thread_time()
        try:
            return self._vetting.part(update, inspect(update) if summary is None else summary, sender)
        finally:
            sender.charge(time.thread_time() - started)

    def takes_again(self, member: Member) -> bool:
        """Whether what was refused to a member would be taken now."""
        if member.refusals and self.relieved:
            return True
        return bool(member.withheld) and self._writers.settled(member.withheld, member.identity)

    def _refuse_malformed(self, sender: Sender, error: Exception) -> None:
        self.stats.refused += 1
        _log.warning("update refused", document=self.document, author=sender.author, error=str(error))
        sender.refused(Refusal.MALFORMED, str(error))

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

    async def end(self) -> Unstorable:
        """Close a spoiled room when everything in it has been stored or refused; return what must not come again."""
        await self._queue.finish()
        await self.saving.finish()
        try:
            for update, reason in self.saving.refused:
                self._unstorable.add(await self._inspect(update), reason)
        finally:
            await self.close()
        return self._unstorable

    @property
    def now(self) -> float:
        """The event loop's time."""
        return self._loop.time()

    @property
    def relieved(self) -> bool:
        """Whether a sender that was refused for want of room may offer again."""
        half = self._limits.unsaved_room // 2
        return (
            self.problem is None
            and self.saving.unsaved_bytes + self.waiting_bytes < half
            and self._write_buffer.relieved
        )

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be proved, sent or saved."""
        return not (self._queue or self._delivery.outbox or self.saving.unsaved)

    # ---------------------------------------------------------------- upkeep of the loaded document

    def _work_failed(self, error: Exception) -> None:
        _log.error("room work failed", document=self.document, error=str(error), exc_info=error)
        self.stats.errors += 1

    async def _rebase(self) -> None:
        """Fold the tail when it has grown enough since this was asked for."""
        if self._loaded.rebase_due:
            await self._fold()

    def _full(self) -> None:
        """An update would have passed the limit: what was deleted lately may still be counted."""
        self._size_watch.check()
        if not self._queue:
            self._queue.add(self._fold)

    async def _fold(self) -> None:
        await self._loaded.fold()
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
        doubt(self.presence.take(member, member.identity, own, socket=member.connection), member)
        if member.writable:
            for entry in own:
                if self.presence.people.speaks(member, entry.client):
                    self._writers.claim(entry.client, member)

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
        if problem == self.problem:
            return
        self.problem = problem
        self.notify({"type": "storage", "ok": problem is None, "reason": problem or ""})

    async def rest(self) -> None:
        """Drop the replica of a room that nobody edits; the bytes stay."""
        if not self._queue:
            await self._loaded.rest()

    async def close(self) -> None:
        """Release everything; the caller has made sure that the room is settled and empty."""
        self._delivery.close()
        self.presence.close()
        await self._queue.finish()
        await self._neighbours.close()
        await self._loaded.rest()


async def _applied(replica: Replica, update: bytes, summary: UpdateSummary, payer: Sender) -> Applied:
    """Have a replica take an update; what it takes in this process goes on the account of `payer`."""
    started = time.thread_time()
    try:
        return await replica.apply(update, summary)
    finally:
        if replica.local:
            payer.charge(time.thread_time() - started)
