"""What a server costs beside the live workloads: idle sockets, bytes to storage and on the wire."""

from __future__ import annotations

import asyncio
import random
import time

from bench.process import usage
from bench.servers import Server
from bench.sockets import Socket, Tally, connect, connect_all
from bench.updates import text_insert
from quire.sync.wire import var_uint

IDLE_DOCUMENTS = 50
DOCUMENT_BYTES = 1_000_000


async def idle(server: Server, sockets: int) -> dict[str, float]:
    """FM-050: memory of one more idle, signed-in socket, in bytes: `sockets` of them after half as many.

    What a server takes once for its first thousand sockets is no part of it.
    """
    documents = server.documents(IDLE_DOCUMENTS)
    names = [documents[number % IDLE_DOCUMENTS] for number in range(sockets)]
    warm = await connect_all(server.port, server.protocol, names[: sockets // 2], Tally(), timed=lambda _: False)
    await asyncio.sleep(2)
    before = usage(server.pid).memory
    opened = await connect_all(server.port, server.protocol, names, Tally(), timed=lambda _: False)
    await asyncio.sleep(2)
    after = usage(server.pid).memory
    for socket in [*warm, *opened]:
        socket.transport.abort()
    return {"bytes_per_socket": (after - before) / sockets}


async def fill(server: Server, document: str, updates: int, length: int = DOCUMENT_BYTES) -> None:
    """Write `length` bytes of text as `updates` updates (0: all at once); wait for what is acknowledged."""
    socket = await connect(server.port, server.protocol, document, Tally())
    count = max(1, updates)
    size, clock, chance = length // count, 0, random.Random(1)
    socket.start_counting()
    for number in range(count):
        words = "".join(chance.choices("abcdefghij      ", k=size))
        socket.update(text_insert(77, clock, words))
        clock += size
        if number % 200 == 199:
            await _acknowledged(socket, 200)
    await _acknowledged(socket, 0)
    socket.transport.close()


async def _acknowledged(socket: Socket, ahead: int) -> None:
    deadline = time.monotonic() + 120
    while len(socket.unsaved) > ahead and time.monotonic() < deadline:  # noqa: ASYNC110 - counted in a callback
        await asyncio.sleep(0.002)


async def storage(server: Server, seconds: float) -> dict[str, float]:
    """Bytes sent to storage for each character typed at 10 a second into a 1 MB document."""
    (document,) = server.documents(1)
    await fill(server, document, 1000)
    await asyncio.sleep(4)
    socket = await connect(server.port, server.protocol, document, Tally())
    socket.start_counting()
    before, count = usage(server.pid).written, int(seconds * 10)
    for number in range(count):
        socket.update(text_insert(78, number, "x"))
        await asyncio.sleep(0.1)
    await _acknowledged(socket, 0)
    await asyncio.sleep(4)
    after = usage(server.pid).written
    socket.transport.close()
    return {"bytes_per_character": (after - before) / count}


async def wire(server: Server) -> dict[str, float]:
    """Bytes to one receiver for each character typed alone, and for a return with nothing missed."""
    (document,) = server.documents(1)
    await fill(server, document, 100)
    tally = Tally()
    writer = await connect(server.port, server.protocol, document, Tally())
    reader = await connect(server.port, server.protocol, document, tally)
    writer.start_counting()
    reader.start_counting()
    await asyncio.sleep(0.5)
    tally.received_bytes = 0
    count = 200
    for number in range(count):
        writer.update(text_insert(79, number, "x"))
        await asyncio.sleep(0.02)
    await asyncio.sleep(1)
    typed = tally.received_bytes / count
    known = b"\x02" + _clock(79, count) + _clock(77, DOCUMENT_BYTES // 100 * 100)
    loop = asyncio.get_running_loop()

    def returning() -> Socket:
        socket = Socket(f"127.0.0.1:{server.port}", server.protocol, document, Tally(), timed=False)
        socket.state_vector = known
        return socket

    _, back = await loop.create_connection(returning, "127.0.0.1", server.port)
    await back.joined
    await asyncio.sleep(0.3)
    received = back.joined_bytes
    for socket in (writer, reader, back):
        socket.transport.abort()
    return {"bytes_per_character": typed, "bytes_per_return": received}


def _clock(client: int, clock: int) -> bytes:
    return var_uint(client) + var_uint(clock)
