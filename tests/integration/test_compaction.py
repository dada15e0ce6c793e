"""Compaction: leases and fences, what it leaves and takes, and what it does when something fails."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pycrdt
import pytest
import zstandard

from contracts.log import append, edit, history, parts, text_of
from nodes import compacting
from quire.blobs.folder import FolderBlobs
from quire.crdt.updates import decode_state_vector
from quire.log.archive import Archive
from quire.log.compaction import Compaction, LeaseLost, compact
from quire.log.compactor import Compactor, Trigger
from quire.log.contract import Snapshot, Update
from quire.log.file import connect
from quire.log.sqlite import SqliteLog
from quire.ops import children
from quire.ops.children import Child
from quire.storage.failure import FULL, READ_ONLY
from stalls import until


async def test_compaction_and_erasure_have_their_turn_while_a_slow_disk_commits_without_a_pause(tmp_path: Path) -> None:
    class Slow(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
            if sql == "COMMIT":
                time.sleep(0.05)
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    def slow(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Slow)

    await (log := SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")))).open()
    updates = history(90)
    await append(log, "d", updates)
    await append(log, "e", updates)
    await log.close()
    log = SqliteLog(log.path, log.archive, connect=slow)
    await log.open()

    async def write() -> None:
        while True:
            # Several for each commit: as one ends, the next is there.
            log.submit([Update("busy", b"more", "", "", 0)], lambda _: None)
            await asyncio.sleep(0.005)

    writing = asyncio.create_task(write())
    # Each takes the lock several times; by luck alone it would not get it once in many tries.
    for number in range(4):
        assert await asyncio.to_thread(compact, log.path, log.archive, f"holder {number}", "d") == len(updates)
        await log.erase("e")
    writing.cancel()
    assert await log.read("e") == []
    assert text_of(await parts(log, "d")) == text_of(updates)
    await log.close()


@pytest.mark.fm("FM-065")
async def test_a_compactor_that_was_paused_past_its_lease_writes_nothing(log: SqliteLog, compactor: Compactor) -> None:
    updates = history(60)
    await append(log, "d", updates[:30])
    paused, resume = threading.Event(), threading.Event()

    class Slow(Compaction):
        def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
            paused.set()
            assert resume.wait(30)
            return super()._store(connection, snapshot)

    work = asyncio.create_task(asyncio.to_thread(Slow(log.path, log.archive, "slow", "d").run))
    assert await asyncio.to_thread(paused.wait, 30)
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE leases SET expires_at=0")
    await append(log, "d", updates[30:])
    assert await compactor.compact("d") == len(updates)
    resume.set()
    with pytest.raises(LeaseLost):
        await work
    stored = await log.load("d")
    assert stored.snapshot is not None
    assert stored.snapshot.seq == len(updates)
    assert text_of(await parts(log, "d")) == text_of(updates)


@pytest.mark.fm("FM-065")
@pytest.mark.parametrize("step", ["_store", "_batch"])
async def test_the_fence_alone_keeps_out_whoever_lost_the_lease(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The other has stored nothing yet that would be newer."""
    updates = history(30)
    await append(log, "d", updates)
    work = getattr(Compaction, step)

    def overtaken(self: Compaction, connection: sqlite3.Connection, *about: object) -> object:
        connection.execute("UPDATE leases SET holder='other', token=token+1")
        return work(self, connection, *about)

    monkeypatch.setattr(Compaction, step, overtaken)
    with pytest.raises(LeaseLost, match="taken over"):
        await asyncio.to_thread(compact, log.path, log.archive, "late", "d")
    with closing(sqlite3.connect(log.path)) as connection:
        rows = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("segments", "updates")]
    assert rows == [0, len(updates)]
    assert ((await log.load("d")).snapshot is None) == (step == "_store")
    assert text_of(await parts(log, "d")) == text_of(updates)


