"""A data folder that is taken away, torn apart or half made: refused with a reason, and never a quiet new beginning."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy

from conftest import QuireProcess
from faultydisk import faulty_disk
from nodes import open_log
from person import Person
from quire.db.engine import Database
from quire.log.contract import Update
from quire.log.file import connect
from quire.ops.doctor import stored
from quire.server.composition import Server
from quire.storage.wal import DatabaseFiles
from quire.sync import wire
from rawclient import connected, insertion, joined, link
from stalls import until
from visitors import picture


def copied(folder: Path) -> Path:
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    return kept


@pytest.mark.parametrize("how", ["deleted", "replaced by a backup", "its log deleted"])
async def test_a_data_folder_that_is_taken_away_stops_the_server_and_nothing_is_acknowledged(
    launch: Callable[..., QuireProcess], how: str
) -> None:
    server = launch(shutdown_timeout="2")
    document = server.new_document()
    async with connected(server, document) as writer:
        await joined(writer, server)
        writer.send(wire.sync_update(insertion("before")))
        assert await writer.until(b"\x08") == wire.SAVED
        if how == "replaced by a backup":
            kept = copied(server.data)
            server.data.rename(server.data.with_name("old"))
            kept.rename(server.data)
        elif how == "deleted":
            shutil.rmtree(server.data)
        else:
            (server.data / "log.db").unlink()
        writer.send(wire.sync_update(insertion("after")))
        while True:
            opcode, payload = await writer.message()
            if opcode == 8:
                assert int.from_bytes(payload[:2], "big") == 1012
                break
            assert not payload.endswith(wire.SAVED)
    assert server.process is not None
    assert await asyncio.to_thread(server.process.wait, 30) == 1


@pytest.mark.parametrize("file", ["log.db-wal", "log.db-shm", "catalogue.db-wal"])
async def test_a_write_ahead_log_that_is_deleted_stops_the_server_and_costs_nothing(
    launch: Callable[..., QuireProcess], file: str
) -> None:
    """SQLite writes on to a file that has no name any more: a kill would take what was called saved."""
    server = launch(shutdown_timeout="3")
    document = server.new_document()
    author = Person("author", server, document)
    async with author.online():
        await author.start("before. ")
        (server.data / file).unlink()
        author.insert(0, "after. ")
        assert server.process is not None
        assert await asyncio.to_thread(server.process.wait, 40) == 1
        await author.cut_off()
    server.start()
    # What was not called saved is still with its author.
    assert server.text(document).strip() == "after. before." or author.unsaved == 1
    async with author.online():
        await author.saved()
    assert server.text(document).strip() == "after. before."


@pytest.mark.parametrize("file", ["log.db", "log.db-wal", "catalogue.db-wal"])
async def test_a_database_that_is_cut_short_stops_the_server(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str], file: str
) -> None:
    """SQLite writes on behind the hole and calls it saved; the next start finds nothing of it."""
    server = launch(shutdown_timeout="1")
    author = Person("author", server, server.new_document())
    async with author.online():
        await author.start("before ")
        await until(lambda: server.metric("log_queued_bytes") == 0, "all is stored")
        os.truncate(server.data / file, 0)
        author.insert(0, "after ")
        assert server.process is not None
        assert await asyncio.to_thread(server.process.wait, 40) == 1
        await author.cut_off()
        if file.startswith("log.db"):
            assert author.unsaved == 1
    assert f"{file.removesuffix('-wal')} in the data folder, or its file -wal or -shm, was" in capfd.readouterr().err


def test_an_index_that_is_cut_short_stops_a_server_at_rest_and_costs_nothing(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever touches it in memory is ended by the kernel; while nobody does, the server can say so."""
    server = launch(shutdown_timeout="1")
    document = server.new_document()
    os.truncate(server.data / "catalogue.db-shm", 0)
    assert server.process is not None
    assert server.process.wait(40) == 1
    assert "catalogue.db in the data folder, or its file -wal or -shm, was cut short" in capfd.readouterr().err
    server.start()
    assert server.text(document) is not None


async def test_a_secret_key_that_is_taken_away_or_changed_is_told(node: Server) -> None:
    path = node.settings.data / "secret.key"
    key = path.read_bytes()

    async def told() -> str | None:
        await node.folder_watch.look()
        return node.readiness.problems.get("key")

    assert await told() is None
    path.unlink()
    assert "is gone; restore it" in str(await told())
    path.write_bytes(bytes(32))
    assert "another one than at the start" in str(await told())
    path.write_bytes(key)
    assert await told() is None
    assert node.folder_watch.failure is None


async def test_a_start_with_another_secret_key_says_what_it_breaks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    server = QuireProcess(tmp_path / "data", log_format="json").start()
    try:
        link(server, server.new_document(), "viewer")
        server.stop()
        (server.data / "secret.key").write_bytes(bytes(32))
        capfd.readouterr()
        server.start()
        server.stop()
    finally:
        server.discard()
    assert '"links": 1' in capfd.readouterr().err
    findings = [finding for finding in stored.check(server.data) if not finding.ok]
    assert [finding.part for finding in findings] == ["secret key"]
    assert "1 links were made with another one" in findings[0].text


