"""What it costs to open documents that no room holds: one, one by many at once, and many."""

from __future__ import annotations

import asyncio
import time

from bench.footprint import fill
from bench.process import usage
from bench.servers import Server
from bench.sockets import Socket, Tally, connect
from bench.workloads import percentile

LONG = 100_000
"""Bytes of text of the document that a crowd opens: some forty pages."""
SHORT = 10_000
"""Bytes of text of each of many documents."""
AT_ONCE = 50
"""Opens under way where many documents are opened one after the other."""


async def cold_open(server: Server, updates: int) -> dict[str, float]:
    """Milliseconds and bytes of memory to open a 1 MB document after a restart."""
    (document,) = server.documents(1)
    await fill(server, document, updates)
    await _forget(server)
    before = usage(server.pid)
    start = time.perf_counter()
    socket = await connect(server.port, server.protocol, document, Tally())
    elapsed = time.perf_counter() - start
    size = socket.joined_bytes
    after = usage(server.pid)
    socket.transport.abort()
    return {
        "ms": elapsed * 1e3,
        "memory": after.memory - before.memory,
        "cpu_ms": (after.cpu - before.cpu) * 1e3,
        "received": size,
    }


async def crowd(server: Server, people: int) -> dict[str, float]:
    """FM-092: milliseconds until one cold document is open, for each of `people` who open it at the same moment."""
    (document,) = server.documents(1)
    await fill(server, document, 100, LONG)
    return await _opened(server, [document] * people, at_once=people)


async def many(server: Server, count: int) -> dict[str, float]:
    """FM-104: opens of `count` cold documents for each second of the server's processor time."""
    documents = server.documents(count)
    for document in documents:
        await fill(server, document, 10, SHORT)
    return await _opened(server, documents, at_once=AT_ONCE)


async def _opened(server: Server, documents: list[str], *, at_once: int) -> dict[str, float]:
    """Open each document after a restart, `at_once` at the same time."""
    await _forget(server)
    gate = asyncio.Semaphore(at_once)
    sockets: list[Socket] = []

    async def one(document: str) -> float:
        async with gate:
            start = time.perf_counter()
            sockets.append(await connect(server.port, server.protocol, document, Tally()))
            return time.perf_counter() - start

    before = usage(server.pid)
    times = sorted(await asyncio.gather(*(one(document) for document in documents)))
    cpu = usage(server.pid).cpu - before.cpu
    for socket in sockets:
        socket.transport.abort()
    return {
        "opens": len(documents),
        "p50_ms": percentile(times, 0.5) * 1e3,
        "p99_ms": percentile(times, 0.99) * 1e3,
        "opens_per_core_second": len(documents) / cpu,
    }


async def _forget(server: Server) -> None:
    """Start the server again when all is stored."""
    await asyncio.sleep(4)
    server.stop()
    server.start()
    await asyncio.sleep(2)
