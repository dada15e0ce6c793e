"""`quire doctor` finds what is wrong with a data folder, says how to mend it, and changes nothing."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest
from typer.testing import CliRunner

from conftest import QuireProcess, free_port, quire
from quire.blobs.folder import FolderBlobs
from quire.cli import app
from quire.log.archive import Archive
from quire.log.contract import StoredUpdate
from quire.ops import logs
from quire.ops.doctor import machine, stored
from quire.ops.doctor.stored import ATTACHMENTS
from quire.ops.doctor.unused import unused
from quire.settings import Settings


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a server has worked, with a document."""
    server = QuireProcess(tmp_path_factory.mktemp("used") / "data").start()
    server.new_document()
    assert server.stop() == 0
    return server.data


def listing(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() else b"",
            path.stat().st_mode,
            path.stat().st_mtime_ns,
        )
        for path in [folder, *folder.rglob("*")]
    }


def complaints(folder: Path, **settings: object) -> str:
    found = machine.examine(Settings(data=folder, port=free_port(), max_sockets=100, **settings))  # type: ignore[arg-type]
    return "\n".join(
        f"{finding.part}: {finding.text}" for finding in found if not finding.ok and finding.part != "disk"
    )


def write(name: str, content: bytes) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes(content) and None


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def empty(name: str) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / name, 0)


def sql(name: str, statement: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        with closing(sqlite3.connect(folder / name, isolation_level=None)) as connection:
            connection.execute(statement)

    return work


def shortened(name: str) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / name, (folder / name).stat().st_size - 100)