def test_a_database_is_whole_at_every_moment_of_its_work(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(connect(path)) as writer, closing(connect(path)) as reader:
        writer.execute("PRAGMA wal_autocheckpoint=20")
        writer.execute("PRAGMA journal_size_limit=0")
        writer.execute("CREATE TABLE t(x BLOB)")
        files = DatabaseFiles(path)
        ended = threading.Event()
        looks: list[bool] = []

        def look() -> None:
            while not ended.is_set():
                looks.append(files.intact())

        looking = threading.Thread(target=look)
        looking.start()
        for number in range(300):
            writer.execute("INSERT INTO t VALUES(zeroblob(20000))")
            reader.execute("SELECT count(*) FROM t").fetchone()
            if number % 100 == 99:
                writer.execute("DELETE FROM t")
                writer.execute("VACUUM")
        ended.set()
        looking.join()
        assert all(looks)
        assert len(looks) > 100
        writer.execute("INSERT INTO t VALUES(zeroblob(200000))")
        os.truncate(f"{path}-wal", 100_000)
        assert not files.intact()
    files.close()


def test_looking_at_a_database_gives_up_none_of_its_locks(tmp_path: Path) -> None:
    """Whoever opens and closes a file that SQLite has open in this process takes its locks away."""
    log = tmp_path / "log.db"
    locked = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with closing(connect(log)) as writer:
        writer.execute("CREATE TABLE t(x)")
        writer.execute("BEGIN IMMEDIATE")
        files = DatabaseFiles(log)
        assert files.intact()
        done = subprocess.run([sys.executable, "-c", locked, log], capture_output=True, text=True, check=False)
        assert "database is locked" in done.stderr
        writer.execute("COMMIT")
    files.close()


async def test_a_folder_that_may_not_be_looked_into_stops_no_upkeep_and_is_told(
    node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(path: Path) -> tuple[int, int]:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    # The tests may run as root, who can look everywhere.
    monkeypatch.setattr("quire.ops.folder.inode_of", forbidden)
    monkeypatch.setattr("quire.storage.wal.inode_of", forbidden)
    swept = asyncio.Event()
    monkeypatch.setattr(node.gateway, "sweep", swept.set)
    saved = asyncio.Event()
    node.log.submit([Update("d", insertion("kept"), "ada", "c", 0)], lambda _: saved.set())
    async with asyncio.timeout(20):
        await swept.wait()
        while node.readiness.problems != {"storage": "the server's user has no right to its files"}:
            await asyncio.sleep(0.01)
        assert not saved.is_set()
        assert node.folder_watch.failure is None
        monkeypatch.undo()
        await saved.wait()


@pytest.mark.parametrize("missing", ["catalogue.db", "log.db"])
def test_half_a_data_folder_is_refused_and_left_alone(launch: Callable[..., QuireProcess], missing: str) -> None:
    server = launch()
    document = server.new_document()
    server.stop()
    kept = {path.name: path.read_bytes() for path in server.data.glob("*.db")}
    for path in server.data.glob(f"{missing}*"):
        path.unlink()
    with pytest.raises(AssertionError, match="ended with 1"):
        server.start()
    (server.data / missing).write_bytes(kept[missing])
    server.start()
    assert server.text(document) is not None


def test_a_migration_that_is_cut_short_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"

    async def cut_short() -> None:
        database = Database.embedded(path)

        def fail(_: object, __: object, statement: str, *___: object) -> None:
            if "documents" in statement:
                raise sqlite3.OperationalError("disk I/O error")

        sqlalchemy.event.listen(database.engine.sync_engine, "before_cursor_execute", fail)
        with pytest.raises(sqlalchemy.exc.OperationalError):
            await database.migrate()
        await database.close()

    asyncio.run(cut_short())
    with sqlite3.connect(path) as catalogue:
        assert catalogue.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)

    async def again() -> None:
        database = Database.embedded(path)
        await database.migrate()
        await database.close()

    asyncio.run(again())
    with sqlite3.connect(path) as catalogue:
        assert catalogue.execute("SELECT count(*) FROM accounts").fetchone() == (0,)


async def test_a_log_that_cannot_be_written_about_is_still_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the disk is full the line that says so cannot be written either."""
    async with open_log(tmp_path) as log:
        told: list[bool] = []
        log.watch(lambda health: told.append(health.ok))

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("quire.log.sqlite._logger.error", full)
            patch.setattr("quire.log.sqlite._logger.info", full)
            patch.setattr(log, "_transact", full)
            saved = asyncio.Event()
            log.submit([Update("d", insertion("kept"), "ada", "c", 0)], lambda _: saved.set())
            async with asyncio.timeout(20):
                while False not in told:
                    await asyncio.sleep(0.01)
                patch.undo()
                await saved.wait()
        assert log.health.ok


async def test_of_an_upload_that_a_kill_cut_short_nothing_stays(tmp_path: Path) -> None:
    server, stuck = QuireProcess(tmp_path / "data"), tmp_path / "stuck"
    server.environment |= {**faulty_disk(tmp_path, server.data), "DISK_STUCK": str(stuck)}

    def files() -> list[Path]:
        return [path for path in (server.data / "blobs").rglob("*") if path.is_file()]

    def upload(content: bytes) -> None:
        request = urllib.request.Request(
            f"{server.url}/api/v1/documents/{document}/attachments",
            data=content,
            headers={"Authorization": f"Bearer {server.token}"},
        )
        with urllib.request.urlopen(request, timeout=60):
            pass

    try:
        server.start()
        document = server.new_document()
        # The folders are there, so that the next one comes as far as its file.
        await asyncio.to_thread(upload, picture("PNG"))
        stuck.touch()
        uploading = asyncio.create_task(asyncio.to_thread(upload, picture("GIF")))
        await until(lambda: len(files()) == 2, "a file that is not flushed yet")
        server.discard()
        with pytest.raises(OSError, match=r"."):
            await uploading
        stuck.unlink()
        server.start()
        assert len(files()) == 1
        await asyncio.to_thread(upload, picture("GIF"))
        assert len(files()) == 2
        assert server.stop() == 0
    finally:
        stuck.unlink(missing_ok=True)
        server.discard()