@pytest.mark.fm("FM-065")
async def test_a_snapshot_is_stored_only_if_it_is_newer_whatever_the_lease_says(log: SqliteLog) -> None:
    updates, loop = history(60), asyncio.get_running_loop()
    await append(log, "d", updates[:30])

    class Blind(Compaction):
        """Overtaken between its reading and its storing, without noticing."""

        def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
            asyncio.run_coroutine_threadsafe(append(log, "d", updates[30:]), loop).result(30)
            connection.execute("UPDATE leases SET expires_at=0")
            compact(log.path, log.archive, "other", "d")
            return super()._store(connection, snapshot)

        def _check(self, connection: sqlite3.Connection) -> None:
            pass

    with pytest.raises(LeaseLost, match=f"a snapshot at {len(updates)} is already there"):
        await asyncio.to_thread(Blind(log.path, log.archive, "late", "d").run)
    with closing(sqlite3.connect(log.path)) as connection:
        assert connection.execute("SELECT seq FROM snapshots").fetchall() == [(len(updates),)]
    assert text_of(await parts(log, "d")) == text_of(updates)


@pytest.mark.fm("FM-065")
async def test_every_snapshot_of_two_compactors_beside_many_writers_is_a_replay_to_its_number(log: SqliteLog) -> None:
    with closing(sqlite3.connect(log.path)) as connection:
        connection.executescript(
            "CREATE TABLE seen(seq, payload); CREATE TRIGGER see AFTER INSERT ON snapshots "
            "BEGIN INSERT INTO seen VALUES(NEW.seq, NEW.payload); END"
        )
    turns = overtaken = late = 0
    writing = True

    class Steady(Compaction):
        def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
            nonlocal turns
            turns += 1
            return super()._store(connection, snapshot)

    class Overtaken(Steady):
        """Paused past its lease between its reading and its storing, while another compacts."""

        def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
            nonlocal overtaken
            connection.execute("UPDATE leases SET expires_at=0")
            with suppress(LeaseLost):
                compact(log.path, log.archive, f"other {overtaken}", "d")
            overtaken += 1
            return super()._store(connection, snapshot)

    def run(kind: type[Compaction], holder: str) -> None:
        nonlocal late, writing
        while overtaken < 3:
            try:
                kind(log.path, log.archive, holder, "d").run()
            except LeaseLost:
                late += 1
        writing = False

    async def write(client: int) -> int:
        doc: pycrdt.Doc = pycrdt.Doc(client_id=client)
        text, count = doc.get("t", type=pycrdt.Text), 0
        while writing:
            # As fast as it is compacted, or no snapshot would ever be finished.
            if count < 2 * (turns + 1):
                await append(log, "d", [edit(doc, partial(text.insert, 0, f"{client}.{count} "))])
                count += 1
            else:
                await asyncio.sleep(0.001)
        return count

    compactors = (asyncio.to_thread(run, Overtaken, "slow"), asyncio.to_thread(run, Steady, "steady"))
    _, *counts = await asyncio.gather(asyncio.gather(*compactors), *(write(client) for client in range(1, 101)))
    rows = [row.payload for row in await log.read("d", limit=sum(counts) + 1)]
    assert len(rows) == sum(counts)
    with closing(sqlite3.connect(log.path)) as connection:
        seen = connection.execute("SELECT seq, payload FROM seen ORDER BY rowid").fetchall()
    numbers = [seq for seq, _ in seen]
    # None is stored twice, and the newest never goes back.
    assert numbers == sorted(set(numbers))
    assert len(seen) >= 3
    assert late > 0
    for seq, packed in seen:
        assert same(zstandard.ZstdDecompressor().decompress(packed), rows[:seq]), seq
    assert same(pycrdt.merge_updates(*await parts(log, "d")), rows)


def same(snapshot: bytes, updates: list[bytes]) -> bool:
    """Whether a snapshot has the text and the state of these updates, none more and none less."""
    loaded: pycrdt.Doc = pycrdt.Doc()
    loaded.apply_update(snapshot)
    replayed: pycrdt.Doc = pycrdt.Doc()
    for update in updates:
        replayed.apply_update(update)
    told = [(decode_state_vector(doc.get_state()), str(doc.get("t", type=pycrdt.Text))) for doc in (loaded, replayed)]
    return told[0] == told[1]


async def test_compaction_leaves_only_the_updates_that_no_snapshot_covers_in_the_table(
    log: SqliteLog, compactor: Compactor
) -> None:
    updates = history(60)
    await append(log, "d", updates[:50])
    await compactor.compact("d")
    await append(log, "d", updates[50:])
    with closing(sqlite3.connect(log.path)) as connection:
        assert connection.execute("SELECT count(*) FROM updates").fetchone()[0] == len(updates) - 50