def torn(name: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        with open(folder / name, "r+b") as file:
            size = file.seek(0, 2)
            for page in range(4096, size, 8192):
                file.seek(page)
                file.write(os.urandom(4096))

    return work


def damaged_blob(folder: Path) -> None:
    """An archive file of the document whose bytes are not what was written."""
    archive = Archive(FolderBlobs(folder / "blobs"))
    with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as connection:
        (document,) = connection.execute("SELECT document FROM heads").fetchone()
        segment = archive.write(document, [StoredUpdate(1, b"x", "ada", "c", 0)])
        values = (document, 1, 1, segment.blob, segment.checksum)
        connection.execute("INSERT INTO segments VALUES(?, ?, ?, ?, ?)", values)
    (folder / "blobs" / segment.blob).write_bytes(b"damaged")


def a_folder(name: str) -> Callable[[Path], None]:
    def work(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return work


def deletion_cut_short(folder: Path) -> None:
    """A document in the trash whose text is gone already, and its row not yet."""
    sql("catalogue.db", "UPDATE documents SET trashed_at=1")(folder)
    sql("log.db", "DELETE FROM updates")(folder)
    sql("log.db", "DELETE FROM heads")(folder)


def in_the_first_schema(damage: Callable[[Path], None]) -> Callable[[Path], None]:
    """Damage to a folder that the new release was not started on yet."""

    def work(folder: Path) -> None:
        sql("log.db", "ALTER TABLE snapshots DROP COLUMN waiting")(folder)
        sql("log.db", "PRAGMA user_version=1")(folder)
        assert complaints(folder) == ""
        damage(folder)

    return work


def picture(content: bytes) -> Callable[[Path], None]:
    """The file of a picture of four bytes, as somebody or something left it."""

    def work(folder: Path) -> None:
        digest = sha256(b"PNG.").hexdigest()
        insert = f"INSERT INTO attachments SELECT id, '{digest}', 'image/png', '', 4, 1, 1, 0 FROM documents"
        sql("catalogue.db", insert)(folder)
        (file,) = [folder / "blobs" / key for key in rows(folder / "catalogue.db", ATTACHMENTS)]
        file.parent.mkdir(parents=True)
        file.write_bytes(content)

    return work


def rows(database: Path, query: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [value for (value,) in connection.execute(query)]


def several(*damages: Callable[[Path], None]) -> Callable[[Path], None]:
    return lambda folder: [damage(folder) for damage in damages] and None


def another_database(folder: Path) -> None:
    (folder / "log.db").unlink()
    sql("log.db", "CREATE TABLE other(column)")(folder)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (sql("log.db", "UPDATE updates SET payload=x'00'"), "text: .*updates 1 of 1 are missing or damaged.*backup"),
        (sql("log.db", "DELETE FROM updates"), "text: .*updates 1 of 1 are missing or damaged.*backup"),
        (
            in_the_first_schema(sql("log.db", "UPDATE updates SET payload=x'00'")),
            "text: .*updates 1 of 1 are missing or damaged.*backup",
        ),
        (
            sql("log.db", "UPDATE heads SET last_seq=0"),
            "numbers: 1 documents are said to end before.*0 of 1.*next start mends",
        ),
        (
            several(
                sql("log.db", "UPDATE updates SET payload=x'00'"),
                sql("log.db", "INSERT INTO segments VALUES('d', 1, 2, 'archive/d/1', x'00')"),
            ),
            "text: .*updates 1 of 1 are missing or damaged.*backup",
        ),
        (sql("log.db", "UPDATE heads SET last_seq=last_seq+(1<<56)"), "text: .*updates 2-.* are missing.*backup"),
        (picture(b"PNG"), "pictures: 1 are damaged .one is attachments/.*backup"),
        (picture(b""), "pictures: 1 are damaged .one is attachments/.*backup"),
        (sql("catalogue.db", "DELETE FROM accounts"), "catalogue.db: .* rows refer to what is not there.*backup"),
        (sql("catalogue.db", "UPDATE documents SET title=x'ff'"), "catalogue.db: 1 rows of documents.*backup"),
        (sql("catalogue.db", "UPDATE documents SET updated_at=1<<62"), "catalogue.db: 1 rows of documents.*backup"),
        (shortened("log.db"), "log.db: the database file was cut short.*backup"),
        (sql("catalogue.db", "UPDATE grants SET role='ownes'"), "documents: 1 belong to nobody.*backup"),
        (damaged_blob, "text: archive/.*the file is damaged.*backup"),
        (another_database, "documents: log.db holds no text at all.*backup"),
        (a_folder("lock"), "lock: no file that this user can write.*remove"),
        (a_folder("secret.key"), "secret key: .*is no file: .*backup"),
        (torn("log.db"), "log.db: the database file is damaged.*backup"),
        (torn("catalogue.db"), "catalogue.db: the database file is damaged.*backup"),
        (write("log.db", b"no database" * 500), "log.db: the database file is damaged"),
        (remove("log.db"), "log.db: missing, but catalogue.db is there"),
        (empty("log.db"), "log.db: empty, but catalogue.db is there"),
        (remove("catalogue.db"), "catalogue.db: missing, but log.db is there"),
        (sql("log.db", "PRAGMA user_version=99"), "log.db schema: schema 99.*newer release"),
        (sql("log.db", "DROP TABLE segments"), "log.db schema: schema .* in part only"),
        (sql("catalogue.db", "UPDATE alembic_version SET version_num='later'"), "catalogue.db schema: .*newer release"),
        (sql("catalogue.db", "DELETE FROM alembic_version"), "catalogue.db schema: schema none in part only"),
        (sql("log.db", "DELETE FROM heads"), "documents: 1 documents of the catalogue have no text"),
        (deletion_cut_short, "documents: 1 documents in the trash have no text.*may delete them again"),
        (sql("log.db", "INSERT INTO segments VALUES('d', 1, 2, 'archive/d/1', x'00')"), "blobs: 1 files.*archive/d/1"),
        (sql("log.db", "INSERT INTO segments VALUES('d', 1, 2, CAST('archive/d' AS BLOB), x'00')"), "blobs: 1 files"),
        (
            sql(
                "log.db",
                "INSERT INTO snapshots(document, seq, payload, checksum, size, state_vector, token) "
                "SELECT document, last_seq, x'00', x'00', 1, x'00', 1 FROM heads",
            ),
            "text: snapshot 1 of .*: damaged .the document is read from what it was made from.",
        ),
        (remove("secret.key"), "secret key: missing: restore"),
        (empty("secret.key"), "secret key: damaged, it has 0 bytes of 32"),
        (lambda folder: (folder / "secret.key").chmod(0o644), "secret key: others can read it.*chmod 600"),
        (lambda folder: folder.chmod(0o755), "privacy: everyone on this machine can read it.*chmod"),
        (lambda folder: os.utime(folder / "log.db", (4e9, 4e9)), "clock: it is behind the last change"),
    ],
)
def test_what_is_wrong_is_found_and_left_as_it_is(
    used: Path, tmp_path: Path, damage: Callable[[Path], None], says: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    folder.chmod(0o700)
    assert complaints(folder) == ""
    damage(folder)
    before = listing(folder)
    found = complaints(folder)
    assert re.search(f"(?m)^{says}", found), found
    assert listing(folder) == before


@pytest.mark.parametrize("missing", ["log.db", "catalogue.db"])
def test_where_one_of_both_databases_is_missing_the_start_asks_for_the_whole_of_one_backup(
    used: Path, tmp_path: Path, missing: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    (folder / missing).unlink()
    done = quire("serve", "--data", str(folder), "--port", "0")
    assert done.returncode == 1
    assert re.search(f"{missing} is missing or empty.*restore the whole of it from one backup", done.stderr), done


def test_a_text_that_no_list_names_is_told(used: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    (document,) = rows(folder / "catalogue.db", "SELECT id FROM documents")
    for damage in ("DELETE FROM documents", "DELETE FROM links", "DELETE FROM grants"):
        sql("catalogue.db", damage)(folder)
    told = [finding.text for finding in stored.check(folder) if finding.part == "documents"]
    assert any(re.search(f"1 have text and are in no list .one is {document}.*backup", text) for text in told), told
    # What is just being made is none.
    sql("catalogue.db", f"INSERT INTO unfinished VALUES('{document}')")(folder)
    assert "no list" not in str(list(stored.check(folder)))


def test_a_check_that_fails_by_itself_hides_no_other(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> NoReturn:
        raise AttributeError("nobody thought of this")

    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    folder.chmod(0o755)
    monkeypatch.setattr(stored, "_damaged", fails)
    assert re.search("(?s)privacy: .*storage: cannot be checked: .*nobody thought of this", complaints(folder))


def test_files_that_a_kill_left_are_told_and_listed_and_nothing_else(used: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    folder.chmod(0o700)
    with closing(sqlite3.connect(folder / "catalogue.db")) as connection:
        (document,) = connection.execute("SELECT id FROM documents").fetchone()
    named = sha256(b"x").hexdigest()
    insert = f"INSERT INTO attachments VALUES ('{document}', '{named}', 'image/png', '', 1, 1, 1, 0)"
    sql("catalogue.db", insert)(folder)
    pictures, blobs = f"attachments/{document}", FolderBlobs(folder / "blobs")
    for name in ("left", named, "just-now"):
        blobs.write(f"{pictures}/{name}", b"x")
    blobs.write("archive/d/left", b"x")
    left = {f"{pictures}/left", "archive/d/left"}
    for key in (*left, f"{pictures}/{named}"):
        os.utime(folder / "blobs" / key, (1e9, 1e9))
    before = listing(folder)
    assert complaints(folder) == ""
    told = quire("doctor", "--data", str(folder), "--port", str(free_port())).stdout
    assert re.search(r"(?m)^ok   unused files: 2 files .*--unused", told), told
    listed = quire("doctor", "--unused", "--data", str(folder))
    assert listed.returncode == 0
    assert set(listed.stdout.splitlines()) == {str(folder / "blobs" / key) for key in left}
    assert listing(folder) == before
    # A list of nothing would look like a folder that is clean.
    elsewhere = quire("doctor", "--unused", "--data", str(folder / "typo"))
    assert (elsewhere.returncode, elsewhere.stdout) == (1, "")
    assert re.search(r"typo is no data folder of Quire.*--data", elsewhere.stderr)
    # What a database that cannot be read would name is not known.
    (folder / "catalogue.db").write_bytes(b"no database" * 500)
    assert unused(folder, 1) == ([], True)


def test_a_disk_that_can_make_few_more_files_is_found(used: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "inodes" not in complaints(used)
    monkeypatch.setattr(machine, "LEAST_INODES", 2**62)
    assert re.search("(?m)^inodes: only [0-9]+ more files can be made", complaints(used))


def test_a_killed_servers_folder_is_read_with_its_write_ahead_log(tmp_path: Path) -> None:
    server = QuireProcess(tmp_path / "data").start()
    server.new_document()
    server.stop(signal.SIGKILL)
    for index in server.data.glob("*-shm"):
        index.unlink()
    before = set(listing(server.data))
    assert complaints(server.data) == ""
    assert set(listing(server.data)) == before


def test_a_folder_with_an_account_and_no_start_yet_is_fine(tmp_path: Path) -> None:
    server = QuireProcess(tmp_path / "data")
    assert not (server.data / "log.db").exists()
    assert complaints(server.data) == ""


def test_a_folder_that_is_served_is_fine(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    server.new_document()
    found = machine.examine(Settings(data=server.data, port=server.port, max_sockets=100))
    texts = {finding.part: finding.text for finding in found}
    assert "fine if that is Quire" in texts["lock"]
    assert "in use, and the data folder is served" in texts["port"]
    assert [finding for finding in found if not finding.ok and finding.part != "disk"] == []


def test_what_the_server_makes_only_its_owner_can_read(used: Path) -> None:
    assert [path for path in (used, *used.rglob("*")) if path.stat().st_mode & 0o077] == []


def test_a_folder_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    found = machine.examine(Settings(data=tmp_path / "mistyped" / "data", port=free_port()))
    assert "does not exist; the first start makes it" in found[0].text
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_a_folder_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    ended = quire("doctor", "--data", str(tmp_path / "file"), "--port", str(free_port()))
    assert ended.returncode == 1
    assert ended.stderr == ""
    assert re.search("FAIL data folder: .*/file is no folder", ended.stdout), ended.stdout


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests may run as root, who can write everywhere.
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert re.search("data folder: .* cannot be written by this user", complaints(tmp_path))


@pytest.mark.parametrize("name", ["log.db", "catalogue.db", "blobs", "blobs/archive", "blobs/archive/d/1"])
def test_what_this_user_may_not_use_is_no_damage(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    folder.chmod(0o700)
    damaged_blob(folder)
    FolderBlobs(folder / "blobs").write("archive/d/1", b"x")
    # As root everything may be used.
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder / name and access(path, mode))
    found = complaints(folder)
    assert f"{folder / name}" in found
    assert "run this as the server's user, or mend its owner and mode" in found
    assert "file is damaged" not in found or name.endswith(".db")


def test_each_trouble_with_the_address_has_its_own_advice(tmp_path: Path) -> None:
    assert "Choose an address of this machine" in complaints(tmp_path, host="no.such.host.invalid")
    assert "Choose an address of this machine" in complaints(tmp_path, host="192.0.2.1")


def test_a_low_limit_of_open_files_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 256))
    found = complaints(tmp_path)
    assert "descriptors: 256 files may be open, 600 are needed" in found
    assert "LimitNOFILE=600" in found


def test_a_clock_far_ahead_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.time, "time", lambda: 4e9)
    assert "clock: it is said to be 2096" in complaints(tmp_path)


def test_what_was_not_checked_in_time_is_told_and_can_be_checked(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(used, folder)
    folder.chmod(0o700)
    # How much room this machine has is no matter here.
    monkeypatch.setattr(machine, "LEAST_ROOM", 0)
    # The command logs to a standard error of its own, which the runner has not.
    monkeypatch.setattr(logs, "configure", lambda *_: None)

    def told(*options: str) -> tuple[int, str]:
        asked = ["doctor", "--data", str(folder), "--port", str(free_port()), *options]
        ended = CliRunner().invoke(app, asked, env={"QUIRE_MAX_SOCKETS": "100"})
        return ended.exit_code, ended.output

    assert told()[0] == 0, told()
    sql("log.db", "UPDATE updates SET payload=x'00'")(folder)
    monkeypatch.setattr(stored, "CHECK_SECONDS", -1.0)
    code, output = told()
    assert code == 3, output
    assert re.search("(?m)^PART text: 0 of 1 documents were read .* `quire doctor --all` checks the rest$", output)
    assert re.search("(?m)^PART documents: .* in part", output)
    assert "each has its text" not in output
    code, output = told("--all")
    assert code == 1
    assert re.search("(?m)^FAIL text: .*updates 1 of 1 are missing or damaged", output)
    assert "PART" not in output
