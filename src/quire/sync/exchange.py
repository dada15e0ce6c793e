"""The same exchange over plain HTTPS, for networks that block WebSockets."""

from __future__ import annotations

import asyncio

from quire.access import identity_of
from quire.crdt.updates import EMPTY_UPDATE, MalformedUpdate, decode_state_vector
from quire.sync.member import Refusal
from quire.sync.rooms import Rooms


class UpdateRefused(Exception):
    """The update was not taken; `why` and the text are for the client."""

    def __init__(self, why: Refusal, detail: str) -> None:
        super().__init__(detail)
        self.why = why


class RequestSender:
    """Sends one update into a room and waits until it is durable."""

    def __init__(self, author: str, connection: str) -> None:
        self.author, self.connection = author, connection
        self.identity = identity_of(author, connection)
        self._durable: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def saved(self, count: int) -> None:  # noqa: ARG002
        if not self._durable.done():
            self._durable.set_result(None)

    def refused(self, why: Refusal, detail: str) -> None:
        if not self._durable.done():
            self._durable.set_exception(UpdateRefused(why, detail))

    async def durable(self, timeout: float) -> None:
        """Wait for the commit; raises `UpdateRefused`, or `TimeoutError` when storage is too slow."""
        async with asyncio.timeout(timeout):
            await self._durable


async def exchange(
    rooms: Rooms,
    document: str,
    *,
    author: str,
    connection: str,
    state_vector: bytes,
    update: bytes,
    timeout: float = 10.0,
) -> tuple[bytes, bytes]:
    """Store `update` (may be empty) and return (server state vector, what `state_vector` lacks).

    Raises `ValueError` for a malformed state vector, `UpdateRefused`, `LoadFailed`, `TimeoutError` when the
    update could not be made durable in time; it may still become so, and sending it again is harmless.
    """
    try:
        decode_state_vector(state_vector)
    except MalformedUpdate as error:
        raise ValueError(f"state vector: {error}") from None
    room = await rooms.open(document)
    sender = None
    if update and update != EMPTY_UPDATE:
        sender = RequestSender(author, connection)
        room.receive(update, sender)
    answer = await room.exchange(state_vector)
    if sender is not None:
        await sender.durable(timeout)
    return answer
