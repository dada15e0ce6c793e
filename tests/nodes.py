"""Several nodes in one process: rooms of their own on one log, joined by a bus that can be made bad."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pycrdt

from quire.access.contract import Credentials, Principal, Role
from quire.blobs.folder import FolderBlobs
from quire.crdt.host import ReplicaHost
from quire.crdt.updates import EMPTY_UPDATE, decode_state_vector, inspect
from quire.fanout.local import LocalBus, LocalFanout
from quire.log.archive import Archive
from quire.log.compactor import Compactor, Trigger
from quire.log.contract import StoredUpdate, Update, UpdateLog
from quire.log.sqlite import SqliteLog
from quire.ops.children import Child
from quire.server.limits import room_limits
from quire.settings import Settings
from quire.sync import wire
from quire.sync.rooms.member import Member
from quire.sync.rooms.neighbours import Identity
from quire.sync.rooms.registry import Rooms
from quire.sync.rooms.room import Room
from quire.sync.rooms.sender import Refusal
from quire.sync.stats import SyncStats

DOCUMENT = "d"
BEACON = 0.1
"""Seconds; five in a real node."""


class BadFanout(LocalFanout):
    """Loses, repeats and reorders what it delivers, by a seeded chance; `cut` loses everything."""

    def __init__(self, bus: LocalBus) -> None:
        super().__init__(bus)
        self.chance = random.Random(0)
        self.loses = self.repeats = self.delays = 0.0
        self.cut = False
        self._watchers: list[Callable[[], None]] = []

    def subscribe(self, channel: str, listener: Callable[[bytes], None]) -> Callable[[], None]:
        left = False

        def late(message: bytes) -> None:
            if not left:
                listener(message)

        def bad(message: bytes) -> None:
            if self.cut or self.chance.random() < self.loses:
                return
            for _ in range(2 if self.chance.random() < self.repeats else 1):
                if self.chance.random() < self.delays:
                    asyncio.get_running_loop().call_later(self.chance.random() * 0.05, late, message)
                else:
                    listener(message)

        leave = super().subscribe(channel, bad)

        def unsubscribe() -> None:
            nonlocal left
            left = True
            leave()

        return unsubscribe

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        self._watchers.append(listener)
        return lambda: self._watchers.remove(listener)

    def mend(self) -> None:
        """The connection to the bus is back."""
        self.cut = False
        for listener in list(self._watchers):
            listener()


class Node:
    """The rooms of one node."""

    def __init__(self, name: str, log: UpdateLog, bus: LocalBus, boot: str = "1", **settings: float) -> None:
        self.name, self.log, self.stats = name, log, SyncStats()
        self.fanout = BadFanout(bus)
        self.replicas = ReplicaHost()
        self._closed = False
        self.rooms = Rooms(
            log,
            self.replicas,
            limits=room_limits(Settings(beacon=BEACON, **settings)),
            stats=self.stats,
            unsaved_limit=2**26,
            grace=30,
            budget=2**29,
            fanout=self.fanout,
            identity=Identity(name, boot),
        )

    async def room(self) -> Room:
        return await self.rooms.open(DOCUMENT)

    def sweep(self) -> None:
        """Do the node's upkeep; whoever would be asked to connect anew exchanges state vectors anew."""
        self.rooms.sweep(asyncio.get_running_loop().time())
        for room in self.rooms:
            for member in room.members:
                if member.withheld and room.takes_again(member):
                    member.withheld.clear()
                    room.catch_up.step1(member, room.clock.encode())

    def die(self) -> None:
        """Vanish from the bus without a word; what waits for the log is never stored."""
        self.fanout._closed = True
        for channel in list(self.fanout._channels):
            self.fanout._leave(channel)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        await self.rooms.close()
        await self.replicas.close()


class Line:
    """A socket that hands each frame to its person, never while that person is sending."""

    blocked_since: float | None = None
    buffered = 0
    _numbers = iter(range(10**9))

    def __init__(self) -> None:
        self.id = f"line{next(self._numbers)}"
        self.credentials = Credentials("")
        self.deliver: Callable[[bytes], None] = lambda _: None
        self.closed: tuple[int, str] | None = None

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def charge(self, seconds: float) -> None:
        """Nobody counts here."""

    def write(self, data: bytes) -> None:
        at = 0
        while at < len(data):
            size = data[at + 1]
            at += 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                size, at = int.from_bytes(data[at : at + wide], "big"), at + wide
            asyncio.get_running_loop().call_soon(self.deliver, data[at : at + size])
            at += size


