"""Damage to what the log stored: found, named, and replaced by what it was made from."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pycrdt
import pytest

from conftest import QuireProcess
from contracts.log import append, edit, history, parts, text_of
from person import Person
from quire.blobs.folder import FolderBlobs
from quire.crdt.replica import LocalReplica
from quire.crdt.snapshot import SnapshotMismatch
from quire.log.archive import Archive
from quire.log.compaction import Compaction, compact
from quire.log.compactor import Compactor
from quire.log.contract import DamagedDocument, Outcome, Refused, Update
from quire.log.sqlite import SqliteLog
from stalls import until

NUMBER = {"updates": "seq", "heads": "last_seq", "snapshots": "seq", "segments": "first_seq"}
"""The column that tells the rows of a document apart."""


async def compacted_twice(log: SqliteLog, compactor: Compactor) -> list[bytes]:
    """Store 90 updates of "d", with snapshots at 40 and 80; return them."""
    updates = history(90)
    await append(log, "d", updates[:40])
    await compactor.compact("d")
    await append(log, "d", updates[40:80])
    await compactor.compact("d")
    await append(log, "d", updates[80:])
    return updates


def spoil(path: Path, damage: str) -> None:
    """Change rows as a flipped bit does, which no constraint keeps from it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET sql=replace(sql, 'NOT NULL', '') WHERE type='table'")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)


@pytest.mark.fm("FM-062", "FM-070")
async def test_damage_is_found_and_older_snapshots_and_the_archive_replace_what_is_damaged(
    log: SqliteLog, compactor: Compactor
) -> None:
    updates = await compacted_twice(log, compactor)
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
        "UPDATE snapshots SET state_vector=NULL WHERE seq=80",
        "UPDATE updates SET author=NULL, connection=NULL, at=NULL",
        "UPDATE segments SET blob=CAST(blob AS BLOB), checksum=CAST(checksum AS TEXT)",
    ],
)
async def test_a_value_of_another_type_costs_no_text(log: SqliteLog, compactor: Compactor, damage: str) -> None:
    """One bit of a row's header makes text of a blob, or nothing at all."""
    updates = await compacted_twice(log, compactor)
    spoil(log.path, damage)
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


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE updates SET payload=5 WHERE seq=85", "85"),
        ("UPDATE updates SET payload=NULL WHERE seq=85", "85"),
        ("UPDATE heads SET last_seq='no number'", "number of its last update"),
        ("UPDATE heads SET last_seq=last_seq+(1<<56)", "of 7205759403"),
    ],
)
async def test_a_value_that_is_none_is_damage_that_is_named(log: SqliteLog, damage: str, says: str) -> None:
    await append(log, "d", history(90))
    spoil(log.path, damage)
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


@pytest.mark.parametrize("table", ["updates", "heads", "snapshots", "segments"])
async def test_a_name_that_is_damaged_keeps_no_other_document_from_the_start_or_from_compaction(
    log: SqliteLog, compactor: Compactor, table: str
) -> None:
    await compacted_twice(log, compactor)
    await append(log, "sound", history(600))
    await log.close()
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute(
            f"UPDATE {table} SET document=CAST(x'e4' AS TEXT) WHERE document='d' AND {NUMBER[table]}=("
            f"SELECT max({NUMBER[table]}) FROM {table} WHERE document='d')"
        )
    await log.open()
    compactor.start()
    await until(lambda: log.stats.compactions > 2, "a snapshot of the other document")
    assert compactor.problem is None
    assert (await log.load("sound")).snapshot is not None


@pytest.mark.parametrize("count", ["'x'", "NULL", "x'00'"])
async def test_a_count_that_is_damaged_keeps_no_document_from_compaction(
    log: SqliteLog, compactor: Compactor, count: str
) -> None:
    await append(log, "d", history(5))
    spoil(log.path, f"UPDATE heads SET new_bytes={count}")
    await append(log, "sound", history(600))
    compactor.start()
    if count == "NULL":
        # Nothing is found only where somebody writes; the others become numbers by that.
        await append(log, "d", history(1))
    await until(lambda: log.stats.compactions == 2, "a snapshot of each document")
    assert compactor.problem is None
    with closing(sqlite3.connect(log.path)) as connection:
        assert connection.execute("SELECT new_bytes FROM heads").fetchall() == [(0,), (0,)]


async def test_a_document_whose_last_number_is_damaged_keeps_no_other_from_being_saved(log: SqliteLog) -> None:
    for document in ("d", "e"):
        await append(log, document, [b"x"])
    with closing(sqlite3.connect(log.path)) as connection, connection:
        connection.execute("UPDATE heads SET last_seq='no number' WHERE document='d'")
    log.submit([Update("d", b"y", "a", "c", 1)], lambda _: None)
    assert await append(log, "e", [b"y"]) == [2]


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
