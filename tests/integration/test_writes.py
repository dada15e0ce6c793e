"""What typing costs the disk, and that compaction is neither seen there as a tick nor felt by those who type."""

from __future__ import annotations

import asyncio
import random
import re
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest

from conftest import PROVE, QuireProcess
from quire.sync import wire
from rawclient import Client, appended, connected, joined
from stalls import family, until


def written(server: QuireProcess) -> int:
    """Return the bytes sent towards the disk, write-ahead log and blobs included, by the server and its children.

    What ended children wrote counts as their parent's.
    """
    while True:
        try:
            counts = [Path(f"/proc/{pid}/io").read_text() for pid in family(server)]
        except (FileNotFoundError, ProcessLookupError):
            # A child ended meanwhile: it counts as its parent's now.
            continue
        return sum(int(value) for count in counts for value in re.findall(r"^write_bytes: (\d+)$", count, re.MULTILINE))


async def at_rest(server: QuireProcess) -> int:
    """Wait until nothing is written any more, by compaction neither; returns what `written` says then."""
    async with asyncio.timeout(60):
        while True:
            before = written(server)
            # The compactor looks once a second.
            await asyncio.sleep(1.5)
            if written(server) == before and server.metric("compaction_waiting") == 0:
                return before


async def save(client: Client, update: bytes) -> None:
    client.send(wire.sync_update(update))
    assert await client.until(b"\x08") == wire.SAVED


@pytest.mark.fm("FM-063", size="6,000 characters in 2 KB and in 1 MB")
async def test_a_typed_character_costs_the_same_in_a_large_document_as_in_a_small_one(
    launch: Callable[..., QuireProcess],
) -> None:
    """One character a commit, which is the dearest way to type. Full run: ten minutes at ten a second."""
    characters = 6000 if PROVE else 100
    server = launch()
    cost: dict[int, float] = {}
    for size in (2_000, 1_000_000):
        document = server.new_document()
        async with connected(server, document) as client:
            await joined(client, server)
            words = "".join(random.Random(size).choices("abcdefghij   ", k=size))
            for start in range(0, size, 100_000):
                await save(client, appended(start, words[start : start + 100_000]))
            # The large document's own snapshots belong to its paste and not to the typing.
            before, compactions = await at_rest(server), server.metric("log_compactions_total")
            for number in range(characters):
                started = time.monotonic()
                await save(client, appended(size + number, "x"))
                if PROVE:
                    await asyncio.sleep(max(0, started + 0.1 - time.monotonic()))
            # All that typing brings about counts, later work in other processes too.
            cost[size] = (await at_rest(server) - before) / characters
            if PROVE:
                assert server.metric("log_compactions_total") > compactions
    print({size: f"{value:.0f} bytes per character" for size, value in cost.items()})
    # A commit is a few pages of the write-ahead log. Rewriting the document would be a megabyte.
    assert 0 < cost[1_000_000] < 40_000
    assert cost[1_000_000] < 1.5 * cost[2_000] + 4096


async def type_everywhere(
    server: QuireProcess, documents: int, seconds: float, pause: float, least: int = 0
) -> tuple[list[float], list[int]]:
    """Type in all documents, a few words each `pause`; return times until saved and bytes written a second.

    A machine that cannot take so much goes on until each document has `least` updates.
    """
    delays: list[float] = []
    samples: list[int] = []
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(documents):
            document = await asyncio.to_thread(server.new_document)
            client = await stack.enter_async_context(connected(server, document))
            await joined(client, server)
            clients.append(client)
        end = time.monotonic() + seconds

        async def write(client: Client, offset: float) -> None:
            await asyncio.sleep(offset)
            number = 0
            while time.monotonic() < end or number < least:
                started = time.monotonic()
                await save(client, appended(number * 10, "some words"))
                delays.append(time.monotonic() - started)
                number += 1
                await asyncio.sleep(max(0, started + pause - time.monotonic()))

        async def sample() -> None:
            last = written(server)
            while True:
                await asyncio.sleep(1)
                now = written(server)
                samples.append(now - last)
                last = now

        sampling = asyncio.create_task(sample())
        await asyncio.gather(*(write(client, random.random() * pause) for client in clients))
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling
    return delays, samples


@pytest.mark.fm("FM-064", size="1,000 documents, 300 s")
async def test_compaction_has_no_tick_and_is_not_felt(launch: Callable[..., QuireProcess]) -> None:
    """Full run: 1,000 documents for five minutes."""
    documents, seconds = (1000, 300.0) if PROVE else (40, 8.0)
    # All of it must be less than a small machine can save: else what is measured is how long the queue is.
    pause, due = (1.0, 100) if PROVE else (0.2, 10)
    # Opening a thousand documents takes longer than the first of them may keep silent.
    with_compaction = launch(snapshot_updates=str(due), pong_timeout="600")
    delays, samples = await type_everywhere(with_compaction, documents, seconds, pause, least=due)
    await until(lambda: with_compaction.metric("log_compactions_total") > documents / 2, "documents were compacted")
    assert with_compaction.metric("log_failed_compactions_total") == 0
    assert with_compaction.stop() == 0
    without = launch(snapshot_updates="100000000", snapshot_bytes="100000000000", pong_timeout="600")
    calm, calm_samples = await type_everywhere(without, documents, seconds, pause)
    assert without.metric("log_compactions_total") == 0

    def p99(values: list[float]) -> float:
        return statistics.quantiles(values, n=100)[98]

    print(f"p99 until saved {p99(delays) * 1e3:.1f} ms, without compaction {p99(calm) * 1e3:.1f} ms")
    print(f"bytes a second: median {statistics.median(samples):.0f}, most {max(samples)}; without {calm_samples}")
    # The stated bound is 50 ms more at p99; machines that are shared by other work get a quarter of a second.
    assert p99(delays) < p99(calm) + (0.05 if PROVE else 0.25)
    # No second stands out, and least of all each thirtieth.
    steady = sorted(samples[1:-1])
    assert steady[-1] < 4 * statistics.median(steady)
