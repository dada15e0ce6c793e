"""What `quire doctor` says of the data folder. It reads and changes nothing, also under a server that runs."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Set
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Table

from quire.access.tokens import links_of_another_key
from quire.blobs.contract import BlobMissing
from quire.blobs.folder import FolderBlobs
from quire.db.columns import any_spoilt, spoilt
from quire.db.tables import metadata
from quire.log import heads
from quire.log.archive import Archive
from quire.log.contract import DamagedDocument
from quire.log.file import LogFile, one_moment
from quire.log.schema import MIGRATIONS, TABLES, read_as_newest
from quire.log.snapshots import SnapshotStore
from quire.log.stats import LogStats
from quire.ops.folder import BLOBS, CATALOGUE, KEY, LOG
from quire.storage.damage import readable
from quire.storage.failure import reason_of

CHECK_SECONDS = 20.0
"""Time for one check where not all is asked for; of what is larger a part is checked."""
REST = "`quire doctor --all` checks the rest"
OWNER = "run this as the server's user, or mend its owner and mode"
SHOWN = 10
"""Damaged parts that are named one by one."""
CATALOGUE_TABLES = frozenset(metadata.tables)
ATTACHMENTS = "SELECT 'attachments/' || document || '/' || digest FROM attachments"
NOBODYS = """
    SELECT id FROM documents WHERE NOT EXISTS(
        SELECT 1 FROM grants WHERE resource_kind='document' AND resource=documents.id AND role='owner')"""
LISTED = "SELECT id FROM documents UNION SELECT document FROM unfinished"
# As text: one flipped bit makes something else of a name.
SEGMENTS = "SELECT CAST(blob AS TEXT) FROM segments WHERE blob IS NOT NULL"
SNAPSHOTS = "SELECT CAST(blob AS TEXT) FROM snapshots WHERE blob IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result."""

    part: str
    ok: bool
    text: str
    whole: bool = True
    """Whether all of it was checked."""


