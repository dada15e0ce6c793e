"""The log in SQLite: faults of the disk, group commit, damage, leases. What any log must do is in contracts/log.py."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pycrdt
import pytest
import zstandard

from conftest import QuireProcess
from contracts.log import append, edit, history, text_of
from nodes import compacting
from person import Person
from quire.blobs.folder import FolderBlobs
from quire.crdt.replica import LocalReplica
from quire.crdt.snapshot import SnapshotMismatch
from quire.crdt.updates import decode_state_vector
from quire.log import compaction
from quire.log.archive import Archive
from quire.log.compaction import Compaction, Compactor, LeaseLost, Trigger, compact
from quire.log.contract import DamagedDocument, Outcome, Refused, Snapshot, Stored, Update
from quire.log.file import MOST_IDLE, connect
from quire.log.sqlite import SqliteLog
from quire.ops import children
from quire.ops.children import Child
from quire.storage.failure import StorageUnavailable
from stalls import until


async def parts(log: SqliteLog, document: str) -> list[bytes]:
    return (await log.load(document)).parts


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")))
    await log.open()
    yield log
    await log.close()


@pytest.fixture
async def compactor(log: SqliteLog) -> AsyncIterator[Compactor]:
    async with compacting(log) as compactor:
        yield compactor


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


@pytest.mark.fm("FM-062", "FM-070")
async def test_damage_is_found_and_older_snapshots_and_the_archive_replace_what_is_damaged(
    log: SqliteLog, compactor: Compactor
) -> None:
    updates = history(90)
    await append(log, "d", updates[:40])
    await compactor.compact("d")
    await append(log, "d", updates[40:80])
    await compactor.compact("d")
    await append(log, "d", updates[80:])
    whole = text_of(updates)
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE snapshots SET payload=zeroblob(length(payload)) WHERE seq=80")
    assert text_of(await parts(log, "d")) == whole
    assert log.stats.snapshot_fallbacks == 1
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("DELETE FROM snapshots")
    assert text_of(await parts(log, "d")) == whole
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE updates SET payload=x'00ff' WHERE seq=85")
    with pytest.raises(DamagedDocument, match="85"):
        await log.load("d")
    blob = next(log.archive.blobs.keys("archive"))
    log.archive.blobs.write(blob, b"garbage")
    with pytest.raises(DamagedDocument, match="1-40"):
        await log.load("d")


@pytest.mark.fm("FM-070")
async def test_a_snapshot_that_disagrees_with_the_log_is_discarded_and_not_the_log(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    updates = history(40)
    await append(log, "d", updates)
    wrong = history(40, client=2)
    with monkeypatch.context() as broken:
        # Other words, words too few, none.
        for content in (pycrdt.merge_updates(*wrong), updates[0], b"\x00\x00"):
            broken.setattr(LocalReplica, "diff_now", lambda _self, _state, content=content: content)
            with pytest.raises(SnapshotMismatch):
                await asyncio.to_thread(compact, log.path, log.archive, "wrong", "d")
    stored = await log.load("d")
    assert stored.snapshot is None
    assert [row.payload for row in stored.tail] == updates
    assert list(log.archive.blobs.keys("")) == []


@pytest.mark.fm("FM-070")
async def test_everything_beside_the_log_is_made_again_and_equals_what_was_there(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch(snapshot_updates="20")
    document = server.new_document("Kept")
    path = f"/documents/{document}"
    author = Person("author", server, document)
    async with author.online():
        await author.start("first words ")
        for number in range(60):
            author.insert(len(author.text), f"w{number} ")
            await author.saved()
    await until(lambda: server.metric("log_compactions_total") >= 1, "a snapshot")

    def read() -> list[object]:
        texts = [server.text(document, form) for form in ("json", "text", "markdown", "html")]
        found: list[dict[str, object]] = server.api("GET", "/documents?search=Kept")["items"]  # type: ignore[assignment]
        return [*texts, server.api("GET", f"{path}/preview"), [document["title"] for document in found]]

    there = read()
    server.stop()
    with closing(sqlite3.connect(server.data / "log.db")) as connection, connection:
        assert connection.execute("DELETE FROM snapshots").rowcount
        connection.execute("DELETE FROM leases")
        connection.execute("UPDATE heads SET snapshot_seq=0, new_updates=0, new_bytes=0")
    shutil.rmtree(server.data / "blobs" / "snapshots", ignore_errors=True)
    server.start()
    assert read() == there
    again = Person("again", server, document)
    async with again.online():
        await again.until(lambda: again.text == author.text, "the text")
        for number in range(30):
            again.insert(0, f"x{number} ")
            await again.saved()
    await until(lambda: server.metric("log_compactions_total") >= 1, "a snapshot again")
    assert server.text(document).strip() == again.text.strip()


@pytest.mark.fm("FM-062")
@pytest.mark.parametrize("damage", ["cut", "lost"])
async def test_a_large_snapshot_that_was_cut_or_lost_is_replaced_by_an_older_one_and_then_by_the_archive(
    log: SqliteLog, compactor: Compactor, damage: str
) -> None:
    doc: pycrdt.Doc = pycrdt.Doc()
    text = doc.get("t", type=pycrdt.Text)
    await append(log, "d", [edit(doc, lambda: text.insert(0, random.Random(1).randbytes(400_000).hex()))])
    await compactor.compact("d")
    await append(log, "d", [edit(doc, lambda: text.insert(0, "newer "))])
    await compactor.compact("d")
    with closing(sqlite3.connect(log.path)) as connection:
        keys = [key for (key,) in connection.execute("SELECT blob FROM snapshots ORDER BY seq DESC")]
    blobs = log.archive.blobs
    assert len(keys) == 2
    for fallbacks, key in zip((1, 3), keys, strict=True):
        if damage == "cut":
            content = blobs.read(key)
            blobs.write(key, content[: len(content) // 2])
        else:
            blobs.remove(key)
        assert text_of(await parts(log, "d")) == str(text)
        assert log.stats.snapshot_fallbacks == fallbacks


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE updates SET payload=CAST(payload AS TEXT) WHERE seq=85",
        "UPDATE updates SET author=CAST(x'ff' AS TEXT), connection=CAST(x'fe' AS TEXT), at=CAST(at AS TEXT)",
        "UPDATE snapshots SET payload=CAST(payload AS TEXT), checksum=CAST(checksum AS TEXT)",
        "UPDATE snapshots SET payload=NULL, blob=CAST(x'ff' AS TEXT)",
        "UPDATE snapshots SET payload=x'28b52ffde0ffffffffffffff7f' WHERE seq=80",
        "UPDATE snapshots SET seq='80' || seq WHERE seq=80",
        "UPDATE snapshots SET seq='none' WHERE seq=80",
        "UPDATE segments SET blob=CAST(blob AS BLOB), checksum=CAST(checksum AS TEXT)",
    ],
)
async def test_a_value_of_another_type_costs_no_text(log: SqliteLog, compactor: Compactor, damage: str) -> None:
    """One bit of a row's header makes text of a blob."""
    updates = history(90)
    await append(log, "d", updates[:40])
    await compactor.compact("d")
    await append(log, "d", updates[40:80])
    await compactor.compact("d")
    await append(log, "d", updates[80:])
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(damage)
    assert text_of(await parts(log, "d")) == text_of(updates)
    assert [row.payload for row in await log.read("d")] == updates