class Guest:
    """Somebody with a Yjs document at one node."""

    def __init__(self, name: str, client: int) -> None:
        self.name, self.client = name, client
        self.doc: pycrdt.Doc = pycrdt.Doc(client_id=client)
        self.text = self.doc.get("t", type=pycrdt.Text)
        self.people: dict[int, str | None] = {}
        self.unsaved = self.sent = 0
        self.refused: list[dict[str, str]] = []
        self.member: Member | None = None
        self.room: Room
        self.link_is_dead = False
        """While set, what is sent arrives nowhere, and nothing says so."""
        self._applying = False
        self._waiting: list[bytes] = []
        self._clock = 0
        self._subscription = self.doc.observe(self._on_change)

    async def join(self, node: Node, document: str = DOCUMENT) -> None:
        line = Line()
        line.deliver = self._take
        member = Member(line, b"\x01d", Principal(self.name, account=self.name), Role.EDITOR)  # type: ignore[arg-type]
        room = self.room = await node.rooms.open(document)
        room.join(member)
        self.member = member
        room.catch_up.step1(member, self.doc.get_state())

    def leave(self) -> None:
        assert self.member is not None
        if self.member.here:
            self.room.leave(self.member)
        self.member = None

    def show(self, state: str) -> None:
        assert self.member is not None
        assert self.member.here
        self._clock += 1
        self.room.present(self.member, [wire.PresenceEntry(self.client, self._clock, state)])

    def _send(self, update: bytes) -> None:
        assert self.member is not None
        assert self.member.here
        self.unsaved += 1
        self.sent += 1
        if self.link_is_dead:
            return
        self.room.ingest.receive(update, self.member)

    def _on_change(self, event: pycrdt.TransactionEvent) -> None:
        if not self._applying and self.member is not None:
            self._send(event.update)

    def learn(self, update: bytes) -> None:
        """Take in what others wrote."""
        self._applying = True
        try:
            self._apply(update)
        finally:
            self._applying = False

    def _apply(self, update: bytes) -> None:
        """Apply what came and what waited for it, as Yjs does by itself; yrs tries what waits only once."""
        self._waiting.append(update)
        state = b""
        while state != self.doc.get_state():
            state = self.doc.get_state()
            for waiting in self._waiting:
                self.doc.apply_update(waiting)
        known = decode_state_vector(state)
        self._waiting = [
            waiting
            for waiting in self._waiting
            if any(end > known.get(client, 0) for client, _, end in inspect(waiting).ranges)
            or any(end > known.get(client, 0) for client, end in inspect(waiting).deletes)
        ]

    def _take(self, message: bytes) -> None:
        body = message[2:]
        if body[:2] == b"\x00\x00":
            known, _ = wire.read_var_bytes(body, 2)
            if self.member is not None:
                self._send(self.doc.get_update(known))
        elif body[:1] == b"\x00":
            self.learn(wire.read_var_bytes(body, 2)[0])
        elif body[:1] == b"\x01":
            for entry in wire.decode_awareness(wire.read_var_bytes(body, 1)[0], max_state=1000):
                self.people[entry.client] = entry.state
        elif body == wire.SAVED:
            self.unsaved -= 1
        elif body[:1] == b"\x05":
            message = json.loads(wire.read_var_bytes(body, 1)[0])
            if message["type"] == "refused":
                self.refused.append(message)
                # What is left out is offered again with the next exchange.
                self.unsaved -= message["reason"] == Refusal.TAKEN.value

    @property
    def here(self) -> dict[int, str]:
        """The others who are shown as present."""
        return {client: state for client, state in self.people.items() if state and client != self.client}


async def until(condition: Callable[[], bool], what: str, *nodes: Node, seconds: float = 60) -> None:
    """Wait for a condition while the nodes' upkeep runs."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        for node in nodes:
            node.sweep()
        await asyncio.sleep(0.02)


@asynccontextmanager
async def open_log(folder: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog(folder / "log.db", Archive(FolderBlobs(folder / "blobs")))
    await log.open()
    try:
        yield log
    finally:
        await log.close()


@asynccontextmanager
async def compacting(
    log: SqliteLog, child: Child | None = None, trigger: Trigger | None = None
) -> AsyncIterator[Compactor]:
    child = child or Child()
    compactor = Compactor(log, child, trigger=trigger)
    try:
        yield compactor
    finally:
        await compactor.close()
        await child.ended()


@asynccontextmanager
async def made_log(folder: Path) -> AsyncIterator[SqliteLog]:
    """Open a log in which `DOCUMENT` was made: its first row is what a server stores at creation."""
    async with open_log(folder) as log:
        made = asyncio.Event()
        log.submit([Update(DOCUMENT, EMPTY_UPDATE, "server", "server", 0)], lambda _: made.set())
        await made.wait()
        yield log


async def written(log: UpdateLog) -> Sequence[StoredUpdate]:
    """Return the rows of `DOCUMENT` that people wrote."""
    return await log.read(DOCUMENT, after=1, limit=1000)
