"""The same document on other nodes: what a room tells them, and what it makes of what they say.

The bus may lose, repeat and reorder. What repairs it: numbers (a gap is noticed at the next message), a regular
beacon with the state vector, an exchange of state vectors with whoever has more, and the log when a node is gone.
What came from another node is that node's to store; an acknowledgement given here never rests on that promise.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from quire.concurrency.background import Background
from quire.crdt.clock import Clock
from quire.crdt.updates import MalformedUpdate, decode_state_vector
from quire.fanout.contract import Fanout
from quire.log.contract import DamagedDocument, Stored
from quire.storage.failure import StorageUnavailable
from quire.sync.rooms.ingest import Ingest
from quire.sync.rooms.lane import PresenceLane
from quire.sync.rooms.neighbour import Neighbour, Relayed
from quire.sync.rooms.relay import (
    Kind,
    Message,
    Written,
    decode,
    pack_presence,
    pack_updates,
    run_of,
    unpack_presence,
    unpack_updates,
)
from quire.sync.rooms.saving import Saving
from quire.sync.rooms.sender import Sender
from quire.sync.stats import SyncStats
from quire.sync.wire import MalformedMessage, PresenceEntry, read_var_bytes, read_var_uint, var_bytes, var_uint

_log = structlog.get_logger("quire.sync.rooms.neighbours")
SILENCE: Final = 3.2
"""Beacons that do not come before a neighbour counts as gone."""
ASK: Final = 0.2
"""Beacons between two questions to the same neighbour, at least."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One run of one node; another run of the same node has another boot id."""

    node: str
    boot: str

    @property
    def run(self) -> str:
        """Its name (`run_of`)."""
        return run_of(self.node, self.boot)


