"""The live workloads: many writers, many readers, every update followed to every socket."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import asdict, dataclass

from bench.process import usage
from bench.servers import Server
from bench.sockets import HEARTBEAT, Socket, Tally, connect_all
from bench.updates import insert

WARM_UP = 4.0
"""Seconds of writing before anything is measured: what a server starts once, such as a process for compaction, has
started then."""
DRAIN_SECONDS = 20.0
RATE = 5.0
"""Updates a second of each writer."""
TIMED_SOCKETS = 40
"""Sockets whose latencies are read; the others only count what arrives."""


@dataclass(frozen=True, slots=True)
class Workload:
    """`documents` documents with `sockets` sockets each, of which `writers` write."""

    name: str
    title: str
    documents: int
    sockets: int
    writers: int


WORKLOADS = {
    load.name: load
    for load in (
        Workload("W1", "one document, 400 sockets, 40 writers", 1, 400, 40),
        Workload("W2", "FM-059 100 documents, 10 sockets and 2 writers each", 100, 10, 2),
        Workload("W3", "one document, 1,000 sockets, 100 writers", 1, 1000, 100),
    )
}


@dataclass(frozen=True, slots=True)
class Result:
    """One run. Times are milliseconds, CPU is microseconds for one delivery (one update at one receiver)."""

    cpu_us: float
    p50: float
    p95: float
    p99: float
    ack_p50: float | None
    ack_p99: float | None
    deliveries: int
    lost: int
    updates: int
    bytes_per_delivery: float
    frames_per_delivery: float
    core_share: float
    """Part of one core that the server used."""

    def as_dict(self) -> dict[str, float | int | None]:
        """Return the fields for JSON."""
        return asdict(self)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of the sorted `values` lie."""
    return values[min(len(values) - 1, int(len(values) * share))]


async def run(server: Server, load: Workload, seconds: float) -> Result:
    """Measure one workload on a server that has just started."""
    tally = Tally()
    documents = server.documents(load.documents)
    names = [document for document in documents for _ in range(load.sockets)]
    every = max(1, len(names) // TIMED_SOCKETS) if load.documents == 1 else 1
    sockets = await connect_all(server.port, server.protocol, names, tally, timed=lambda number: number % every == 0)
    writers = [
        socket
        for start in range(0, len(sockets), load.sockets)
        for socket in sockets[start : start + load.sockets : max(1, load.sockets // load.writers)][: load.writers]
    ]
    await asyncio.sleep(1.0)
    for socket in sockets:
        socket.start_counting()
    beating = asyncio.create_task(_beat(sockets))
    await _write(writers, tally, WARM_UP, 0)
    await _drained(tally)
    written = len(tally.sent_at)
    tally.delivered = tally.received_bytes = tally.frames = tally.timed_deliveries = 0
    tally.latencies.clear()
    tally.acknowledgements.clear()
    before, started = usage(server.pid), time.perf_counter()
    await _write(writers, tally, seconds, written // len(writers))
    updates = len(tally.sent_at) - written
    expected = updates * (load.sockets - 1)
    await _drained(tally, expected)
    after, elapsed = usage(server.pid), time.perf_counter() - started
    beating.cancel()
    for socket in sockets:
        socket.transport.abort()
    return _result(tally, updates, expected, after.cpu - before.cpu, elapsed)


def _result(tally: Tally, updates: int, expected: int, cpu: float, elapsed: float) -> Result:
    """Return what a run found: `cpu` and `elapsed` in seconds, for `expected` deliveries."""
    latencies = sorted(tally.latencies) or [float("nan")]
    acknowledgements = sorted(tally.acknowledgements)
    return Result(
        cpu_us=cpu / expected * 1e6,
        p50=percentile(latencies, 0.5) * 1e3,
        p95=percentile(latencies, 0.95) * 1e3,
        p99=percentile(latencies, 0.99) * 1e3,
        ack_p50=percentile(acknowledgements, 0.5) * 1e3 if acknowledgements else None,
        ack_p99=percentile(acknowledgements, 0.99) * 1e3 if acknowledgements else None,
        deliveries=expected,
        lost=max(0, expected - tally.delivered),
        updates=updates,
        bytes_per_delivery=tally.received_bytes / expected,
        frames_per_delivery=tally.frames / max(1, tally.timed_deliveries),
        core_share=cpu / elapsed,
    )


async def _write(writers: list[Socket], tally: Tally, seconds: float, first: int) -> None:
    """Let every writer write at `RATE`, at moments that `moments` gives."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for turn, (due, number, writer) in enumerate(moments(len(writers), int(seconds * RATE))):
        wait = start + due - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        elif turn % 50 == 0:
            await asyncio.sleep(0)
        update = insert(1_000 + writer, first + number, len(tally.sent_at))
        tally.sent_at.append(time.perf_counter())
        writers[writer].update(update)


def moments(writers: int, updates: int) -> list[tuple[float, int, int]]:
    """Return (second, number of the update, writer) of every update, in order of time.

    People do not take turns: each writes at a random moment of each `1 / RATE` seconds, whatever the others do, so that
    some updates meet and some pauses are long. The moments are the same for every server.
    """
    chance = random.Random(1)
    return sorted(
        ((number + chance.random()) / RATE, number, writer) for number in range(updates) for writer in range(writers)
    )


async def _drained(tally: Tally, expected: int | None = None) -> None:
    """Wait until everything arrived, or nothing new came for two seconds."""
    last, quiet_since, start = -1, time.perf_counter(), time.perf_counter()
    while time.perf_counter() - start < DRAIN_SECONDS:
        if expected is not None and tally.delivered >= expected:
            return
        if tally.delivered != last:
            last, quiet_since = tally.delivered, time.perf_counter()
        elif time.perf_counter() - quiet_since > (2.0 if expected is not None else 0.3):
            return
        await asyncio.sleep(0.02)


async def _beat(sockets: list[Socket]) -> None:
    while True:
        await asyncio.sleep(8)
        for socket in sockets:
            socket.write(HEARTBEAT)


def median(results: list[Result]) -> dict[str, float | None]:
    """Return the median of every field over runs."""
    rows = [result.as_dict() for result in results]
    found: dict[str, float | None] = {}
    for name in rows[0]:
        values = [value for row in rows if (value := row[name]) is not None]
        found[name] = statistics.median(values) if values else None
    return found
