"""The log's file, used through one connection: a document as it is stored, in snapshot, table and archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from zlib import crc32

import structlog

from quire.log.archive import Archive, Segment
from quire.log.contract import DamagedDocument, Stored, StoredUpdate
from quire.log.snapshots import SnapshotStore
from quire.log.stats import LogStats
from quire.log.turn import turn
from quire.storage.damage import readable

_logger = structlog.get_logger("quire.log")
BUSY_SECONDS: Final = 5.0
MOST_IDLE: Final = 64 * 1024 * 1024
"""Bytes of the write-ahead log that are kept to be written again."""
Connect = Callable[[Path], sqlite3.Connection]


def connect(path: Path) -> sqlite3.Connection:
    """Open a connection for writing with the settings that "saved" rests on."""
    connection = _opened(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA wal_autocheckpoint=4000")
    # What a long read made of it does not stay on the disk for good.
    connection.execute(f"PRAGMA journal_size_limit={MOST_IDLE}")
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write."""
    connection = _opened(path)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    connection.text_factory = readable
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write all of it or nothing: an exception undoes it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Read everything as it is at one moment."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        # Of some errors SQLite has ended it by itself; those say more than that there is nothing to end.
        if connection.in_transaction:
            connection.execute("COMMIT")


class LogFile:
    """One SQLite file and its archive. Methods block, take a connection, and work in any thread or process."""

    def __init__(self, path: Path, archive: Archive, stats: LogStats) -> None:
        self.path = path
        self.archive = archive
        self.snapshots = SnapshotStore(archive.blobs)
        self._stats = stats

    @contextmanager
    def writing(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Write in one transaction, in turn with the writer of updates; an exception undoes it."""
        with turn(self.path), transaction(connection):
            yield

    def load(self, connection: sqlite3.Connection, document: str) -> Stored:
        """Return the newest sound snapshot and all updates after it; raises `DamagedDocument`."""
        with one_moment(connection):
            last_seq = _last_seq(connection, document)
            if last_seq is None:
                return Stored(None, (), 0)
            for row in self.snapshots.newest_first(connection, document):
                snapshot = self.snapshots.open(row)
                if snapshot is None:
                    self._stats.snapshot_fallbacks += 1
                    _logger.error("snapshot is damaged", document=document, seq=row.seq)
                    continue
                return Stored(snapshot, self._rows(connection, document, snapshot.seq, last_seq), last_seq)
            return Stored(None, self._rows(connection, document, 0, last_seq), last_seq)

    def read(self, connection: sqlite3.Connection, document: str, after: int, limit: int) -> list[StoredUpdate]:
        """Return at most `limit` updates with seq > `after`; raises `DamagedDocument`."""
        with one_moment(connection):
            upto = min(_last_seq(connection, document) or 0, after + limit)
            return self._rows(connection, document, after, upto) if upto > after else []

    def erase(self, connection: sqlite3.Connection, document: str, *, left_over: bool = False) -> None:
        """Remove every row and blob of a document; `left_over`: only if there is no such document any more."""
        with self.writing(connection):
            if left_over and _last_seq(connection, document) is not None:
                return
            for table in ("updates", "snapshots", "segments", "heads"):
                connection.execute(f"DELETE FROM {table} WHERE document=?", (document,))  # noqa: S608
            connection.execute("DELETE FROM leases WHERE name=?", (f"compact:{document}",))
        # By name and not by row, so that what a crash left without a row goes too.
        blobs = self.archive.blobs
        for key in [key for kind in ("archive", "snapshots") for key in blobs.keys(f"{kind}/{document}")]:
            blobs.remove(key)

    def segments(self, connection: sqlite3.Connection, document: str) -> list[Segment]:
        """Return all archive segments of a document."""
        return _segments(connection, document, 0, 2**62)

    def _rows(self, connection: sqlite3.Connection, document: str, after: int, upto: int) -> list[StoredUpdate]:
        """Return updates after..upto, all of them, or raise `DamagedDocument` that names what is missing."""
        found = {seq: row for seq, row in stored_rows(connection, document, after, upto) if row is not None}
        if len(found) < upto - after:
            for segment in _segments(connection, document, after, upto):
                for row in self.archive.open(segment):
                    if after < row.seq <= upto:
                        found.setdefault(row.seq, row)
        numbers = sorted(found)
        if missing := _gaps(numbers, after, upto):
            raise DamagedDocument(f"updates {_spans(missing)} of {upto} are missing or damaged")
        return [found[seq] for seq in numbers]


def stored_rows(
    connection: sqlite3.Connection, document: str, after: int, upto: int
) -> Iterator[tuple[int, StoredUpdate | None]]:
    """Yield the numbers after..upto that stand in the table, in order, each with its update; None: it is damaged."""
    # As bytes: one flipped bit makes text of a blob, text that is none, or nothing at all.
    for seq, payload, author, origin, at, checksum in connection.execute(
        "SELECT seq, coalesce(CAST(payload AS BLOB), x''), coalesce(CAST(author AS BLOB), x''), "
        "coalesce(CAST(connection AS BLOB), x''), coalesce(CAST(at AS INTEGER), 0), checksum FROM updates "
        "WHERE document=? AND seq>? AND seq<=? ORDER BY seq",
        (document, after, upto),
    ):
        if crc32(payload) == checksum:
            who, where = author.decode(errors="replace"), origin.decode(errors="replace")
            yield seq, StoredUpdate(seq, payload, who, where, at)
        else:
            yield seq, None


def _last_seq(connection: sqlite3.Connection, document: str) -> int | None:
    """Return the number of a document's last update, None if there is no such document; raises `DamagedDocument`."""
    head = connection.execute("SELECT last_seq FROM heads WHERE document=?", (document,)).fetchone()
    if head is not None and not isinstance(head[0], int):
        raise DamagedDocument("the number of its last update is damaged")
    return None if head is None else int(head[0])


def _segments(connection: sqlite3.Connection, document: str, after: int, upto: int) -> list[Segment]:
    """Return the archive segments that hold updates after..upto."""
    # As bytes, as above.
    return [
        Segment(document, first, last, blob.decode(errors="replace"), checksum)
        for first, last, blob, checksum in connection.execute(
            "SELECT first_seq, last_seq, coalesce(CAST(blob AS BLOB), x''), CAST(checksum AS BLOB) FROM segments "
            "WHERE document=? AND last_seq>? AND first_seq<=? ORDER BY first_seq",
            (document, after, upto),
        )
    ]


def _gaps(numbers: Iterable[int], after: int, upto: int) -> list[tuple[int, int]]:
    """Return the spans of after..upto that `numbers`, in order, leave out."""
    # By what is there and not by what should be: one flipped bit makes an end of it that nobody can count to.
    gaps = []
    for number in (*numbers, upto + 1):
        if number > after + 1:
            gaps.append((after + 1, number - 1))
        after = number
    return gaps


def _spans(spans: Sequence[tuple[int, int]]) -> str:
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in spans[:20])


def holds_text(path: Path) -> bool:
    """Whether there is a log here that holds something; raises `sqlite3.Error` when it cannot be read."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    with closing(connect_to_read(path)) as connection:
        tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name='heads'").fetchone()
        return tables is not None and connection.execute("SELECT 1 FROM heads LIMIT 1").fetchone() is not None