def served(folder: Path) -> bool:
    """Whether a process holds the lock on the folder."""
    try:
        handle = os.open(folder / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that is not to change, and leave no file beside it."""
    wal, index = path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
    # Without a write-ahead log nobody writes and all is in the file; SQLite would make new files beside it.
    lone = not wal.exists() or (wal.stat().st_size == 0 and not served(path.parent))
    had_index = index.exists()
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{'immutable=1' if lone else 'mode=ro'}", uri=True, isolation_level=None, timeout=5
    )
    connection.text_factory = readable
    try:
        with closing(connection):
            yield connection
    finally:
        if not lone and not had_index and not served(path.parent):
            index.unlink(missing_ok=True)


def check(folder: Path, seconds: float = CHECK_SECONDS) -> Iterator[Finding]:
    """Check the databases, the key and the blobs; no single check takes longer than `seconds`."""
    log, catalogue = folder / LOG, folder / CATALOGUE
    busy = served(folder)
    lock = folder / "lock"
    if lock.exists() and not (lock.is_file() and os.access(lock, os.R_OK | os.W_OK)):
        yield Finding("lock", False, f"no file that this user can write: mend its owner, or remove {lock}")
    else:
        yield Finding("lock", True, "served by another process: fine if that is Quire" if busy else "nobody serves it")
    found = {path: path.is_file() and path.stat().st_size > 0 for path in (log, catalogue)}
    if not any(found.values()):
        if any(path.exists() for path in (log, catalogue)):
            yield Finding("databases", False, "both are empty: restore the folder from a backup")
        else:
            yield Finding("databases", True, "made at the first start")
    else:
        for path, there in found.items():
            if there:
                yield from _database(path, seconds)
        yield from _together(log, catalogue, found, seconds)
    yield from _key(folder / KEY, any(found.values()))
    if found[catalogue] and (links := _links_of_another_key(catalogue, folder / KEY)):
        text = f"{links} links were made with another one; those that the app shows open nothing"
        yield Finding("secret key", False, f"{text}: restore {folder / KEY} from a backup, or reset each link")


def _database(path: Path, seconds: float) -> Iterator[Finding]:
    name = path.name
    for file in (path, path.with_name(f"{name}-wal"), path.with_name(f"{name}-shm")):
        if file.exists() and not os.access(file, os.R_OK | os.W_OK):
            yield Finding(name, False, f"{file} cannot be read and written by this user: {OWNER}")
            return
    try:
        with reading(path) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            yield _log_schema(connection, tables) if name == LOG else _catalogue_schema(connection, tables)
            until = time.monotonic() + seconds
            connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            try:
                (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            except sqlite3.OperationalError as error:
                if str(error) != "interrupted":
                    raise
                yield Finding(name, True, f"no damage in what was checked in {seconds:g} s; {REST}", whole=False)
                return
            (page,) = connection.execute("PRAGMA page_size").fetchone()
            if path.stat().st_size % page:
                yield Finding(name, False, "the database file was cut short: restore it from a backup")
            elif answer == "ok":
                yield Finding(name, True, "sound")
            else:
                yield Finding(
                    name, False, f"the database file is damaged ({answer.splitlines()[-1]}): restore it from a backup"
                )
    except (sqlite3.Error, OSError) as error:
        text = f"{reason_of(error)} ({error}): check the disk; if the file is damaged, restore it from a backup"
        yield Finding(name, False, text)


def _log_schema(connection: sqlite3.Connection, tables: set[str]) -> Finding:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    number = f"schema {version}"
    if version > len(MIGRATIONS):
        return Finding("log.db schema", False, f"{number}; this release knows {len(MIGRATIONS)}: run the newer release")
    if (version == 0 and tables & TABLES) or (version == len(MIGRATIONS) and not tables >= TABLES):
        return Finding("log.db schema", False, f"{number} in part only: restore it from a backup")
    if version < len(MIGRATIONS):
        return Finding("log.db schema", True, f"{number}; the next start brings it to {len(MIGRATIONS)}")
    return Finding("log.db schema", True, number)


def _catalogue_schema(connection: sqlite3.Connection, tables: set[str]) -> Finding:
    part = "catalogue.db schema"
    rows = connection.execute("SELECT version_num FROM alembic_version") if "alembic_version" in tables else ()
    versions = {row[0] for row in rows}
    script = ScriptDirectory(str(resources.files("quire.db") / "migrations"))
    known, newest = {revision.revision for revision in script.walk_revisions()}, set(script.get_heads())
    number = f"schema {', '.join(sorted(versions)) or 'none'}"
    if versions - known:
        return Finding(part, False, f"{number}; this release knows {', '.join(sorted(newest))}: run the newer release")
    if (not versions and tables & CATALOGUE_TABLES) or (versions == newest and not tables >= CATALOGUE_TABLES):
        return Finding(part, False, f"{number} in part only: restore it from a backup")
    if versions != newest:
        return Finding(part, True, f"{number}; the next start brings it to {', '.join(sorted(newest))}")
    return Finding(part, True, number)


def _together(log: Path, catalogue: Path, found: dict[Path, bool], seconds: float) -> Iterator[Finding]:
    """Whether the two databases and the blobs belong together."""
    for path, there in found.items():
        if not there:
            other = log if path is catalogue else catalogue
            what = "empty" if path.exists() else "missing"
            if _has_documents(other):
                yield Finding(path.name, False, f"{what}, but {other.name} is there: restore both from one backup")
            else:
                yield Finding(path.name, True, f"{what}; the next start makes it, there are no documents yet")
            return
    if not _has_table(log, "heads") and _has_documents(catalogue):
        yield Finding("documents", False, f"{log.name} holds no text at all: restore both databases from one backup")
        return
    if forbidden := _forbidden(log.parent / BLOBS, seconds):
        # Neither missing nor damaged: that can be said once they can be read.
        text = f"{len(forbidden)} files or folders cannot be used by this user (one is {forbidden[0]}): {OWNER}"
        yield Finding("blobs", False, text)
        return
    # What a server removes meanwhile is no loss: only what is still missing at a second look counts.
    missing, whole = lost(log, catalogue, seconds)
    missing = missing and missing & lost(log, catalogue, seconds)[0]
    files = sorted(key for key in missing if "/" in key)
    trashed = sorted(missing & _trashed(catalogue))
    texts = sorted(missing.difference(files, trashed))
    if trashed:
        text = f"{len(trashed)} documents in the trash have no text (one is {trashed[0]})"
        again = "where their deletion for good was cut short, their owner may delete them again"
        yield Finding("documents", False, f"{text}: {again}; else restore both databases from one backup")
    if texts:
        text = f"{len(texts)} documents of the catalogue have no text in the log (one is {texts[0]})"
        yield Finding("documents", False, f"{text}: restore both databases from one backup")
    if files:
        text = f"{len(files)} files are missing (one is {files[0]})"
        yield Finding("blobs", False, f"{text}: restore {log.parent / BLOBS} from the backup of the databases")
    if not whole:
        text = f"whether each document has its text and its files was checked in part, for {seconds:g} s; {REST}"
        yield Finding("documents", True, text, whole=False)
    damaged = False
    for finding in (
        *_text(log, seconds, missing),
        *_pictures(log, catalogue, seconds, missing),
        *_rows(catalogue, seconds),
    ):
        damaged |= not finding.ok
        yield finding
    behind = _behind(log)
    if behind:
        document, said, stored = behind[0]
        text = (
            f"{len(behind)} documents are said to end before their last update (one is {document}, {said} of {stored})"
        )
        yield Finding("numbers", False, f"{text}: the next start mends it; files of two moments may have been mixed")
    if whole and not missing and not damaged and not behind:
        yield Finding("documents", True, "each has its text and its files")
    if unlisted := _unlisted(log, catalogue):
        text = (
            f"{len(unlisted)} have text and are in no list (one is {min(unlisted)}). One that was made during a backup "
            f"is no harm; where documents are missed, {catalogue.name} is the older one: restore both from one backup"
        )
        yield Finding("documents", True, text)


def _forbidden(blobs: Path, seconds: float) -> list[Path]:
    """Return the files below a folder that this user cannot read, and the folders that it cannot use."""
    found, until = [], time.monotonic() + seconds
    if blobs.exists() and not os.access(blobs, os.R_OK | os.W_OK | os.X_OK):
        found.append(blobs)
    for place, folders, files in os.walk(blobs):
        for names, right in ((folders, os.R_OK | os.W_OK | os.X_OK), (files, os.R_OK)):
            paths = (Path(place, name) for name in names)
            # One that went meanwhile is none.
            found += [path for path in paths if not os.access(path, right) and path.exists()]
        if time.monotonic() > until:
            break
    return found


def _has_documents(path: Path) -> bool:
    """Whether a database knows of a document; one that cannot be read may."""
    table = "heads" if path.name == LOG else "documents"
    try:
        with reading(path) as connection:
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name=?", (table,)).fetchone() is None:
                return False
            return connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() is not None  # noqa: S608
    except (sqlite3.Error, OSError):
        return True


def _has_table(path: Path, table: str) -> bool:
    with suppress(sqlite3.Error, OSError), reading(path) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master WHERE name=?", (table,)).fetchone() is not None
    # What cannot be read is told elsewhere.
    return True


def _text(log: Path, seconds: float, lost: Set[str]) -> Iterator[Finding]:
    """Read the text of every document and every file that is not lost, as far as the time goes."""
    documents, damaged, read = _all_documents(log), dict[str, dict[str, str]](), 0
    until = time.monotonic() + seconds
    with suppress(sqlite3.Error, OSError), reading(log) as connection:
        read_as_newest(connection)
        for document in documents:
            if time.monotonic() > until:
                break
            if found := _damaged(connection, log, document):
                damaged[document] = found
            read += 1
    with suppress(sqlite3.Error, OSError), reading(log) as connection:
        read_as_newest(connection)
        damaged = {document: _damaged(connection, log, document) for document in damaged}
    complaints = sorted(
        complaint for found in damaged.values() for complaint in found.items() if complaint[0] not in lost
    )
    for what, why in complaints[:SHOWN]:
        yield Finding("text", False, f"{what}: {why}; check the disk, and restore the folder from a backup")
    if len(complaints) > SHOWN:
        yield Finding("text", False, f"{len(complaints) - SHOWN} more are damaged")
    if read < len(documents):
        text = f"{read} of {len(documents)} documents were read in {seconds:g} s; {REST}"
        yield Finding("text", True, text, whole=False)


def _pictures(log: Path, catalogue: Path, seconds: float, lost: Set[str]) -> Iterator[Finding]:
    """Read every picture that is not lost, as far as the time goes: it is named by what is in it."""
    blobs, keys, damaged, read = FolderBlobs(log.parent / BLOBS), list[str](), list[str](), 0
    with suppress(sqlite3.Error, OSError), reading(catalogue) as connection:
        keys = [key for (key,) in connection.execute(ATTACHMENTS)]
    until = time.monotonic() + seconds
    for key in keys:
        if time.monotonic() > until:
            break
        read += 1
        if key not in lost:
            # One that went meanwhile is none that is damaged.
            with suppress(BlobMissing):
                if not _holds(blobs, key):
                    damaged.append(key)
    if damaged:
        yield Finding(
            "pictures", False, f"{len(damaged)} are damaged (one is {damaged[0]}): restore them from a backup"
        )
    if read < len(keys):
        text = f"{read} of {len(keys)} pictures were read in {seconds:g} s; {REST}"
        yield Finding("pictures", True, text, whole=False)


def _holds(blobs: FolderBlobs, key: str) -> bool:
    try:
        return sha256(blobs.read(key)).hexdigest() == key.rpartition("/")[2]
    except ValueError:
        return False


def _rows(catalogue: Path, seconds: float) -> Iterator[Finding]:
    """Look for rows that refer to nothing or cannot be, and documents that nobody can open, as far as the time goes."""
    until = time.monotonic() + seconds
    try:
        with reading(catalogue) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
            for part, text in _wrong_rows(connection, catalogue.name):
                yield Finding(part, False, f"{text}: restore both databases from one backup")
    except (sqlite3.Error, OSError) as error:
        # All else is told elsewhere.
        if str(error) == "interrupted":
            text = f"its rows were checked in part, for {seconds:g} s; {REST}"
            yield Finding(catalogue.name, True, text, whole=False)


def _wrong_rows(connection: sqlite3.Connection, name: str) -> Iterator[tuple[str, str]]:
    """Yield parts and what is wrong with them."""
    astray = connection.execute("PRAGMA foreign_key_check").fetchall()
    if astray:
        table, _, missing, _ = astray[0]
        yield name, f"{len(astray)} rows refer to what is not there (one of {table} to one of {missing})"
    for each in metadata.sorted_tables:
        (count,) = connection.execute(f'SELECT count(*) FROM "{each.name}" WHERE {any_spoilt(each)}').fetchone()  # noqa: S608
        if count:
            text = f"{count} rows of {each.name} have values of another kind, or times beyond all calendars"
            yield name, f"{text} ({_first_spoilt(connection, each)})"
    nobodys = connection.execute(NOBODYS).fetchall()
    if nobodys:
        yield "documents", f"{len(nobodys)} belong to nobody (one is {nobodys[0][0]})"


def _first_spoilt(connection: sqlite3.Connection, table: Table) -> str:
    """Name a row that has values which its table cannot have, and their columns."""
    keys, columns = [column.name for column in table.primary_key], list(table.columns)
    values = ", ".join([*(f'quote("{key}")' for key in keys), *map(spoilt, columns)])
    row = connection.execute(f'SELECT {values} FROM "{table.name}" WHERE {any_spoilt(table)}').fetchone()  # noqa: S608
    wrong = [column.name for column, found in zip(columns, row[len(keys) :], strict=True) if found]
    where = ", ".join(f"{key}={value}" for key, value in zip(keys, row, strict=False))
    return f"one has {', '.join(wrong)} where {where}"


def _unlisted(log: Path, catalogue: Path) -> set[str]:
    """Return the documents with text that the catalogue does not know, not even as being made."""
    # The text first: what is made meanwhile is known before it has any.
    texts = _all_documents(log)
    with suppress(sqlite3.Error, OSError), reading(catalogue) as connection:
        return set(texts).difference(document for (document,) in connection.execute(LISTED))
    return set()


def _all_documents(log: Path) -> list[str]:
    with suppress(sqlite3.Error, OSError), reading(log) as connection:
        return [row[0] for row in connection.execute("SELECT document FROM heads ORDER BY document")]
    # What cannot be read is told elsewhere.
    return []


def _damaged(connection: sqlite3.Connection, log: Path, document: str) -> dict[str, str]:
    """Read a document and its files as the server would; return what does not fit its checksum, and why."""
    damaged: dict[str, str] = {}
    archive = Archive(FolderBlobs(log.parent / BLOBS))
    file = LogFile(log, archive, LogStats())
    try:
        try:
            file.load(connection, document)
        except DamagedDocument as error:
            damaged[document] = str(error)
        for row in file.snapshots.newest_first(connection, document):
            if file.snapshots.open(row) is None:
                what = row.blob or f"snapshot {row.seq} of {document}"
                damaged[what] = "damaged (the document is read from what it was made from)"
        for segment in file.segments(connection, document):
            if not archive.open(segment):
                damaged[segment.blob] = "the file is damaged, a part of the history cannot be read"
    except sqlite3.Error as error:
        damaged[document] = reason_of(error)
    return damaged


def _behind(log: Path) -> list[heads.Behind]:
    # What is erased in the middle is no finding.
    with suppress(sqlite3.Error, OSError), reading(log) as connection, one_moment(connection):
        return list(heads.behind(connection, SnapshotStore(FolderBlobs(log.parent / BLOBS))))
    return []


def lost(log: Path, catalogue: Path, seconds: float) -> tuple[set[str], bool]:
    """Return ids of documents without text and keys of blobs that are not there, and whether all were looked for."""
    blobs, missing = log.parent / BLOBS, set[str]()
    with suppress(sqlite3.Error, OSError), reading(catalogue) as titles, reading(log) as texts:
        until = time.monotonic() + seconds
        for (document,) in titles.execute("SELECT id FROM documents"):
            if time.monotonic() > until:
                return missing, False
            if texts.execute("SELECT 1 FROM heads WHERE document=?", (document,)).fetchone() is None:
                missing.add(document)
        for connection, query in ((titles, ATTACHMENTS), (texts, SEGMENTS), (texts, SNAPSHOTS)):
            for (key,) in connection.execute(query):
                if time.monotonic() > until:
                    return missing, False
                if not (blobs / key).is_file():
                    missing.add(key)
    return missing, True


def _trashed(catalogue: Path) -> set[str]:
    # What cannot be read is told elsewhere.
    with suppress(sqlite3.Error, OSError), reading(catalogue) as connection:
        return {row[0] for row in connection.execute("SELECT id FROM documents WHERE trashed_at IS NOT NULL")}
    return set()


def _key(path: Path, used: bool) -> Iterator[Finding]:
    part = "secret key"
    if not path.exists():
        text = "missing: restore it from a backup; with a new one the app shows links that open nothing"
        yield Finding(part, not used, text if used else "made at the first start")
        return
    status = path.stat()
    if not path.is_file():
        yield Finding(part, False, f"{path} is no file: move it away and restore it from a backup")
    elif not os.access(path, os.R_OK):
        yield Finding(
            part, False, f"this user cannot read it: run this as the server's user, or mend its owner: {path}"
        )
    elif status.st_size < 32:
        yield Finding(part, False, f"damaged, it has {status.st_size} bytes of 32: restore {path} from a backup")
    elif status.st_mode & 0o077:
        yield Finding(part, False, f"others can read it (mode {status.st_mode & 0o777:o}): chmod 600 {path}")
    else:
        yield Finding(part, True, "only its owner can read it")


def _links_of_another_key(catalogue: Path, key: Path) -> int:
    # What cannot be read is told elsewhere.
    with suppress(sqlite3.Error, OSError), reading(catalogue) as connection:
        secret = key.read_bytes()
        rows = connection.execute("SELECT document, nonce, hash FROM links WHERE role IS NOT NULL")
        return links_of_another_key(secret, rows)
    return 0