class Neighbours:
    """A room's side of the conversation with the same document on other nodes."""

    __slots__ = (
        "_background",
        "_beacon",
        "_beaconed",
        "_clock",
        "_document",
        "_fanout",
        "_ingest",
        "_leave",
        "_load",
        "_loop",
        "_marks",
        "_me",
        "_missing",
        "_number",
        "_peers",
        "_presence",
        "_reading",
        "_saving",
        "_stats",
        "_unread",
        "_unwatch",
        "durable",
    )

    def __init__(
        self,
        document: str,
        fanout: Fanout,
        me: Identity,
        *,
        clock: Clock,
        ingest: Ingest,
        presence: PresenceLane,
        saving: Saving,
        stats: SyncStats,
        missing: Callable[[bytes], Awaitable[bytes]],
        load: Callable[[str], Awaitable[Stored]],
        beacon: float,
    ) -> None:
        """Ask whoever has the document open. What comes goes to `ingest` and `presence`; `beacon` is in seconds.

        `missing` is `Room.missing`, `load` reads the document from the log.
        """
        self._document, self._fanout, self._me = document, fanout, me
        self._clock, self._ingest, self._presence, self._saving = clock, ingest, presence, saving
        self._stats, self._missing, self._load = stats, missing, load
        self._loop = asyncio.get_running_loop()
        self._peers: dict[str, Neighbour] = {}
        self._number = self.durable = 0
        self._marks: deque[tuple[int, int]] = deque()
        self._beacon, self._beaconed = beacon, float("-inf")
        self._reading = self._unread = False
        self._background = Background()
        self._leave = fanout.subscribe(document, self._receive)
        self._unwatch = fanout.watch(self._reconnected)
        self._say(Kind.ASK, var_bytes(clock.encode()))

    # ------------------------------------------------------------ telling

    @property
    def heard(self) -> bool:
        """Whether another node may listen."""
        return self._fanout.heard(self._document)

    def tell(self, batch: Iterable[tuple[bytes, Sender]]) -> None:
        """Send what this node's own people wrote, also what waits for missing ones: other nodes prove it again."""
        written = [
            Written(sender.author, sender.connection, update)
            for update, sender in batch
            if not isinstance(sender, Relayed)
        ]
        if written:
            self._say(Kind.UPDATES, pack_updates(written))

    def tell_presence(self, people: list[tuple[str, PresenceEntry]]) -> None:
        """Send changes of this node's own people."""
        if people:
            self._say(Kind.PRESENCE, pack_presence(people))

    def _say(self, kind: Kind, body: bytes = b"", to: str = "") -> None:
        if not self.heard:
            return
        if kind <= Kind.ANSWER:
            self._number += 1
            self._marks.append((self._number, self._saving.submitted))
        while self._marks and self._marks[0][1] <= self._saving.stored:
            self.durable = self._marks.popleft()[0]
        message = Message(kind, self._me.node, self._me.boot, self._number, self.durable, to, body)
        self._fanout.publish(self._document, message.encode())

    # ------------------------------------------------------------ listening

    def _receive(self, raw: bytes) -> None:
        try:
            message = decode(raw)
            if message.sender != self._me.run:
                self._take(message)
        except (MalformedMessage, MalformedUpdate, IndexError) as error:
            _log.warning("message of another node refused", document=self._document, error=str(error))

    def _take(self, message: Message) -> None:
        self._stats.relayed += 1
        peer = self._peers.get(message.sender)
        if peer is None:
            for old in [old for old in self._peers.values() if old.node == message.node]:
                self._lost(old)
            start = message.number - 1 if message.counted else message.number
            peer = Neighbour(message.node, message.sender, self._loop.time(), start, start)
            self._peers[message.sender] = peer
        peer.heard = self._loop.time()
        peer.confirm(message.durable)
        me = self._me.run
        if message.kind is Kind.UPDATES:
            for written in unpack_updates(message.body):
                self._ingest.receive(written.update, Relayed(written.author, written.connection, peer, message.number))
        elif message.kind is Kind.ANSWER and message.to == me:
            covers, at = read_var_uint(message.body, 0)
            update, _ = read_var_bytes(message.body, at)
            self._ingest.receive(update, Relayed(f"node:{peer.node}", "relay", peer, message.number))
            peer.number, peer.behind = max(peer.number, covers), False
        elif message.kind is Kind.ASK and message.to in ("", me):
            known, _ = read_var_bytes(message.body, 0)
            decode_state_vector(known)
            self._background.run(self._answer(peer.run, known))
        elif message.kind is Kind.BEACON:
            known, at = read_var_bytes(message.body, 0)
            theirs = decode_state_vector(known)
            peer.behind = peer.behind or any(end > self._clock.of(client) for client, end in theirs.items())
            people = unpack_presence(message.body, at)
            self._presence.keep_only(peer, {entry.client for _, entry in people})
            self._meet(peer, people)
        elif message.kind is Kind.PRESENCE:
            self._meet(peer, unpack_presence(message.body))
        elif message.kind is Kind.BYE:
            self._lost(peer, read=peer.top > peer.number or message.number > peer.number)
            return
        if message.counted:
            peer.count(message.number)
        peer.top = max(peer.top, message.number)
        self._ask(peer)

    def _meet(self, peer: Neighbour, people: Iterable[tuple[str, PresenceEntry]]) -> None:
        for identity, entry in people:
            self._presence.take(peer, identity, (entry,), here=False)

    def _ask(self, peer: Neighbour) -> None:
        if peer.lacking and self._loop.time() - peer.asked >= ASK * self._beacon:
            peer.asked = self._loop.time()
            self._stats.asked += 1
            self._say(Kind.ASK, var_bytes(self._clock.encode()), peer.run)

    async def _answer(self, to: str, known: bytes) -> None:
        # The answer holds what others wrote too, so this node must stand for all of it.
        self.adopt()
        covers = self._number
        update = await self._missing(known)
        self._say(Kind.ANSWER, var_uint(covers) + var_bytes(update), to)

    # ------------------------------------------------------------ standing in

    @property
    def unconfirmed(self) -> bool:
        """Whether something here may not be in the log yet and is another node's to store."""
        return any(peer.unconfirmed for peer in self._peers.values())

    def unconfirmed_of(self, author: str) -> bool:
        """Whether there is something of one author among it."""
        return any(sender.author == author for peer in self._peers.values() for _, sender, _ in peer.unconfirmed)

    def adopt(self) -> None:
        """Store what other nodes have not confirmed; twice in the log does no harm."""
        for peer in self._peers.values():
            entries, peer.unconfirmed = peer.unconfirmed, []
            for _, sender, update in entries:
                self._stats.adopted += 1
                self._saving.store(update, sender)

    def _lost(self, peer: Neighbour, *, read: bool = True) -> None:
        """A neighbour is gone: what only it had to store is stored here, what it told nobody is in the log."""
        self.adopt()
        del self._peers[peer.run]
        self._presence.leave(peer)
        if read:
            self._read()

    def _read(self) -> None:
        if not self._reading:
            self._reading = True
            self._background.run(self._catch_up())

    async def _catch_up(self) -> None:
        """Take in what the log has and this room lacks."""
        self._stats.reread += 1
        try:
            stored = await self._load(self._document)
        except (StorageUnavailable, DamagedDocument) as error:
            _log.error("the log cannot be read again", document=self._document, error=str(error))
            self._unread = True
            return
        finally:
            self._reading = False
        if stored.snapshot is not None:
            for part in stored.snapshot.parts:
                self._ingest.receive(part, Relayed("", "log", None))
        for row in stored.tail:
            self._ingest.receive(row.payload, Relayed(row.author, row.connection, None))

    def _reconnected(self) -> None:
        """Messages may be missing: ask everybody, and read what those wrote who are gone."""
        for peer in self._peers.values():
            peer.behind = True
        self._say(Kind.ASK, var_bytes(self._clock.encode()))
        self._read()

    # ------------------------------------------------------------ upkeep

    def sweep(self, now: float) -> None:
        """About once a second: beacon, questions that were not answered, neighbours that fell silent."""
        for peer in list(self._peers.values()):
            if now - peer.heard > SILENCE * self._beacon:
                self._lost(peer)
            else:
                self._ask(peer)
        if self._unread:
            self._unread = False
            self._read()
        if now - self._beaconed >= self._beacon and self.heard:
            self._beaconed = now
            people = pack_presence(self._presence.people.here())
            self._say(Kind.BEACON, var_bytes(self._clock.encode()) + people)

    async def close(self) -> None:
        """Say goodbye and stop listening; the room is settled."""
        self._unwatch()
        self._say(Kind.BYE)
        self._leave()
        # Each knows whom it calls: without an end to that circle the room would stay until a full collection.
        del self._leave, self._unwatch
        await self._background.close()
