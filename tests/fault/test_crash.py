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

import pycrdt
import pytest

from conftest import ROOT, QuireProcess
from quire.blobs.folder import FolderBlobs
from quire.log.archive import Archive
from quire.log.sqlite import SqliteLog

ROUNDS = 100 if os.environ.get("QUIRE_PROVE") else 3


def end(client: subprocess.Popen[str]) -> None:
    """Kill a client and whatever it started: `node` may be a wrapper."""
    os.killpg(client.pid, signal.SIGKILL)


async def words_of(server: QuireProcess, document: str) -> str:
    log = SqliteLog(server.data / "log.db", Archive(FolderBlobs(server.data / "blobs")))
    await log.open()
    stored = await log.load(document)
    await log.close()
    doc: pycrdt.Doc = pycrdt.Doc()
    for part in ([stored.snapshot.payload] if stored.snapshot else []) + [row.payload for row in stored.tail]:
        doc.apply_update(part)
    return str(doc.get("t", type=pycrdt.Text))


@pytest.mark.fm("FM-057", "FM-058")
def test_no_acknowledged_update_is_lost(launch: Callable[..., QuireProcess]) -> None:
    server = launch(snapshot_updates="200")
    seed = random.randrange(2**32)
    print("seed", seed)
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
    assert writer.stdout.readline()
    assert server.stop() == 0
    end(writer)
    writer.wait()
    server.start()
    assert server.api("GET", f"/documents/{document}")["id"] == document


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