async def test_a_lease_ends_with_its_work_and_a_killed_run_holds_it_only_for_a_while(log: SqliteLog) -> None:
    updates = history(30)

    def run(holder: str) -> int:
        return compact(log.path, log.archive, holder, "d")

    await append(log, "d", updates[:20])
    await asyncio.to_thread(run, "first")
    await append(log, "d", updates[20:])
    await asyncio.to_thread(run, "second")
    killed = Compaction(log.path, log.archive, "killed", "d")
    with closing(connect(log.path)) as connection:
        killed._take_lease(connection)
    with pytest.raises(LeaseLost):
        await asyncio.to_thread(run, "second")
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE leases SET expires_at=0")
    assert await asyncio.to_thread(run, "second") == len(updates)
    # A clock that was a year ahead when the lease was taken, and is right again, does not hold it for a year.
    with closing(connect(log.path)) as connection:
        killed._take_lease(connection)
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE leases SET expires_at=expires_at+365*86400")
    assert await asyncio.to_thread(run, "second") == len(updates)


async def test_a_compaction_under_way_brings_nothing_of_an_erased_document_back(log: SqliteLog) -> None:
    await append(log, "d", history(30))
    blobs, loop = log.archive.blobs, asyncio.get_running_loop()

    class Late(Compaction):
        def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
            blobs.write("snapshots/d/late", b"as a large one would")
            asyncio.run_coroutine_threadsafe(log.erase("d"), loop).result()
            blobs.write("snapshots/d/later", b"as a large one would")
            return super()._store(connection, snapshot)

    with pytest.raises(LeaseLost):
        await asyncio.to_thread(Late(log.path, log.archive, "late", "d").run)
    assert (await log.load("d")).last_seq == 0
    assert list(log.archive.blobs.keys("")) == []


async def test_a_compaction_of_an_erased_document_takes_nothing_from_the_next_one_of_its_id(log: SqliteLog) -> None:
    loop, others = asyncio.get_running_loop(), history(3, 7)

    class Late(Compaction):
        def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
            asyncio.run_coroutine_threadsafe(log.erase("d"), loop).result()
            asyncio.run_coroutine_threadsafe(append(log, "d", others), loop).result()
            compact(log.path, log.archive, "other", "d")
            return super()._store(connection, snapshot)

    await append(log, "d", history(30))
    with pytest.raises(LeaseLost):
        await asyncio.to_thread(Late(log.path, log.archive, "late", "d").run)
    assert text_of(await parts(log, "d")) == text_of(others)


def compact_or_spin(work: Callable[..., int], path: Path, archive: Archive, holder: str, document: str) -> int:
    """Compact, but never come back from the document "endless", as the CRDT library once did from crafted ones."""
    while document == "endless":
        pass
    return work(path, archive, holder, document)


class SpinningChild(Child):
    async def run(self, work: Callable[..., int], *arguments: object) -> int:  # type: ignore[override]
        return await super().run(compact_or_spin, work, *arguments)


async def test_a_document_that_cannot_be_compacted_holds_no_other_up(log: SqliteLog) -> None:
    updates = history(4)
    async with compacting(log, SpinningChild(deadline=3), Trigger(updates=4, bytes=10**9)) as compactor:
        compactor.start()
        await append(log, "endless", updates)
        async with asyncio.timeout(60):
            while log.stats.failed_compactions == 0:
                await asyncio.sleep(0.05)
            await append(log, "other", history(20))
            while log.stats.compactions == 0:
                await asyncio.sleep(0.05)
        assert (await log.load("other")).snapshot is not None
        # Nothing of it is lost: the updates stay where they are.
        assert [row.payload for row in (await log.load("endless")).tail] == updates


