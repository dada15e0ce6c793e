"""A TCP proxy in front of a server whose link carries only so many bytes a second, each way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from conftest import QuireProcess

PACKET = 200
"""Bytes forwarded at a time; a thin link delays every byte, not only the last."""


@dataclass(slots=True)
class SlowLink:
    """Where to connect instead of the server, and what went over the link."""

    port: int
    token: str
    sent: int = 0
    """Bytes to the client."""
    received: int = 0
    """Bytes from the client."""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)


@asynccontextmanager
async def slow_link(server: QuireProcess, bytes_per_second: int) -> AsyncIterator[SlowLink]:
    """Forward connections to `server` at `bytes_per_second` in each direction."""

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, down: bool) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(PACKET):
                await asyncio.sleep(len(data) / bytes_per_second)
                if down:
                    link.sent += len(data)
                else:
                    link.received += len(data)
                writer.write(data)
                await writer.drain()
        writer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server.port)
        for task in (
            asyncio.create_task(pump(reader, far_writer, down=False)),
            asyncio.create_task(pump(far_reader, writer, down=True)),
        ):
            link._tasks.add(task)
            task.add_done_callback(link._tasks.discard)

    listening = await asyncio.start_server(accept, "127.0.0.1", 0)
    link = SlowLink(listening.sockets[0].getsockname()[1], server.token)
    try:
        yield link
    finally:
        listening.close()
        for task in list(link._tasks):
            task.cancel()
        await asyncio.gather(*link._tasks, return_exceptions=True)
