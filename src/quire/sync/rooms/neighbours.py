"""The same document on other nodes: what a room tells them, and what it makes of what they say.

The bus may lose, repeat and reorder. What repairs it: numbers (a gap is noticed at the next message), a regular
beacon with the state vector, an exchange of state vectors with whoever has more, and the log when a node is gone.
What came from another node is that node's to store; an acknowledgement given here never rests on that promise.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import structlog

from quire.concurrency.background import Background
from quire.crdt.updates import MalformedUpdate, decode_state_vector
from quire.fanout.contract import Fanout
from quire.log.contract import DamagedDocument, Stored
from quire.storage.failure import StorageUnavailable
from quire.sync.rooms.relay import (
    Kind,
    Message,
    Written,
    decode,
    pack_presence,
    pack_updates,
    unpack_presence,
    unpack_updates,
)
from quire.sync.rooms.sender import Refusal, Sender
from quire.sync.wire import MalformedMessage, PresenceEntry, read_var_bytes, read_var_uint, var_bytes, var_uint

if TYPE_CHECKING:
    from quire.sync.rooms.room import Room

_log = structlog.get_logger("quire.sync.rooms.neighbours")
SILENCE: Final = 3.2
"""Beacons that do not come before a neighbour counts as gone."""
ASK: Final = 0.2
"""Beacons between two questions to the same neighbour, at least."""
MOST_AHEAD: Final = 10_000


@dataclass(frozen=True, slots=True)
class Identity:
    """One run of one node; another run of the same node has another boot id."""

    node: str
    boot: str


@dataclass(slots=True, eq=False)
class Neighbour:
    """One run of another node that has the document open."""

    node: str
    run: str
    heard: float
    number: int
    """Every text message up to this number has come."""
    top: int = 0
    """The highest number known of."""
    ahead: set[int] = field(default_factory=set)
    behind: bool = True
    """Whether it is known to have more than its numbers tell; so at the first contact."""
    asked: float = float("-inf")
    durable: int = 0
    unconfirmed: list[tuple[int, Relayed, bytes]] = field(default_factory=list)
    """What came from it and is not known to be in the log."""

    @property
    def lacking(self) -> bool:
        """Whether it has something that is not here."""
        return self.behind or self.top > self.number

    def count(self, number: int) -> None:
        """Take note that a numbered message came."""
        self.top = max(self.top, number)
        if number > self.number:
            self.ahead.add(number)
        while self.number + 1 in self.ahead:
            self.number += 1
            self.ahead.discard(self.number)
        if len(self.ahead) > MOST_AHEAD:
            self.ahead.clear()

    def confirm(self, durable: int) -> None:
        """Everything in its messages up to `durable` is in the log."""
        if durable > self.durable:
            self.durable = durable
            if self.unconfirmed:
                self.unconfirmed = [entry for entry in self.unconfirmed if entry[0] > durable]


@dataclass(slots=True, eq=False)
class Relayed:
    """Sender of an update that came from another node, or from the log (`source` is None); nobody to answer."""

    author: str
    connection: str
    source: Neighbour | None
    number: int = 0

    @property
    def identity(self) -> str:
        return self.author

    def saved(self, count: int) -> None:  # noqa: ARG002
        return None

    def refused(self, why: Refusal, detail: str) -> None:  # noqa: ARG002 - the room has logged it
        if why is Refusal.STORAGE and self.source is not None:
            self.source.behind = True

    def charge(self, seconds: float) -> None:  # noqa: ARG002 - its sender was charged there
        return None

    def keep(self, update: bytes) -> None:
        """Remember the update until its node says that it is in the log."""
        if self.source is not None and self.number > self.source.durable:
            self.source.unconfirmed.append((self.number, self, update))


class Neighbours:
    """A room's side of the conversation with the same document on other nodes."""

    __slots__ = (
        "_background",
        "_beacon",
        "_beaconed",
        "_fanout",
        "_leave",
        "_load",
        "_marks",
        "_me",
        "_number",
        "_peers",
        "_reading",
        "_room",
        "_unread",
        "_unwatch",
        "durable",
    )

    def __init__(
        self, room: Room, fanout: Fanout, me: Identity, load: Callable[[str], Awaitable[Stored]], beacon: float
    ) -> None:
        self._room, self._fanout, self._me, self._load = room, fanout, me, load
        self._peers: dict[str, Neighbour] = {}
        self._number = self.durable = 0
        self._marks: deque[tuple[int, int]] = deque()
        self._beacon, self._beaconed = beacon, float("-inf")
        self._reading = self._unread = False
        self._background = Background()
        self._leave = fanout.subscribe(room.document, self._receive)
        self._unwatch = fanout.watch(self._reconnected)
        self._say(Kind.ASK, var_bytes(room.clock.encode()))

    # ------------------------------------------------------------ telling

    @property
    def heard(self) -> bool:
        """Whether another node may listen."""
        return self._fanout.heard(self._room.document)

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
        room = self._room
        if kind <= Kind.ANSWER:
            self._number += 1
            self._marks.append((self._number, room.saving.submitted))
        while self._marks and self._marks[0][1] <= room.saving.stored:
            self.durable = self._marks.popleft()[0]
        message = Message(kind, self._me.node, self._me.boot, self._number, self.durable, to, body)
        self._fanout.publish(room.document, message.encode())

    # ------------------------------------------------------------ listening

    def _receive(self, raw: bytes) -> None:
        try:
            message = decode(raw)
            if (message.node, message.boot) != (self._me.node, self._me.boot):
                self._take(message)
        except (MalformedMessage, MalformedUpdate, IndexError) as error:
            _log.warning("message of another node refused", document=self._room.document, error=str(error))

    def _take(self, message: Message) -> None:
        room = self._room
        room.stats.relayed += 1
        peer = self._peers.get(message.sender)
        if peer is None:
            for old in [old for old in self._peers.values() if old.node == message.node]:
                self._lost(old)
            start = message.number - 1 if message.counted else message.number
            peer = Neighbour(message.node, message.sender, room.now, start, start)
            self._peers[message.sender] = peer
        peer.heard = room.now
        peer.confirm(message.durable)
        me = f"{self._me.node}/{self._me.boot}"
        if message.kind is Kind.UPDATES:
            for written in unpack_updates(message.body):
                room.ingest.receive(written.update, Relayed(written.author, written.connection, peer, message.number))
        elif message.kind is Kind.ANSWER and message.to == me:
            covers, at = read_var_uint(message.body, 0)
            update, _ = read_var_bytes(message.body, at)
            room.ingest.receive(update, Relayed(f"node:{peer.node}", "relay", peer, message.number))
            peer.number, peer.behind = max(peer.number, covers), False
        elif message.kind is Kind.ASK and message.to in ("", me):
            known, _ = read_var_bytes(message.body, 0)
            decode_state_vector(known)
            self._background.run(self._answer(peer.run, known))
        elif message.kind is Kind.BEACON:
            known, at = read_var_bytes(message.body, 0)
            theirs = decode_state_vector(known)
            peer.behind = peer.behind or any(end > room.clock.of(client) for client, end in theirs.items())
            people = unpack_presence(message.body, at)
            room.presence.keep_only(peer, {entry.client for _, entry in people})
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
            self._room.presence.take(peer, identity, (entry,), here=False)

    def _ask(self, peer: Neighbour) -> None:
        room = self._room
        if peer.lacking and room.now - peer.asked >= ASK * self._beacon:
            peer.asked = room.now
            room.stats.asked += 1
            self._say(Kind.ASK, var_bytes(room.clock.encode()), peer.run)

    async def _answer(self, to: str, known: bytes) -> None:
        # The answer holds what others wrote too, so this node must stand for all of it.
        self.adopt()
        covers = self._number
        _, update = await self._room.exchange(known)
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
                self._room.stats.adopted += 1
                self._room.saving.store(update, sender)

    def _lost(self, peer: Neighbour, *, read: bool = True) -> None:
        """A neighbour is gone: what only it had to store is stored here, what it told nobody is in the log."""
        self.adopt()
        del self._peers[peer.run]
        self._room.presence.leave(peer)
        if read:
            self._read()

    def _read(self) -> None:
        if not self._reading:
            self._reading = True
            self._background.run(self._catch_up())

    async def _catch_up(self) -> None:
        """Take in what the log has and this room lacks."""
        room = self._room
        room.stats.reread += 1
        try:
            stored = await self._load(room.document)
        except (StorageUnavailable, DamagedDocument) as error:
            _log.error("the log cannot be read again", document=room.document, error=str(error))
            self._unread = True
            return
        finally:
            self._reading = False
        if stored.snapshot is not None:
            for part in stored.snapshot.parts:
                room.ingest.receive(part, Relayed("", "log", None))
        for row in stored.tail:
            room.ingest.receive(row.payload, Relayed(row.author, row.connection, None))

    def _reconnected(self) -> None:
        """Messages may be missing: ask everybody, and read what those wrote who are gone."""
        for peer in self._peers.values():
            peer.behind = True
        self._say(Kind.ASK, var_bytes(self._room.clock.encode()))
        self._read()

    # ------------------------------------------------------------ upkeep

    def sweep(self, now: float) -> None:
        """About once a second: beacon, questions that were not answered, neighbours that fell silent."""
        room = self._room
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
            people = pack_presence(room.presence.people.here())
            self._say(Kind.BEACON, var_bytes(room.clock.encode()) + people)

    async def close(self) -> None:
        """Say goodbye and stop listening; the room is settled."""
        self._unwatch()
        self._say(Kind.BYE)
        self._leave()
        # Each knows whom it calls: without an end to that circle the room would stay until a full collection.
        del self._leave, self._unwatch
        await self._background.close()