async def test_a_compactor_that_is_stopped_is_ended_and_the_document_compacted(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps no deadline of its own then, and no document would be compacted any more."""
    monkeypatch.setattr(children, "GRACE", 1)
    monkeypatch.setattr("quire.log.compactor.ASIDE_FIRST", 0.1)
    child = Child(deadline=1)
    async with compacting(log, child, Trigger(updates=4)) as compactor:
        process = await child.run(os.getpid)
        os.kill(process, signal.SIGSTOP)
        compactor.start()
        await append(log, "d", history(4))
        await until(lambda: compactor.problem == "the process that did the work died (SIGKILL)", "it is told")
        await until(lambda: log.stats.compactions == 1, "a compaction")
        assert compactor.problem is None


async def test_a_log_that_the_compactor_cannot_read_is_told_and_nothing_that_is_due_is_forgotten(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: Path) -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr("quire.log.compactor.LOOK_SECONDS", 0.01)
    await append(log, "d", history(10))
    async with compacting(log, trigger=Trigger(updates=10)) as compactor:
        with monkeypatch.context() as patch:
            patch.setattr("quire.log.compactor.connect_to_read", unreadable)
            compactor.start()
            await until(lambda: log.stats.failed_compactions >= 2, "two looks")
            assert compactor.problem == "the disk fails: unable to open database file"
        await until(lambda: log.stats.compactions == 1, "what was due at the start")
        assert compactor.problem is None
        with monkeypatch.context() as patch:
            patch.setattr("quire.log.compactor.connect_to_read", unreadable)
            await append(log, "e", history(10))
            await until(lambda: compactor.problem is not None, "it is told again")
        await until(lambda: log.stats.compactions == 2, "what became due meanwhile")


async def test_a_compaction_that_lacked_room_is_tried_again_as_soon_as_there_is_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quire.log.compactor.ASIDE_FIRST", 3600)
    full = True

    class Disk(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
            if full and sql == "COMMIT":
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    class Here:
        async def run(self, work: Callable[..., int], *arguments: object) -> int:
            if full:
                raise OSError("No space left on device")
            return await asyncio.to_thread(work, *arguments)

        def close(self) -> None:
            pass

    connect(tmp_path / "log.db").close()
    log = SqliteLog(
        tmp_path / "log.db",
        Archive(FolderBlobs(tmp_path / "blobs")),
        connect=lambda path: sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Disk),
    )
    await log.open()
    full = False
    *most, last = history(20)
    await append(log, "d", most)
    full = True
    compactor = Compactor(log, Here(), trigger=Trigger(updates=10))
    compactor.start()
    await until(lambda: log.stats.failed_compactions == 1, "no room for a compaction")
    waiting = asyncio.create_task(append(log, "d", [last]))
    await until(lambda: not log.health.ok, "no room for a commit")
    full = False
    await waiting
    await until(lambda: log.stats.compactions == 1, "a compaction")
    await compactor.close()
    await log.close()


async def test_room_for_the_archive_is_found_soon_however_long_it_was_lacking(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quire.log.compactor.LOOK_SECONDS", 0.01)
    # As after hours without any.
    monkeypatch.setattr("quire.log.compactor.ASIDE_FIRST", 3600)
    monkeypatch.setattr("quire.log.compactor.NO_ROOM_MOST", 0.01)
    full = True

    class Here:
        async def run(self, work: Callable[..., int], *arguments: object) -> int:
            if full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return await asyncio.to_thread(work, *arguments)

        def close(self) -> None:
            pass

    await append(log, "d", history(10))
    compactor = Compactor(log, Here(), trigger=Trigger(updates=10))
    compactor.start()
    await until(lambda: compactor.problem == FULL, "it is told")
    full = False
    await until(lambda: log.stats.compactions == 1, "a compaction")
    await until(lambda: compactor.problem is None, "it is told that all is well")
    await compactor.close()


async def test_a_compaction_that_lacked_the_archive_only_is_told_until_it_succeeds(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quire.log.compactor.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("quire.log.compactor.ASIDE_FIRST", 0.01)
    told: list[str | None] = []

    class Here:
        async def run(self, work: Callable[..., int], *arguments: object) -> int:
            told.append(compactor.problem)
            return await asyncio.to_thread(work, *arguments)

        def close(self) -> None:
            pass

    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    await append(log, "d", history(10))
    compactor = Compactor(log, Here(), trigger=Trigger(updates=10))
    with monkeypatch.context() as patch:
        patch.setattr(log.archive, "write", read_only)
        compactor.start()
        # The snapshot is there after the first, so that nothing is new since.
        await until(lambda: len(told) > 3, "more tries than one")
        assert set(told) == {None, READ_ONLY}
        assert compactor.problem == READ_ONLY
    await until(lambda: log.stats.compactions == 1, "a compaction")
    assert compactor.problem is None
    with closing(connect(log.path)) as connection:
        assert connection.execute("SELECT count(*) FROM updates").fetchone() == (0,)
    await compactor.close()
