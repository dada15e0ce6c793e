"""The lossy lane of a room: rounds of presence, rarer the more people there are to tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Final

import structlog

from quire.sync import wire
from quire.sync.rooms.presence import ROOM_BYTES, Presence

_log = structlog.get_logger("quire.sync.rooms.lane")

BYTES_PER_SECOND: Final = 16 * 1024 * 1024
"""What all sockets of a room together are sent of presence; with a crowd the rounds get rarer."""
SLOWEST: Final = 2.0
"""Longest time between rounds while there is news, in seconds."""
FIRST: Final = 0.03
EACH: Final = 0.0005
"""Seconds that news waits for more: of an empty room, and for each member."""


class PresenceLane:
    """Presence of a room and the rounds in which its members hear of it."""

    __slots__ = ("_audience", "_handle", "_loop", "_pause", "_send", "_told", "people", "rounds")

    def __init__(
        self,
        *,
        per_person: int,
        audience: Callable[[], int],
        send: Callable[[bytes], None],
        told: Callable[[Sequence[wire.PresenceEntry]], None],
    ) -> None:
        """Start with nobody, and with at most `per_person` states of one (see `Presence`).

        `audience` counts the members, `send` reaches them, `told` hears what was sent.
        """
        self.people = Presence(per_person)
        self._loop = asyncio.get_running_loop()
        self._audience, self._send, self._told = audience, send, told
        self._handle: asyncio.Handle | None = None
        self._pause = 0.0
        self.rounds = 0
        """How many rounds there were."""

    def take(
        self,
        owner: Hashable,
        identity: str,
        entries: Iterable[wire.PresenceEntry],
        *,
        here: bool = True,
        socket: Hashable = None,
        person: Hashable = None,
    ) -> set[Hashable]:
        """Take what `owner` says of its own clients; return whose clients it meant (see `Presence.receive`)."""
        people, dropped = self.people, self.people.dropped
        others = people.receive(owner, identity, entries, self._loop.time(), here=here, socket=socket, person=person)
        if dropped == 0 < people.dropped:
            _log.warning("presence is over its limit; cursors of whoever sends most are left out", bytes=ROOM_BYTES)
        self.schedule()
        return others

    def leave(self, owner: Hashable) -> None:
        """Everyone whom `owner` spoke for is gone."""
        self.people.leave(owner, self._loop.time())
        self.schedule()

    def keep_only(self, owner: Hashable, clients: set[int]) -> None:
        """Of those whom `owner` spoke for only `clients` are still here."""
        self.people.keep_only(owner, clients, self._loop.time())
        self.schedule()

    def expire(self) -> None:
        """Whoever stopped renewing is gone."""
        if len(self.people):
            self.people.expire(self._loop.time())
            self.schedule()

    def everyone(self) -> bytes:
        """Return a message with all who are here."""
        return wire.awareness(wire.encode_awareness(self.people.everyone()))

    def schedule(self) -> None:
        """Send news soon."""
        if self._handle is None and self.people.dirty:
            wait = max(FIRST + EACH * self._audience(), self._pause)
            self._handle = self._loop.call_later(min(wait, SLOWEST), self._round)

    def close(self) -> None:
        """Stop the rounds."""
        if self._handle is not None:
            self._handle.cancel()

    def _round(self) -> None:
        self._handle = None
        changes = self.people.changes()
        if not changes:
            return
        self.rounds += 1
        body = wire.awareness(wire.encode_awareness(changes))
        self._send(body)
        self._pause = len(body) * self._audience() / BYTES_PER_SECOND
        self._told(changes)
        self.schedule()
