"""kill -9 at random moments, with all clients gone too: nothing that was acknowledged is missing."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import pycrdt
import pytest

from conftest import PROVE, ROOT, QuireProcess
from locks import write_locked
from person import Person
from quire.blobs.folder import FolderBlobs
from quire.log.archive import Archive
from quire.log.sqlite import SqliteLog
from rawclient import Client, connected, joined
from stalls import until

ROUNDS = 100 if PROVE else 3


def end(client: subprocess.Popen[str]) -> None:
    """Kill a client and whatever it started: `node` may be a wrapper."""
    os.killpg(client.pid, signal.SIGKILL)


async def words_of(server: QuireProcess, document: str) -> str:
    log = SqliteLog(server.data / "log.db", Archive(FolderBlobs(server.data / "blobs")))
    await log.open()
    stored = await log.load(document)
    await log.close()
    doc: pycrdt.Doc = pycrdt.Doc()
    for part in stored.parts:
        doc.apply_update(part)
    return str(doc.get("t", type=pycrdt.Text))


@pytest.mark.fm("FM-057", "FM-058", size="100 kills")
def test_no_acknowledged_update_is_lost(launch: Callable[..., QuireProcess], seed: int) -> None:
    server = launch(snapshot_updates="200")
    chance = random.Random(seed)
    document = server.new_document()
    lost = acknowledged_total = 0
    for turn in range(ROUNDS):
        writers = [
            subprocess.Popen(
                ["node", str(ROOT / "web/tests/node/writer.mjs"), server.url, server.token, document, f"{turn}-{n}"],
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            for n in range(3)
        ]
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.8))
        server.stop(signal.SIGKILL)
        counts = []
        for writer in writers:
            end(writer)
            assert writer.stdout is not None
            # The last line may be cut short by the kill: only whole lines count.
            lines = re.findall(r"(\d+)\n", writer.stdout.read())
            counts.append(int(lines[-1]) if lines else 1)
            writer.wait()
        text = asyncio.run(words_of(server, document))
        for number, count in enumerate(counts):
            acknowledged_total += count
            lost += sum(f"[{turn}-{number}.{word}]" not in text for word in range(count))
        server.start()
    assert acknowledged_total > 100 * ROUNDS
    assert lost == 0


def test_a_graceful_stop_exits_with_0_and_loses_nothing(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    document = server.new_document()
    writer = subprocess.Popen(
        ["node", str(ROOT / "web/tests/node/writer.mjs"), server.url, server.token, document, "w"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert writer.stdout is not None
    acknowledged = 0
    while acknowledged <= 20:
        acknowledged = int(writer.stdout.readline())
    assert server.stop() == 0
    end(writer)
    acknowledged = max([acknowledged, *map(int, re.findall(r"(\d+)\n", writer.stdout.read()))])
    writer.wait()
    text = asyncio.run(words_of(server, document))
    assert [number for number in range(acknowledged) if f"[w.{number}]" not in text] == []
    server.start()
    assert server.api("GET", f"/documents/{document}")["id"] == document


async def test_a_graceful_stop_tells_everyone_to_come_again_at_different_moments(
    launch: Callable[..., QuireProcess],
) -> None:
    deadline, window, count = 20, 1.0, 600
    server = launch(shutdown_timeout=str(deadline), reconnect_window=str(window), pong_timeout="600")
    document = server.new_document()
    ends: list[tuple[float, int, str]] = []
    async with AsyncExitStack() as stack:
        author = await stack.enter_async_context(Person("author", server, document).online())
        await author.start("start ")
        gate = asyncio.Semaphore(50)

        async def come() -> Client:
            async with gate:
                client = await stack.enter_async_context(connected(server, document))
                await joined(client, server)
                return client

        async def leave(client: Client) -> None:
            while True:
                opcode, payload = await client.message(60)
                if opcode == 8:
                    ends.append((time.monotonic(), int.from_bytes(payload[:2], "big"), payload[2:].decode()))
                    return

        leaving = [
            asyncio.create_task(leave(client)) for client in await asyncio.gather(*(come() for _ in range(count)))
        ]
        for number in range(50):
            author.insert(len(author.text), f"word{number} ")
        await author.saved()
        author.insert(len(author.text), "last ")
        await asyncio.sleep(0)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        assert await asyncio.to_thread(server.process.wait, deadline + 10) == 0
        assert time.monotonic() - started < deadline
        await asyncio.wait_for(asyncio.gather(*leaving), 10)
        await author.cut_off()
        last_is_saved = author.unsaved == 0
    assert {(code, reason) for _, code, reason in ends} == {(1012, "the server restarts; connect again")}
    moments = sorted(at for at, _, _ in ends)
    # They do not come back as one: the closes fill the window, and no tenth of it holds most of them.
    assert moments[-1] - moments[0] > window / 2
    most = max(sum(at <= other < at + window / 10 for other in moments) for at in moments)
    assert most < count / 3
    server.start()
    words = server.text(document).split()
    assert {f"word{number}" for number in range(50)} <= set(words)
    assert "last" in words or not last_is_saved


async def test_a_graceful_stop_ends_although_the_disk_does_not_answer_and_calls_nothing_saved(
    launch: Callable[..., QuireProcess],
) -> None:
    deadline = 4
    server = launch(shutdown_timeout=str(deadline))
    document = server.new_document()
    author = Person("author", server, document)
    async with author.online():
        await author.start("saved. ")
        with write_locked(server.data / "log.db"):
            author.insert(len(author.text), "never saved.")
            await until(lambda: server.metric("unsaved_bytes") > 0, "the words are there and not saved")
            assert server.process is not None
            server.process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            assert await asyncio.to_thread(server.process.wait, 60) == 0
            # One deadline for the whole; the rest is for a slow machine.
            assert time.monotonic() - started < deadline + 2
            await author.cut_off()
        assert author.unsaved == 1
    server.start()
    assert server.text(document).strip() == "saved."
    # Who still has the words brings them.
    async with author.online():
        await author.saved()
    assert server.text(document).strip() == "saved. never saved."


def test_one_data_folder_is_served_by_one_process(server: QuireProcess) -> None:
    second = subprocess.run(
        [os.sys.executable, "-m", "quire.cli", "serve", "--port", "0"],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 1
    assert "served by another process" in second.stderr
