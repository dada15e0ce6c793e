"""kill -9 at random moments, with all clients gone too: nothing that was acknowledged is missing."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pycrdt
import pytest

from conftest import PROVE, ROOT, QuireProcess
from faultydisk import ForgetfulDisk
from locks import write_locked
from person import Person
from quire.blobs.folder import FolderBlobs
from quire.log.archive import Archive
from quire.log.sqlite import SqliteLog
from quire.sync import wire
from rawclient import Client, appended, connected, joined
from stalls import until

ROUNDS = {"process": 1000, "power": 100} if PROVE else {"process": 3, "power": 3}
# What every turn loads and reads again stays small.
ROUNDS_OF_A_DOCUMENT = 100


class Writers:
    """Clients that write words, each under a name and on a socket of its own, until all are ended."""

    def __init__(self, server: QuireProcess, document: str, *names: str) -> None:
        self._process = subprocess.Popen(
            ["node", str(ROOT / "web/tests/node/writers.mjs"), server.url, server.token, document, *names],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._said = ""
        self._names = names

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    async def wrote(self, least: int) -> None:
        """Wait until so many words of each were acknowledged."""
        assert self._process.stdout is not None
        while min(self.acknowledged.values()) < least:
            self._said += await asyncio.to_thread(self._process.stdout.readline)
            assert self._process.poll() is None

    @property
    def acknowledged(self) -> dict[str, int]:
        """How many words each was told to be saved, as far as was read."""
        # The last line may be cut short by the kill: only whole lines count.
        told = re.findall(r"(\S+) (\d+)\n", self._said)
        return dict.fromkeys(self._names, 0) | {name: int(count) for name, count in told}

    def end(self) -> dict[str, int]:
        """Kill them and what they started (`node` may be a wrapper); return what each was told to be saved."""
        if self._process.returncode is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            assert self._process.stdout is not None
            self._said += self._process.stdout.read()
            self._process.wait()
        return self.acknowledged


async def words_of(server: QuireProcess, document: str) -> str:
    log = SqliteLog(server.data / "log.db", Archive(FolderBlobs(server.data / "blobs")))
    await log.open()
    stored = await log.load(document)
    await log.close()
    doc: pycrdt.Doc = pycrdt.Doc()
    for part in stored.parts:
        doc.apply_update(part)
    return str(doc.get("t", type=pycrdt.Text))


@pytest.mark.fm("FM-057", "FM-058", size="1,000 kills, 100 power cuts")
@pytest.mark.parametrize("end_of", ["process", "power"])
async def test_no_acknowledged_update_is_lost(
    launch: Callable[..., QuireProcess], tmp_path: Path, seed: int, end_of: str
) -> None:
    server = launch(snapshot_updates="200")
    start: Callable[[], object] = server.start
    if end_of == "power":
        server.stop()
        disk = ForgetfulDisk(server, tmp_path / "disk")
        start = disk.start
        start()
    chance = random.Random(seed)
    lost = acknowledged_total = 0
    for turn in range(ROUNDS[end_of]):
        if turn % ROUNDS_OF_A_DOCUMENT == 0:
            document = server.new_document()
        with Writers(server, document, *(f"{turn}-{number}" for number in range(3))) as writers:
            await writers.wrote(1)
            await asyncio.sleep(chance.uniform(0, 0.8))
            if end_of == "power":
                await disk.cut_power()
            else:
                server.stop(signal.SIGKILL)
            acknowledged = writers.end()
        words = set(re.findall(r"\[[^]]*\]", await words_of(server, document)))
        for name, count in acknowledged.items():
            acknowledged_total += count
            lost += sum(f"[{name}.{word}]" not in words for word in range(count))
        start()
    assert acknowledged_total > 100 * ROUNDS[end_of]
    assert lost == 0


@pytest.mark.fm("FM-058")
async def test_what_compaction_moved_is_there_after_a_power_cut(
    launch: Callable[..., QuireProcess], tmp_path: Path
) -> None:
    server = launch(snapshot_updates="20")
    document = server.new_document()
    server.stop()
    disk = ForgetfulDisk(server, tmp_path / "disk")
    disk.start()
    author = Person("author", server, document)
    async with author.online():
        # Too much for a snapshot in the table: it and the moved updates become files in folders that are new.
        await author.start(random.Random(1).randbytes(400_000).hex())
        for number in range(30):
            author.insert(len(author.text), f" w{number}")
            await author.saved()
        await until(lambda: server.metric("log_compactions_total") >= 1, "a snapshot")
    await disk.cut_power()
    assert {path.parent.parent.name for path in (server.data / "blobs").rglob("*") if path.is_file()} == {
        "archive",
        "snapshots",
    }
    log = SqliteLog(server.data / "log.db", Archive(FolderBlobs(server.data / "blobs")))
    await log.open()
    assert (await log.load(document)).snapshot is not None
    assert len(await log.read(document, limit=100)) >= 32
    assert log.stats.snapshot_fallbacks == 0
    await log.close()
    disk.start()
    assert server.text(document).strip() == author.text


@pytest.mark.fm("FM-059")
async def test_nothing_stands_between_an_edit_and_its_commit(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    people = [Person(f"p{number}", server, server.new_document()) for number in range(20)]

    def stored() -> int:
        with closing(sqlite3.connect(server.data / "log.db")) as log:
            return int(log.execute("SELECT sum(last_seq) FROM heads").fetchone()[0])

    waits = []
    async with AsyncExitStack() as stack:
        for person in people:
            await stack.enter_async_context(person.online())
            await person.start("start ")
        # Whoever is told "saved" finds it in the file at that moment, each time.
        for number in range(4):
            for person in people:
                begun, before = time.monotonic(), stored()
                person.insert(0, f"w{number} ")
                await person.saved()
                assert stored() == before + 1
                waits.append(time.monotonic() - begun)
        waits.sort()
        print("seconds to the acknowledgement", waits[len(waits) // 2], waits[int(len(waits) * 0.99)])
        # A buffer before the commit, of a second as is usual, would show here.
        assert waits[len(waits) // 2] < 0.5
        # What waits is committed together, all rooms' in one transaction.
        commits, rows = server.metric("log_commits_total"), stored()
        with write_locked(server.data / "log.db"):
            for person in people:
                person.insert(0, "together ")
            await until(lambda: server.metric("log_queued_bytes") > 20 * len("together "), "all wait")
        for person in people:
            await person.saved()
        assert stored() == rows + len(people)
        assert server.metric("log_commits_total") - commits <= 3
        # Killed in the middle of the window: nothing that waits there was called saved.
        with write_locked(server.data / "log.db"):
            for person in people:
                person.insert(0, "window ")
            await until(lambda: server.metric("log_queued_bytes") > 20 * len("window "), "all wait")
            assert {person.unsaved for person in people} == {1}
            server.stop(signal.SIGKILL)
    server.start()
    for person in people:
        words = server.text(person.document).split()
        assert words == ["together", *(f"w{number}" for number in reversed(range(4))), "start"]
        async with person.online():
            await person.saved()
        assert server.text(person.document).split() == ["window", *words]


async def test_a_graceful_stop_exits_with_0_and_loses_nothing(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    document = server.new_document()
    with Writers(server, document, "w") as writers:
        await writers.wrote(21)
        assert server.stop() == 0
        acknowledged = writers.end()["w"]
    text = await words_of(server, document)
    assert [number for number in range(acknowledged) if f"[w.{number}]" not in text] == []
    server.start()
    assert server.api("GET", f"/documents/{document}")["id"] == document


async def test_a_graceful_stop_tells_everyone_to_come_again_at_different_moments(
    launch: Callable[..., QuireProcess],
) -> None:
    deadline, window, count = 20, 1.0, 300
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


async def test_who_is_writing_when_the_server_stops_hears_why(launch: Callable[..., QuireProcess]) -> None:
    """A socket that is closed with messages of its peer unread takes the close frame back."""
    server = launch()
    document = server.new_document()

    async def write(number: int, writing: asyncio.Event) -> tuple[int, int]:
        async with connected(server, document) as client:
            await joined(client, server)
            # Nobody is too busy with writing to let the others in.
            await everybody.wait()

            async def send() -> None:
                for clock in range(10**6):
                    client.send(wire.sync_update(appended(clock, "x", 100 + number)))
                    if clock % 20 == 0:
                        await asyncio.sleep(0.02)

            sending, saved = asyncio.create_task(send()), 0
            try:
                while True:
                    opcode, payload = await client.message()
                    if opcode == 8:
                        client.frame(payload[:2], opcode=8)
                        return int.from_bytes(payload[:2], "big"), saved
                    if payload[len(client.prefix) :] == wire.SAVED:
                        saved += 1
                        writing.set()
            finally:
                sending.cancel()

    begun = [asyncio.Event() for _ in range(20)]
    everybody = asyncio.Barrier(len(begun))
    writers = [asyncio.create_task(write(number, event)) for number, event in enumerate(begun)]
    all_write = asyncio.gather(*(event.wait() for event in begun))
    await asyncio.wait([all_write, *writers], return_when=asyncio.FIRST_COMPLETED)
    assert all_write.done(), [writer for writer in writers if writer.done()]
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)
    ends = await asyncio.gather(*writers)
    assert await asyncio.to_thread(server.process.wait, 40) == 0
    assert {code for code, _ in ends} == {1012}
    text = await words_of(server, document)
    assert len(text) >= sum(saved for _, saved in ends) > 20


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


async def test_a_request_that_a_stop_cuts_short_is_answered_and_no_error_of_the_log(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    server = launch(shutdown_timeout="5")
    document = server.new_document()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        f"POST /api/v1/documents/{document}/attachments HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {server.token}\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n".encode()
    )
    # The server waits for the body.
    assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")
    assert await asyncio.to_thread(server.stop) == 0
    assert b" 503 " in (await reader.read()).split(b"\r\n")[0]
    writer.close()
    assert "Traceback" not in capfd.readouterr().err


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
