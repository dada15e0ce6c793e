"""The log in SQLite: commits, faults of the disk, numbers. What any log must do is in contracts/log.py."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from contracts.log import append, history, parts, text_of
from quire.blobs.folder import FolderBlobs
from quire.log.archive import Archive
from quire.log.compaction import compact
from quire.log.contract import Outcome, Refused, Stored, Update
from quire.log.file import MOST_IDLE, connect
from quire.log.sqlite import SqliteLog
from quire.storage.failure import StorageUnavailable


async def test_group_commit_joins_what_waits(log: SqliteLog) -> None:
    await asyncio.gather(*(append(log, f"d{n}", [b"x"]) for n in range(500)))
    assert log.stats.rows == 500
    assert log.stats.commits < 100


@pytest.mark.fm("FM-060")
async def test_failing_commits_are_retried_and_one_poisoned_update_is_isolated(tmp_path: Path) -> None:
    commits = 0

    class Flaky(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
            nonlocal commits
            if sql == "COMMIT":
                commits += 1
                if commits % 3 == 0:
                    raise sqlite3.OperationalError("deadlock")
            if sql.startswith("INSERT INTO updates") and b"poison" in arguments[0][5]:  # type: ignore[index]
                raise sqlite3.DataError("cannot be stored")
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    def flaky(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Flaky)
        connection.execute("PRAGMA journal_mode=WAL")
        return connection

    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")), connect=flaky)
    await log.open()
    outcomes: list[Outcome] = []
    for number in range(100):
        outcomes += await append(log, "d", [b"poison" if number % 50 == 25 else b"%d" % number])
    stored = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert stored == list(range(1, 99))
    assert [type(outcomes[n]) for n in (25, 75)] == [Refused, Refused]
    assert [row.payload for row in await log.read("d")] == [b"%d" % n for n in range(100) if n not in (25, 75)]
    assert log.stats.failed_commits > 20
    await log.close()


async def test_a_disk_that_fails_is_not_tried_again_with_each_update(tmp_path: Path) -> None:
    failing = False

    def fails(path: Path) -> sqlite3.Connection:
        if failing:
            raise sqlite3.OperationalError("disk I/O error")
        return connect(path)

    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")), connect=fails)
    await log.open()
    failing = True
    waiting = []
    for number in range(200):
        waiting.append(asyncio.create_task(append(log, "d", [b"%d" % number])))
        await asyncio.sleep(0.001)
    assert 0 < log.stats.failed_commits < 20
    failing = False
    assert [seq for (seq,) in await asyncio.gather(*waiting)] == list(range(1, 201))
    await log.close()


async def test_a_full_disk_loses_nothing_and_heals_by_itself(tmp_path: Path) -> None:
    full = False

    def small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages if full else 10**9}")
        return connection

    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")), connect=small)
    await log.open()
    await append(log, "d", [b"before"])
    full = True
    await log.close()
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")), connect=small)
    await log.open()
    sick: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    log.watch(lambda health: None if health.ok or sick.done() else sick.set_result(health.reason))
    waiting = [asyncio.create_task(append(log, "d", [bytes([n]) * 50_000])) for n in range(10)]
    assert await asyncio.wait_for(sick, 10) == "the disk is full"
    assert not any(task.done() for task in waiting)
    full = False
    numbers = [(await task)[0] for task in waiting]
    assert numbers == list(range(2, 12))
    assert log.health.ok
    assert [row.payload[:1] for row in await log.read("d", after=1)] == [bytes([n]) for n in range(10)]
    await log.close()


async def test_the_write_ahead_log_shrinks_after_a_long_read(log: SqliteLog) -> None:
    def room() -> int:
        return log.path.with_name("log.db-wal").stat().st_size

    with closing(sqlite3.connect(log.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM heads").fetchall()
        while room() <= 2 * MOST_IDLE:
            await append(log, "d", [bytes(8_000_000)])
    for _ in range(5):
        await append(log, "d", [bytes(8_000_000)])
    assert room() <= MOST_IDLE


@pytest.mark.parametrize("head", ["UPDATE heads SET last_seq=7", "DELETE FROM heads"])
@pytest.mark.parametrize("compacted", [0, 20, 30])
async def test_no_number_is_given_out_again_after_a_start_with_an_older_head(
    tmp_path: Path, head: str, compacted: int
) -> None:
    archive = Archive(FolderBlobs(tmp_path / "blobs"))
    log = SqliteLog(tmp_path / "log.db", archive)
    await log.open()
    updates = history(31)
    await append(log, "other", updates[:3])
    await append(log, "d", updates[:compacted])
    if compacted:
        compact(log.path, archive, "h", "d")
    await append(log, "d", updates[compacted:30])
    await log.close()
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(f"{head} WHERE document='d'")
    log = SqliteLog(tmp_path / "log.db", archive)
    await log.open()
    assert await append(log, "d", updates[30:31]) == [31]
    assert text_of(await parts(log, "d")) == text_of(updates[:31])
    assert [row.seq for row in await log.read("d")] == list(range(1, 32))
    assert await append(log, "other", updates[3:4]) == [4]
    await log.close()


async def test_a_passing_fault_while_closing_loses_nothing(tmp_path: Path) -> None:
    faults = 0

    class Flaky(sqlite3.Connection):
        def execute(self, sql: str, *arguments: object) -> sqlite3.Cursor:  # type: ignore[override]
            nonlocal faults
            if sql == "COMMIT" and faults < 3:
                faults += 1
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(sql, *arguments)  # type: ignore[arg-type]

    def flaky(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Flaky)

    connect(tmp_path / "log.db").close()
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")), connect=flaky)
    await log.open()
    log.submit([Update("d", b"last words", "a", "c", 1)], lambda _: None)
    await log.close()
    assert faults == 3
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")))
    await log.open()
    assert [row.payload for row in await log.read("d")] == [b"last words"]
    await log.close()


async def test_loads_that_wait_for_a_reader_take_no_thread_from_others(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    load = log._file.load

    def slow(connection: sqlite3.Connection, document: str) -> Stored:
        gate.wait(30)
        return load(connection, document)

    monkeypatch.setattr(log._file, "load", slow)
    loads = [asyncio.create_task(log.load(f"d{number}")) for number in range(40)]
    try:
        await asyncio.sleep(0)
        # With a password to check, say.
        await asyncio.wait_for(asyncio.to_thread(lambda: None), 2)
    finally:
        gate.set()
        await asyncio.gather(*loads, return_exceptions=True)


async def test_documents_are_read_where_no_thread_can_be_started_any_more(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refused)
        await asyncio.gather(*(log.load(f"d{number}") for number in range(20)))


async def test_a_read_that_the_disk_fails_says_so(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    await append(log, "d", [b"x"])

    def failing(connection: sqlite3.Connection, _: str) -> None:
        # As SQLite does: it ends the transaction by itself.
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(log._file.snapshots, "newest_first", failing)
        with pytest.raises(StorageUnavailable, match="disk I/O error"):
            await log.load("d")
    assert (await log.load("d")).last_seq == 1
