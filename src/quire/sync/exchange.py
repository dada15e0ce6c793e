"""The same exchange over plain HTTPS, for networks that block WebSockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from quire.access.contract import identity_of
from quire.crdt.turns import charged
from quire.crdt.updates import EMPTY_UPDATE, MalformedUpdate
from quire.sync.rooms.registry import Rooms
from quire.sync.rooms.sender import Refusal
from quire.sync.sockets.allowance import Share


class TooBusy(Exception):
    """The visitor has taken its share of this node and may come again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class UpdateRefused(Exception):
    """The update was not taken; `why` and the text are for the client."""

    def __init__(self, why: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.why = why


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who makes an exchange."""

    author: str
    connection: str
    """What the tab calls itself, or what tells this request from others."""
    writable: bool
    known: bool
    """Whether the next exchange of the same tab is known to be by the same one."""
    share: Share | None = None
    """What its person may take of this node; None: anything."""


class RequestSender:
    """Sends one update into a room and waits until it is durable."""

    def __init__(self, visitor: Visitor) -> None:
        self.author, self.connection = visitor.author, "https"
        self.identity = identity_of(visitor.author, visitor.connection)
        self._share = visitor.share
        self._durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def saved(self, count: int) -> None:  # noqa: ARG002
        if not self._durable.done():
            self._durable.set_result(None)

    def refused(self, why: Refusal, detail: str) -> None:
        if not self._durable.done():
            self._durable.set_exception(UpdateRefused(why, detail))

    def charge(self, seconds: float) -> None:
        if self._share is not None:
            self._share.work.take(seconds, time.monotonic())

    async def durable(self, timeout: float) -> None:
        """Wait for the commit; raises `UpdateRefused`, or `TimeoutError` when storage is too slow."""
        async with asyncio.timeout(timeout):
            await self._durable


async def exchange(
    rooms: Rooms,
    document: str,
    *,
    admit: Callable[[], Awaitable[Visitor]],
    changes: Callable[[], int],
    state_vector: bytes,
    update: bytes,
    timeout: float = 10.0,
) -> tuple[bytes, bytes]:
    """Store `update` (may be empty) and return (server state vector, what `state_vector` lacks).

    `admit` says who this is now, and raises when they may not read; `changes` counts the changes of access, so that
    none comes between that answer and the update. Raises `TooBusy`, `UpdateRefused`, `LoadFailed`, `ValueError` for a
    malformed state vector, `TimeoutError` when the update could not be made durable in time; it may still become so,
    and sending it again is harmless.
    """
    while True:
        asked_at = changes()
        visitor = await admit()
        room = await rooms.open(document)
        if asked_at == changes():
            break
    if visitor.share is not None:
        now = time.monotonic()
        if wait := visitor.share.lack(now):
            raise TooBusy(wait)
        visitor.share.sent.take(len(update), now)
    try:
        room.catch_up.check_state(state_vector)
    except MalformedUpdate as error:
        raise ValueError(f"state vector: {error}") from None
    sender = RequestSender(visitor)
    if visitor.known:
        room.visit(sender.identity)
    writes = update not in (b"", EMPTY_UPDATE)
    if writes and not visitor.writable:
        raise UpdateRefused(Refusal.READ_ONLY, "You may read this document but not change it; its owner can let you.")
    # As on a socket what the client lacks is told without its own update. Told with it, a deletion of its words by
    # somebody who never had them would look like any other.
    missing = room.missing(state_vector, sender)
    try:
        if writes:
            with charged(sender):
                room.ingest.receive(update, sender)
        answer = await missing
    finally:
        missing.cancel()
    if writes:
        await sender.durable(timeout)
    return room.clock.encode(), answer
