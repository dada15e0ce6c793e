"""A room: one live document on this node, its members, and the way of an edit through it.

receive → prove on the replica → outbox (tick: one merged frame for everyone) and log (group commit, then
"saved" to the senders). The room answers joins from bytes, without building the document.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import structlog

from quire.crdt.host import ReplicaHost
from quire.crdt.replica import Applied, ReplicaCorrupt
from quire.crdt.updates import MalformedUpdate, UpdateSummary, inspect, without_deletions_beyond
from quire.fanout.contract import Fanout
from quire.log.contract import Outcome, Refused, Stored
from quire.sync import wire
from quire.sync.catchup import CatchUp
from quire.sync.copy import Copy
from quire.sync.deletions import Deletions
from quire.sync.delivery import Delivery, Queued
from quire.sync.lane import PresenceLane
from quire.sync.limits import RoomLimits
from quire.sync.member import Member, Refusal, Remainder, Sender
from quire.sync.neighbours import Identity, Neighbours, Relayed
from quire.sync.size import SizeWatch
from quire.sync.socket import CloseCode
from quire.sync.turns import Turns
from quire.sync.unstorable import Unstorable
from quire.sync.writers import Writers

if TYPE_CHECKING:
    from quire.sync.rooms import Journal
    from quire.sync.stats import SyncStats

_log = structlog.get_logger("quire.sync.room")
MOST_STRUCTS = 1000
"""Structs of an update that is applied in this process: crafted ones take each the longer the more there are."""
SLOW = 0.05
"""Seconds that one update may take here; the document moves to a worker process then."""
MOST_WAITING = 1000
"""Updates of one document that may wait for missing ones."""
VISIT_SECONDS = 20.0
"""How long somebody without a socket counts as here after each exchange; a tab in front makes one every second."""
ANEW = "the document is read anew; the update will be asked for again"


class Room:
    """One live document. All methods run on the event loop; nothing here blocks it."""

    def __init__(
        self,
        document: str,
        stored: Stored,
        *,
        journal: Journal,
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
        self.unsaved_bytes = 0
        self.unsaved = 0
        self.last_used = self.last_edit = 0.0
        self.problem: str | None = None
        """Why nothing can be saved now, None while all is well."""
        self.submitted = self.stored = 0
        """Updates handed to the log, and how many of those it has answered for."""
        self.waiting_bytes = 0
        """Bytes of updates that wait to be proved."""
        self.unstorable = unstorable
        self._refused: list[tuple[bytes, str]] = []
        """Updates that storage refused for good, with the reason: from the first on nothing is called saved."""
        self._spoiled = spoiled
        self._answered = asyncio.Event()
        """Set when storage has answered for another update."""
        self._loop = asyncio.get_running_loop()
        self._journal, self._replicas, self._limits, self.stats = journal, replicas, limits, stats
        self._copy = Copy(stored, replicas, heavy=limits.heavy_document)
        self.clock = self._copy.clock
        self._deletions = Deletions(self._copy)
        self._writers = Writers(self.clock)
        self._waiting_saved: deque[tuple[int, dict[Sender, int]]] = deque()
        self._turns = Turns(self._turn_failed)
        self._delivery = Delivery(stats, window=self._window, told=self._tell)
        self.presence = PresenceLane(
            audience=self.members.__len__, send=self._delivery.broadcast, told=self._tell_presence
        )
        self.catch_up = CatchUp(self._copy, self._delivery, self.presence, turns=self._turns, stats=stats)
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

    # ---------------------------------------------------------------- reading

    def visit(self, identity: str) -> None:
        """Somebody without a socket is here, and for a while: nobody else may write in their name."""
        self._writers.visit(identity, self.now + VISIT_SECONDS)

    async def exchange(self, state_vector: bytes) -> tuple[bytes, bytes]:
        """Return (own state vector, what the holder of `state_vector` lacks); in order with updates."""
        done: asyncio.Future[tuple[bytes, bytes]] = self._loop.create_future()

        async def turn() -> None:
            try:
                update = await self._copy.diff(state_vector)
            except Exception as error:  # noqa: BLE001 - handed to the waiter
                if not done.done():
                    done.set_exception(error)
                return
            if not done.done():
                done.set_result((self.clock.encode(), update))

        self._turns.add(turn)
        return await done

    async def contains(self, update: bytes) -> bool:
        """Return whether the document already holds everything in `update`; raises `MalformedUpdate`."""
        summary = await self._inspect(update)
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
        return self._copy.size

    @property
    def memory(self) -> int:
        """Bytes of memory that this room takes, about."""
        return self._copy.memory + 4096

    # ---------------------------------------------------------------- updates

    def receive(self, update: bytes, sender: Sender) -> None:
        """Take an update from a sender whose right to write was checked; it is proved before anyone sees it.

        What another node accepted is taken whatever its size; at the limit of unsaved bytes it is asked for later.
        """
        self.stats.received += 1
        size = len(update)
        if self._refused:
            sender.refused(Refusal.STORAGE, ANEW)
            return
        if size > self._limits.max_update and not isinstance(sender, Relayed):
            sender.refused(Refusal.TOO_BIG, f"update of {size} bytes; the limit is {self._limits.max_update}")
            return
        before = self.unsaved_bytes + self.waiting_bytes
        if (before and before + size > self._limits.unsaved_room) or self._journal.full(size):
            self.stats.refused += 1
            checking = self.waiting_bytes > self.unsaved_bytes
            slow = f"too much waits to be {'checked' if checking else 'saved'}; it will be asked for again"
            sender.refused(Refusal.STORAGE, self.problem or slow)
            return
        replica = self._copy.replica
        if replica is None or self._turns or not replica.local or not self.light(update):
            self._receive_in_turn(update, sender)
            return
        started = self._loop.time()
        try:
            summary = inspect(update)
            if summary.structs > MOST_STRUCTS:
                self._receive_in_turn(update, sender)
                return
            update, summary, sender = self._own_part(update, summary, sender)
            if not self._within_limit(update, summary, sender):
                return
            applied = replica.apply_now(update, summary)
        except MalformedUpdate as error:
            self._refuse_malformed(sender, error)
            return
        except ReplicaCorrupt as error:
            self._copy.replica = None
            self._refuse_malformed(sender, error)
            return
        self._accept(update, sender, summary, applied)
        if self._loop.time() - started > SLOW:
            self._turns.add(self._copy.move)

    def _receive_in_turn(self, update: bytes, sender: Sender) -> None:
        self.waiting_bytes += len(update)

        async def turn() -> None:
            self.waiting_bytes -= len(update)
            await self._receive_heavy(update, sender)

        self._turns.add(turn)

    async def _receive_heavy(self, update: bytes, sender: Sender) -> None:
        try:
            summary = await self._inspect(update)
            heavy = not self.light(update) or summary.structs > MOST_STRUCTS
            update, summary, sender = self._own_part(update, summary, sender)
            if not self._within_limit(update, summary, sender):
                return
            applied = await self._copy.ask(lambda replica: replica.apply(update, summary), heavy=heavy)
        except (MalformedUpdate, ReplicaCorrupt) as error:
            if isinstance(error, ReplicaCorrupt):
                self._copy.replica = None
            self._refuse_malformed(sender, error)
        except Exception as error:  # noqa: BLE001 - not the update's fault: its sender keeps it and is asked again
            self._turn_failed(error)
            sender.refused(Refusal.STORAGE, "the update cannot be checked now; it will be asked for again")
        else:
            self._accept(update, sender, summary, applied)

    def _own_part(self, update: bytes, summary: UpdateSummary, sender: Sender) -> tuple[bytes, UpdateSummary, Sender]:
        """Leave out what can never be stored, and what was written in another's name; its sender is told.

        Who is honest offers the latter again.
        """
        if self.unstorable:
            own = not isinstance(sender, Relayed)
            kept, summary = self.unstorable.leave_out(update, summary, self.clock, waiting=own)
            if kept is not update and own:
                self.stats.refused += 1
                sender.refused(Refusal.UNSTORABLE, self.unstorable.reason)
                sender = Remainder(sender)
            update = kept
        if isinstance(sender, Relayed):
            return update, summary, sender
        told = sender
        update, summary, foreign = self._writers.own_part(update, summary, sender)
        if foreign:
            self.stats.foreign += 1
            for client in foreign:
                self._doubt(self._writers.holders(client, sender.identity), sender)
            sender.refused(Refusal.TAKEN, "somebody else here writes with this client id; it will be asked for again")
            told = Remainder(sender)
        if early := self._writers.early(summary, sender):
            update = without_deletions_beyond(update, summary, {client: self.clock.of(client) for client in early})
            summary = inspect(update)
            sender.refused(Refusal.TAKEN, "somebody has yet to write what this deletes; it will be asked for again")
            told = Remainder(sender)
        if told is not sender and isinstance(sender, Member):
            sender.withheld.add(foreign, early)
        return update, summary, told

    def _doubt(self, holders: Iterable[object], sender: Sender) -> None:
        """Make sure that guests with the same link as `sender` are still there: it may be one of them, come back."""
        for holder in holders:
            if isinstance(holder, Member) and holder.author == sender.author:
                holder.socket.doubt()

    def takes_again(self, member: Member) -> bool:
        """Whether what was refused to a member would be taken now."""
        if member.refusals and self.relieved:
            return True
        return bool(member.withheld) and self._writers.settled(member.withheld, member.identity)

    def _refuse_malformed(self, sender: Sender, error: Exception) -> None:
        self.stats.refused += 1
        _log.warning("update refused", document=self.document, author=sender.author, error=str(error))
        sender.refused(Refusal.MALFORMED, str(error))

    def _within_limit(self, update: bytes, summary: UpdateSummary, sender: Sender) -> bool:
        """Refuse growth past the hard limit, and too much that waits for what is missing; deleting is possible."""
        if isinstance(sender, Relayed):
            return True
        growth = summary.content_bytes
        if any(end > self.clock.of(client) for client, end in summary.deletes):
            growth = len(update)
        if self.clock.waiting >= MOST_WAITING and self.clock.would_wait(summary):
            self.stats.refused += 1
            sender.refused(Refusal.STORAGE, "too many updates wait for missing ones; this one will be asked for again")
            return False
        if growth == 0 or self.size + growth <= self._limits.document_limit:
            return True
        self.stats.refused += 1
        self._size_watch.check()
        if not self._turns:
            # What was deleted lately may still be counted.
            self._turns.add(self._fold)
        sender.refused(
            Refusal.DOCUMENT_FULL,
            f"the document has reached its limit of {self._limits.document_limit} bytes; delete something first",
        )
        return False

    def _accept(self, update: bytes, sender: Sender, summary: UpdateSummary, applied: Applied) -> None:
        if not applied.changed:
            self._answer_when_durable(sender)
            return
        self._copy.add(update, applied)
        self.last_edit = self._loop.time()
        if isinstance(sender, Relayed):
            sender.keep(update)
        else:
            self.store(update, sender)
        self._delivery.queue(update, sender, summary)
        if self._copy.rebase_due:
            self._turns.add(self._rebase)
        if self.size >= self._limits.document_warn:
            self._size_watch.check()

    def store(self, update: bytes, sender: Sender) -> None:
        """Hand an update to the log."""
        self.unsaved += 1
        self.unsaved_bytes += len(update)
        self.submitted += 1
        self._journal.append(self, update, sender)

    def adopt(self) -> None:
        """Store what came from other nodes and may not be stored there."""
        self._neighbours.adopt()

    def _answer_when_durable(self, sender: Sender) -> None:
        """A repeated update is saved once everything before it is, wherever that came from."""
        if isinstance(sender, Relayed):
            return
        if self._neighbours.unconfirmed:
            self.adopt()
        if self.stored == self.submitted:
            sender.saved(1)
            return
        waiting = self._waiting_saved
        if not waiting or waiting[-1][0] != self.submitted:
            waiting.append((self.submitted, {}))
        senders = waiting[-1][1]
        senders[sender] = senders.get(sender, 0) + 1

    def committed(self, update: bytes, sender: Sender, outcome: Outcome) -> bool:
        """The journal stored (or for good refused) the oldest outstanding update; returns whether it is saved.

        What comes after a refused update may build on it, so that a restart would not show it: it is not.
        """
        self.unsaved -= 1
        self.unsaved_bytes -= len(update)
        self._answered.set()
        if isinstance(outcome, Refused):
            self._spoil(update, sender, outcome.reason)
            return False
        if self._refused:
            sender.refused(Refusal.STORAGE, ANEW)
            return False
        self.stored += 1
        waiting = self._waiting_saved
        while waiting and waiting[0][0] <= self.stored:
            for repeating, count in waiting.popleft()[1].items():
                repeating.saved(count)
        return True

    def _spoil(self, update: bytes, sender: Sender, why: str) -> None:
        """The room shows what is not stored: it ends, and everybody comes to one that is read from the log."""
        _log.error("update cannot be stored", document=self.document, author=sender.author, reason=why)
        reason = f"a part of what you have here cannot be stored ({why}); keep a copy and open the document anew"
        sender.refused(Refusal.UNSTORABLE, reason)
        first = not self._refused
        self._refused.append((update, reason))
        if not first:
            return
        for _, senders in self._waiting_saved:
            for repeating in senders:
                repeating.refused(Refusal.STORAGE, ANEW)
        self._waiting_saved.clear()
        for member in list(self.members):
            member.socket.close(CloseCode.RESTART, "the document is read anew; connect again")
        self._spoiled(self)

    async def end(self) -> Unstorable:
        """Close a spoiled room when everything in it has been stored or refused; return what must not come again."""
        await self._turns.finish()
        while self.unsaved:
            self._answered.clear()
            await self._answered.wait()
        try:
            for update, reason in self._refused:
                self.unstorable.add(await self._inspect(update), reason)
        finally:
            await self.close()
        return self.unstorable

    @property
    def now(self) -> float:
        """The event loop's time."""
        return self._loop.time()

    @property
    def relieved(self) -> bool:
        """Whether a sender that was refused for want of room may offer again."""
        half = self._limits.unsaved_room // 2
        return self.problem is None and self.unsaved_bytes + self.waiting_bytes < half and self._journal.relieved

    @property
    def settled(self) -> bool:
        """Whether nothing waits to be proved, sent or saved."""
        return not (self._turns or self._delivery.outbox or self.unsaved)

    # ---------------------------------------------------------------- upkeep of the copy

    def _turn_failed(self, error: Exception) -> None:
        _log.error("room work failed", document=self.document, error=str(error), exc_info=error)
        self.stats.errors += 1

    async def _rebase(self) -> None:
        """Fold the tail when it has grown enough since this was asked for."""
        if self._copy.rebase_due:
            await self._fold()

    async def _fold(self) -> None:
        await self._copy.fold()
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
            self._neighbours.tell((update, sender) for update, sender, _ in batch)

    def _tell_presence(self, changes: Sequence[wire.PresenceEntry]) -> None:
        self.stats.presence += 1
        if self._neighbours.heard:
            self._neighbours.tell_presence(self.presence.people.of_here(changes))

    def present(self, member: Member, entries: Iterable[wire.PresenceEntry]) -> None:
        """Take a member's presence; others hear of it at a rate set by the size of the audience."""
        own = []
        for entry in entries:
            owner = self._writers.owner(entry.client)
            if owner is None or owner == member.identity:
                own.append(entry)
            elif entry.state is not None:
                self._doubt(self._writers.holders(entry.client, member.identity), member)
        self._doubt(self.presence.take(member, member.identity, own, socket=member.connection), member)
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
        if not self._turns:
            await self._copy.rest()

    async def close(self) -> None:
        """Release everything; the caller has made sure that the room is settled and empty."""
        self._delivery.close()
        self.presence.close()
        await self._turns.finish()
        await self._neighbours.close()
        await self._copy.rest()
