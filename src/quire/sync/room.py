"""A room: one live document on this node, its members, and the way of an edit through it.

receive → prove on the replica → outbox (tick: one merged frame for everyone) and log (group commit, then
"saved" to the senders). The room answers joins from bytes, without building the document.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from quire.crdt.clock import Clock
from quire.crdt.replica import Replica, ReplicaCorrupt, ReplicaHost
from quire.crdt.updates import (
    MalformedUpdate,
    UpdateSummary,
    decode_state_vector,
    diff,
    encode_state_vector,
    inspect,
    merge,
    without_clients,
)
from quire.fanout.contract import Fanout
from quire.log.contract import Outcome, Refused, Stored
from quire.sync import wire
from quire.sync.member import Member, Refusal, Sender
from quire.sync.neighbours import Identity, Neighbours, Relayed
from quire.sync.presence import Presence

if TYPE_CHECKING:
    from quire.sync.rooms import Journal
    from quire.sync.stats import SyncStats

_log = structlog.get_logger("quire.sync.room")
EMPTY_STATE = b"\x00"
REBASE_BYTES = 64 * 1024
REBASE_UPDATES = 500
PRESENCE_BYTES_PER_SECOND = 16 * 1024 * 1024
"""What all sockets of a room together are sent of presence; with a crowd the rounds get rarer."""
PRESENCE_SLOWEST = 2.0
"""Longest time between rounds while there is news, in seconds."""
MOST_MERGED = 1500
"""Updates up to which a join merges bytes; merging takes the square of their number."""
MOST_LOADED = 20_000
"""Updates up to which a live copy is built in this process."""
SEPARATE_FRAMES = 8
"""Updates in a tick up to which each of its senders gets exactly the others' frames."""
MEMORY_FACTOR = 12
"""A live document takes about this many times its encoded size (measured; see anchors of the benches)."""


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Limits and timing of rooms; bytes and seconds."""

    tick_base: float
    tick_per_socket: float
    tick_max: float
    max_update: int
    max_presence: int
    document_warn: int
    document_limit: int
    unsaved_room: int
    heavy_document: int
    heavy_update: int
    beacon: float


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
    ) -> None:
        self.document = document
        self.members: set[Member] = set()
        self.presence = Presence()
        self.unsaved_bytes = 0
        self.unsaved = 0
        self.last_used = self.last_edit = 0.0
        self.problem: str | None = None
        """Why nothing can be saved now, None while all is well."""
        self._loop = asyncio.get_running_loop()
        self._journal, self._replicas, self._limits, self.stats = journal, replicas, limits, stats

        self._base = stored.snapshot.payload if stored.snapshot else b""
        self._tail = [row.payload for row in stored.tail]
        self._tail_bytes = sum(map(len, self._tail))
        self.clock = _clock_of(stored)
        self._replica: Replica | None = None
        self._joined: bytes | None = None
        self._size_level = ""

        self._writers: dict[int, Member] = {}
        self._ready: dict[bytes, dict[Member, None]] = {}
        self._outbox: list[tuple[bytes, Sender, UpdateSummary]] = []
        self._waiting_saved: deque[tuple[int, Sender]] = deque()
        self.submitted = self.stored = 0
        """Updates handed to the log, and how many of those it has answered for."""
        self._flush_handle: asyncio.Handle | None = None
        self._flushed_at = 0.0
        self._presence_handle: asyncio.Handle | None = None
        self._presence_pause = 0.0
        self._turns: deque[Callable[[], Awaitable[None]]] = deque()
        self.waiting_bytes = 0
        """Bytes of updates that wait to be proved."""
        self._worker: asyncio.Task[None] | None = None
        self._neighbours = Neighbours(self, fanout, identity, load, limits.beacon)

    # ---------------------------------------------------------------- members

    def join(self, member: Member) -> None:
        """Add a member; from here on it gets every increment."""
        member.room = self
        self.members.add(member)
        if member.socket.blocked_since is None:
            self._ready.setdefault(member.prefix, {})[member] = None
        else:
            member.behind = dict(self.clock.known)
        if len(self.presence):
            member.send(wire.awareness(wire.encode_awareness(self.presence.everyone())))
        if self.problem is not None:
            member.notify({"type": "storage", "ok": False, "reason": self.problem})
        if self._size_level:
            member.notify(self._size_message())

    def leave(self, member: Member) -> None:
        """Remove a member and withdraw its presence."""
        self.members.discard(member)
        self._unready(member)
        member.room = None
        for client in [client for client, writer in self._writers.items() if writer is member]:
            del self._writers[client]
        now = self._loop.time()
        self.last_used = now
        self.presence.leave(member, now)
        self.schedule_presence()

    def hold(self, member: Member) -> None:
        """Stop sending increments to a member whose socket is blocked; remember what it has."""
        if member.behind is not None:
            return
        self._unready(member)
        known = dict(self.clock.known)
        for _, _, summary in self._outbox:
            for client, start, _ in summary.ranges:
                if start < known.get(client, 0):
                    known[client] = start
        member.behind = known
        self.stats.conflated += 1

    def release(self, member: Member) -> None:
        """Give a drained member one diff against what it had, then increments again."""
        if member.behind is None:
            return

        async def turn() -> None:
            known, member.behind = member.behind, None
            if known is None or member not in self.members:
                return
            body = wire.sync_update(await self._diff(encode_state_vector(known)))
            if member.socket.blocked_since is not None:
                member.behind = known
                return
            member.send(body)
            member.send(wire.awareness(wire.encode_awareness(self.presence.everyone())))
            self._ready.setdefault(member.prefix, {})[member] = None

        self._enqueue(turn)

    def _unready(self, member: Member) -> None:
        group = self._ready.get(member.prefix)
        if group is not None:
            group.pop(member, None)
            if not group:
                del self._ready[member.prefix]

    # ---------------------------------------------------------------- sync

    def step1(self, member: Member, state_vector: bytes) -> None:
        """Answer a client's state vector: our own first, then all that it lacks."""
        try:
            decode_state_vector(state_vector)
        except MalformedUpdate as error:
            raise wire.MalformedMessage(f"state vector: {error}") from None
        if state_vector == EMPTY_STATE and not self._turns and len(self._tail) <= MOST_MERGED:
            self._answer_from_bytes(member)
            return

        async def turn() -> None:
            update = await self._diff(state_vector)
            if member in self.members:
                own = self.clock.encode()
                member.socket.write(
                    wire.binary_frame(member.prefix + wire.sync_step1(own))
                    + wire.binary_frame(member.prefix + wire.sync_step2(update))
                )

        self._enqueue(turn)

    def _answer_from_bytes(self, member: Member) -> None:
        """Send the whole document as the bytes at hand; a large base is not merged with its tail."""
        own = wire.binary_frame(member.prefix + wire.sync_step1(self.clock.encode()))
        if len(self._base) >= REBASE_BYTES and self._tail:
            base = wire.binary_frame(member.prefix + wire.sync_update(self._base))
            if self._joined is None:
                self._joined = merge(self._tail)
            member.socket.write(own + base + wire.binary_frame(member.prefix + wire.sync_step2(self._joined)))
            return
        if self._joined is None:
            parts = self.parts()
            self._joined = merge(parts) if parts else b"\x00\x00"
        member.socket.write(own + wire.binary_frame(member.prefix + wire.sync_step2(self._joined)))

    async def exchange(self, state_vector: bytes) -> tuple[bytes, bytes]:
        """Return (own state vector, what the holder of `state_vector` lacks); in order with updates."""
        done: asyncio.Future[tuple[bytes, bytes]] = self._loop.create_future()

        async def turn() -> None:
            try:
                update = await self._diff(state_vector)
            except Exception as error:  # noqa: BLE001 - handed to the waiter
                if not done.done():
                    done.set_exception(error)
                return
            if not done.done():
                done.set_result((self.clock.encode(), update))

        self._enqueue(turn)
        return await done

    async def contains(self, update: bytes) -> bool:
        """Return whether the document already holds everything in `update`; raises `MalformedUpdate`."""
        summary = inspect(update)
        if any(end > self.clock.of(client) for client, _, end in summary.ranges):
            return False
        return await (await self._live()).contains(update)

    async def _diff(self, state_vector: bytes) -> bytes:
        if self._replica is not None:
            return await self._replica.diff(state_vector)
        parts = self.parts()
        if not parts:
            return b"\x00\x00"
        if self.size > self._limits.heavy_document or len(parts) > MOST_MERGED:
            return await (await self._live()).diff(state_vector)
        return diff(merge(parts), state_vector)

    def parts(self) -> list[bytes]:
        """Return updates that together are the document, in order."""
        return [self._base, *self._tail] if self._base else list(self._tail)

    @property
    def size(self) -> int:
        """Encoded size in bytes, about."""
        return len(self._base) + self._tail_bytes

    @property
    def memory(self) -> int:
        """Bytes of memory that this room takes, about."""
        return self.size * (MEMORY_FACTOR + 1 if self._replica is not None else 1) + 4096

    # ---------------------------------------------------------------- updates

    def receive(self, update: bytes, sender: Sender) -> None:
        """Take an update from a sender whose right to write was checked; it is proved before anyone sees it.

        What another node accepted is taken whatever its size; at the limit of unsaved bytes it is asked for later.
        """
        self.stats.received += 1
        size = len(update)
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
        replica = self._replica
        if replica is None or self._turns or not replica.local or size > self._limits.heavy_update:
            self.waiting_bytes += size

            async def turn() -> None:
                self.waiting_bytes -= size
                await self._receive_heavy(update, sender)

            self._enqueue(turn)
            return
        try:
            update, summary = self._own_part(update, inspect(update), sender)
            if not self._within_limit(summary, sender):
                return
            changed = replica.apply_now(update, summary)
        except MalformedUpdate as error:
            self._refuse_malformed(sender, error)
            return
        except ReplicaCorrupt as error:
            self._replica = None
            self._refuse_malformed(sender, error)
            return
        self._accept(update, sender, summary, changed=changed)

    async def _receive_heavy(self, update: bytes, sender: Sender) -> None:
        try:
            if len(update) > self._limits.heavy_update:
                summary = await self._replicas.inspect(update)
                replica = await self._live(heavy=True)
            else:
                summary = inspect(update)
                replica = await self._live()
            update, summary = self._own_part(update, summary, sender)
            if not self._within_limit(summary, sender):
                return
            try:
                changed = await replica.apply(update, summary)
            except ReplicaCorrupt:
                # The copy may have died of somebody else's update: judge this one by a new copy.
                self._replica = None
                changed = await (await self._live(heavy=len(update) > self._limits.heavy_update)).apply(update, summary)
        except MalformedUpdate as error:
            self._refuse_malformed(sender, error)
        except ReplicaCorrupt as error:
            self._replica = None
            self._refuse_malformed(sender, error)
        else:
            self._accept(update, sender, summary, changed=changed)

    def _own_part(self, update: bytes, summary: UpdateSummary, sender: Sender) -> tuple[bytes, UpdateSummary]:
        """Leave out new structs in the name of a CRDT client that somebody else here writes with.

        Its next clock values are that person's: taken by another, the person's own edits would be invisible. An
        honest browser that gives back what others wrote loses nothing: they are here and send it themselves.
        """
        if isinstance(sender, Relayed):
            return update, summary
        foreign: list[int] = []
        for client, _, end in summary.ranges:
            if end > self.clock.of(client):
                writer = self._writers.get(client)
                if writer is not None and writer is not sender and writer.author != sender.author:
                    foreign.append(client)
                elif isinstance(sender, Member):
                    self._writers[client] = sender
        if not foreign:
            return update, summary
        self.stats.foreign += 1
        kept = without_clients(update, summary, foreign)
        return kept, inspect(kept)

    async def _live(self, *, heavy: bool = False) -> Replica:
        """Return the live copy, building it (in a worker process when heavy) from the bytes at hand."""
        heavy = heavy or self.size > self._limits.heavy_document or len(self._tail) > MOST_LOADED
        replica = self._replica
        if replica is not None and (replica.alive and (not heavy or not replica.local)):
            return replica
        if replica is not None:
            await replica.close()
        self._replica = await self._replicas.open(self.parts(), heavy=heavy)
        return self._replica

    def _refuse_malformed(self, sender: Sender, error: Exception) -> None:
        self.stats.refused += 1
        _log.warning("update refused", document=self.document, author=sender.author, error=str(error))
        sender.refused(Refusal.MALFORMED, str(error))

    def _within_limit(self, summary: UpdateSummary, sender: Sender) -> bool:
        """Refuse growth past the hard limit; deleting is always possible."""
        growth = 0 if isinstance(sender, Relayed) else summary.content_bytes
        if growth == 0 or self.size + growth <= self._limits.document_limit:
            return True
        self.stats.refused += 1
        self._watch_size()
        if self._tail and not self._turns:
            # What was deleted lately may still be counted.
            self._enqueue(self._fold)
        sender.refused(
            Refusal.DOCUMENT_FULL,
            f"the document has reached its limit of {self._limits.document_limit} bytes; delete something first",
        )
        return False

    def _accept(self, update: bytes, sender: Sender, summary: UpdateSummary, *, changed: bool) -> None:
        if not changed:
            self._answer_when_durable(sender)
            return
        self.clock.add(summary)
        if self.clock.waits:
            self._settle_clock()
        self._tail.append(update)
        self._tail_bytes += len(update)
        self._joined = None
        self.last_edit = self._loop.time()
        if isinstance(sender, Relayed):
            sender.keep(update)
        else:
            self.store(update, sender)
        self._outbox.append((update, sender, summary))
        if self._flush_handle is None:
            self._schedule_flush()
        if len(self._tail) > REBASE_UPDATES and self._rebase_due():
            self._enqueue(self._rebase)
        if self.size >= self._limits.document_warn:
            self._watch_size()

    def _settle_clock(self) -> None:
        """Read from the live copy what summaries alone cannot tell."""
        replica = self._replica
        if replica is not None and replica.local:
            self.clock.settle(replica.state())
        elif replica is not None:

            async def turn() -> None:
                if self.clock.waits:
                    self.clock.settle(await (await self._live()).current_state())

            self._enqueue(turn)

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
        else:
            self._waiting_saved.append((self.submitted, sender))

    def committed(self, update_size: int, sender: Sender, outcome: Outcome) -> None:
        """The journal stored (or for good refused) the oldest outstanding update."""
        self.stored += 1
        self.unsaved -= 1
        self.unsaved_bytes -= update_size
        if isinstance(outcome, Refused):
            _log.error("update cannot be stored", document=self.document, reason=outcome.reason)
            sender.refused(Refusal.MALFORMED, f"the update cannot be stored: {outcome.reason}")
        waiting = self._waiting_saved
        while waiting and waiting[0][0] <= self.stored:
            waiting.popleft()[1].saved(1)

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
        return not (self._turns or self._outbox or self.unsaved)

    # ---------------------------------------------------------------- order of slow work

    def _enqueue(self, turn: Callable[[], Awaitable[None]]) -> None:
        """Run slow work one at a time and in order; quick work waits behind it (see `receive`)."""
        self._turns.append(turn)
        if self._worker is None:
            self._worker = self._loop.create_task(self._work())

    async def _work(self) -> None:
        try:
            while self._turns:
                try:
                    await self._turns[0]()
                except Exception as error:  # noqa: BLE001 - one turn's failure must not stop the room
                    _log.exception("room work failed", document=self.document, error=str(error))
                    self.stats.errors += 1
                finally:
                    self._turns.popleft()
        finally:
            self._worker = None

    def _rebase_due(self) -> bool:
        return self._tail_bytes > max(REBASE_BYTES, len(self._base)) or len(self._tail) > max(
            REBASE_UPDATES, len(self._base) // 64
        )

    async def _rebase(self) -> None:
        """Fold the tail when it has grown enough since this was asked for."""
        if self._rebase_due():
            await self._fold()

    async def _fold(self) -> None:
        """Fold the tail into the base, so that joins stay cheap and deleted content leaves memory."""
        replica = await self._live()
        tail = len(self._tail)
        encoded = await replica.encode()
        self._tail = self._tail[tail:]
        self._tail_bytes = sum(map(len, self._tail))
        self._base, self._joined = encoded, None
        self._watch_size()
        if self.size > self._limits.heavy_document and replica.local:
            await self._live(heavy=True)

    def _watch_size(self) -> None:
        limit = self._limits.document_limit
        level = "full" if self.size >= limit else "warn" if self.size >= self._limits.document_warn else ""
        if level != self._size_level:
            self._size_level = level
            self.notify(self._size_message())

    def _size_message(self) -> dict[str, object]:
        level = self._size_level or "ok"
        return {"type": "size", "level": level, "bytes": self.size, "limit": self._limits.document_limit}

    # ---------------------------------------------------------------- fan-out

    def _schedule_flush(self) -> None:
        window = min(self._limits.tick_base + self._limits.tick_per_socket * len(self.members), self._limits.tick_max)
        wait = self._flushed_at + window - self._loop.time()
        if wait <= 0:
            self.flush()
        else:
            self._flush_handle = self._loop.call_later(wait, self.flush)

    def flush(self) -> None:
        """Send everything queued: one merged frame for all who sent none of it."""
        self._flush_handle = None
        self._flushed_at = self._loop.time()
        batch, self._outbox = self._outbox, []
        if not batch:
            return
        merged = batch[0][0] if len(batch) == 1 else merge([update for update, _, _ in batch])
        senders: dict[Any, None] = {sender: None for _, sender, _ in batch}
        body = wire.sync_update(merged)
        deliveries = 0
        for prefix, group in list(self._ready.items()):
            frame = wire.binary_frame(prefix + body)
            # A write may block its socket at once, which takes the member out of the group.
            for member in list(group):
                if member not in senders:
                    member.socket.write(frame)
            deliveries += len(group)
        if len(senders) > 1:
            self._send_others(batch, senders, body)
        if self._neighbours.heard:
            self._neighbours.tell((update, sender) for update, sender, _ in batch)
        self.stats.ticks += 1
        self.stats.merged += len(batch)
        self.stats.deliveries += deliveries * len(batch)

    def _send_others(
        self, batch: Sequence[tuple[bytes, Sender, UpdateSummary]], senders: dict[Any, None], merged: bytes
    ) -> None:
        """Give each sender of a shared tick what the others sent."""
        frames: dict[bytes, list[bytes]] = {}
        for member in senders:
            if member not in self._ready.get(getattr(member, "prefix", None), ()):  # type: ignore[arg-type]
                continue
            if len(batch) > SEPARATE_FRAMES:
                member.socket.write(wire.binary_frame(member.prefix + merged))
                continue
            own = frames.get(member.prefix)
            if own is None:
                own = [wire.binary_frame(member.prefix + wire.sync_update(update)) for update, _, _ in batch]
                frames[member.prefix] = own
            member.socket.write(
                b"".join(frame for frame, (_, sender, _) in zip(own, batch, strict=True) if sender is not member)
            )

    def present(self, member: Member, entries: list[wire.PresenceEntry]) -> None:
        """Take a member's presence; others hear of it at a rate set by the size of the audience."""
        self.presence.receive(member, member.author, entries, self._loop.time())
        self.schedule_presence()

    def relayed_presence(self, owner: Hashable, people: Iterable[tuple[str, wire.PresenceEntry]]) -> None:
        """Take what another node says of its own people."""
        for identity, entry in people:
            self.presence.receive(owner, identity, (entry,), self.now, here=False)
        self.schedule_presence()

    def schedule_presence(self) -> None:
        """Send changes of presence soon."""
        if self._presence_handle is None and self.presence.dirty:
            wait = max(0.03 + 0.0005 * len(self.members), self._presence_pause)
            self._presence_handle = self._loop.call_later(min(wait, PRESENCE_SLOWEST), self._flush_presence)

    def _flush_presence(self) -> None:
        self._presence_handle = None
        changes = self.presence.changes()
        if not changes:
            return
        body = wire.awareness(wire.encode_awareness(changes))
        for prefix, group in list(self._ready.items()):
            frame = wire.binary_frame(prefix + body)
            for member in list(group):
                if member.socket.buffered == 0:
                    member.socket.write(frame)
        self._presence_pause = len(body) * len(self.members) / PRESENCE_BYTES_PER_SECOND
        if self._neighbours.heard:
            self._neighbours.tell_presence(self.presence.of_here(changes))
        self.stats.presence += 1
        self.schedule_presence()

    def sweep(self, now: float) -> None:
        """Expire people who stopped renewing their presence; keep in step with other nodes."""
        self._neighbours.sweep(now)
        if len(self.presence):
            self.presence.expire(now)
            self.schedule_presence()

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
        """Drop the live copy of a room that nobody edits; the bytes stay."""
        if self._replica is not None and not self._turns:
            replica, self._replica = self._replica, None
            await replica.close()

    async def close(self) -> None:
        """Release everything; the caller has made sure that the room is settled and empty."""
        for handle in (self._flush_handle, self._presence_handle):
            if handle is not None:
                handle.cancel()
        if self._worker is not None:
            await asyncio.wait([self._worker])
        await self._neighbours.close()
        if self._replica is not None:
            await self._replica.close()
            self._replica = None


def _clock_of(stored: Stored) -> Clock:
    """State vector of what is stored, without building the document."""
    clock = Clock(decode_state_vector(stored.snapshot.state_vector) if stored.snapshot else {})
    for row in stored.tail:
        clock.add(inspect(row.payload))
    return clock