@pytest.mark.parametrize("name", ["'../log.db'", "''", "CAST(x'ff' AS TEXT)", "5"])
async def test_a_segment_whose_name_is_damaged_costs_history_and_no_text(
    log: SqliteLog, compactor: Compactor, name: str
) -> None:
    updates = history(40)
    await append(log, "d", updates[:30])
    await compactor.compact("d")
    await append(log, "d", updates[30:])
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(f"UPDATE segments SET blob={name}")
    assert text_of(await parts(log, "d")) == text_of(updates)
    with pytest.raises(DamagedDocument, match="updates 1-30"):
        await log.read("d")


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


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE updates SET payload=5 WHERE seq=85", "85"),
        ("UPDATE heads SET last_seq='no number'", "number of its last update"),
    ],
)
async def test_a_value_that_is_none_is_damage_that_is_named(log: SqliteLog, damage: str, says: str) -> None:
    await append(log, "d", history(90))
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(damage)
    with pytest.raises(DamagedDocument, match=says):
        await log.load("d")


def flipped(content: bytes) -> list[bytes]:
    """Return the content with one bit changed, at twenty places in turn."""
    places = range(0, len(content), len(content) // 20 + 1)
    return [content[:at] + bytes((content[at] ^ 1,)) + content[at + 1 :] for at in places]


@pytest.mark.fm("FM-062")
async def test_a_flipped_bit_is_never_read_as_text(log: SqliteLog, compactor: Compactor) -> None:
    updates = history(90)
    await append(log, "d", updates[:80])
    await compactor.compact("d")
    await append(log, "d", updates[80:])
    blobs = log.archive.blobs
    with closing(sqlite3.connect(log.path, isolation_level=None)) as connection:
        (snapshot,) = connection.execute("SELECT payload FROM snapshots").fetchone()
        for number, damaged in enumerate(flipped(snapshot), 1):
            connection.execute("UPDATE snapshots SET payload=?", (damaged,))
            assert text_of(await parts(log, "d")) == text_of(updates)
            assert log.stats.snapshot_fallbacks == number
        connection.execute("DELETE FROM snapshots")
        (segment,) = blobs.keys("archive")
        archived = blobs.read(segment)
        for damaged in flipped(archived):
            blobs.write(segment, damaged)
            with pytest.raises(DamagedDocument, match="1-80"):
                await log.load("d")
        blobs.write(segment, archived)
        for damaged in flipped(updates[84]):
            connection.execute("UPDATE updates SET payload=? WHERE seq=85", (damaged,))
            with pytest.raises(DamagedDocument, match="85"):
                await log.load("d")


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


async def test_a_damaged_page_keeps_no_other_document_from_the_start_or_from_being_saved(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")))
    await log.open()
    for number in range(300):
        await append(log, f"d{number:03}", [bytes(500)])
    await append(log, "e", [b"x"])
    await log.close()
    with closing(sqlite3.connect(log.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name='updates'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = log.path.read_bytes()
    torn = content.index(b"d150", root * size) // size * size
    log.path.write_bytes(content[:torn] + bytes(size) + content[torn + size :])
    log = SqliteLog(tmp_path / "log.db", Archive(FolderBlobs(tmp_path / "blobs")))
    await log.open()
    assert [row.payload for row in (await log.load("e")).tail] == [b"x"]
    damaged: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
    log.submit([Update("d150", b"y", "a", "c", 1)], damaged.set_result)
    assert await append(log, "e", [b"y"]) == [2]
    assert await asyncio.wait_for(damaged, 10) == [Refused("the database file is damaged")]
    await log.close()


async def test_a_document_whose_last_number_is_damaged_keeps_no_other_from_being_saved(log: SqliteLog) -> None:
    for document in ("d", "e"):
        await append(log, document, [b"x"])
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE heads SET last_seq='no number' WHERE document='d'")
    log.submit([Update("d", b"y", "a", "c", 1)], lambda _: None)
    assert await append(log, "e", [b"y"]) == [2]


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


@pytest.mark.parametrize("number", ["seq + 65536", "'none'"])
async def test_a_snapshot_from_beyond_the_end_keeps_no_other_out(
    log: SqliteLog, compactor: Compactor, number: str
) -> None:
    updates = history(60)
    await append(log, "d", updates[:30])
    await compactor.compact("d")
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(f"UPDATE snapshots SET seq={number}")
    await append(log, "d", updates[30:])
    assert await compactor.compact("d") == len(updates)
    stored = await log.load("d")
    assert stored.snapshot is not None
    assert text_of(stored.parts) == text_of(updates)


async def test_a_damaged_update_keeps_no_other_out_of_the_archive(log: SqliteLog, compactor: Compactor) -> None:
    class Ended(Compaction):
        def _archive(self, connection: sqlite3.Connection, upto: int) -> None:
            raise OSError("killed after its snapshot")

    updates = history(60)
    await append(log, "d", updates[:50])
    with pytest.raises(OSError, match="killed"):
        await asyncio.to_thread(Ended(log.path, log.archive, "ended", "d").run)
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE updates SET payload=x'00' WHERE seq IN (1, 30)")
    await append(log, "d", updates[50:])
    await compactor.compact("d")
    with closing(sqlite3.connect(log.path)) as connection:
        assert connection.execute("SELECT seq FROM updates").fetchall() == [(1,), (30,)]
    assert text_of(await parts(log, "d")) == text_of(updates)
    assert [row.payload for row in await log.read("d", after=30)] == updates[30:]


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
    monkeypatch.setattr(compaction, "ASIDE_FIRST", 0.1)
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

    monkeypatch.setattr(compaction, "LOOK_SECONDS", 0.01)
    await append(log, "d", history(10))
    async with compacting(log, trigger=Trigger(updates=10)) as compactor:
        with monkeypatch.context() as patch:
            patch.setattr(compaction, "connect_to_read", unreadable)
            compactor.start()
            await until(lambda: log.stats.failed_compactions == 2, "two looks")
            assert compactor.problem == "the disk fails: unable to open database file"
        await until(lambda: log.stats.compactions == 1, "what was due at the start")
        assert compactor.problem is None
        with monkeypatch.context() as patch:
            patch.setattr(compaction, "connect_to_read", unreadable)
            await append(log, "e", history(10))
            await until(lambda: compactor.problem is not None, "it is told again")
        await until(lambda: log.stats.compactions == 2, "what became due meanwhile")


async def test_a_start_does_not_believe_the_number_of_a_damaged_snapshot(log: SqliteLog) -> None:
    updates = history(60)
    await append(log, "d", updates[:30])
    await asyncio.to_thread(compact, log.path, log.archive, "h", "d")
    await append(log, "d", updates[30:])
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE snapshots SET seq=seq+65536")
    assert text_of((await log.load("d")).parts) == text_of(updates)
    await log.close()
    await log.open()
    assert text_of((await log.load("d")).parts) == text_of(updates)


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


async def test_a_compaction_that_lacked_room_is_tried_again_as_soon_as_there_is_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "ASIDE_FIRST", 3600)
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
