"""Compaction of one document: a snapshot, and the updates that it covers moved to the archive.

Under a lease with a fencing token, a snapshot is built at exactly sequence R, verified by loading it again, and stored
only if it is newer than what is there; only then do updates up to R leave the hot table.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import astuple
from pathlib import Path
from typing import Final

import structlog

from quire.concurrency.priority import giving_way
from quire.crdt.snapshot import build_snapshot
from quire.log.archive import Archive
from quire.log.contract import Snapshot, StoredUpdate
from quire.log.file import LogFile, connect, stored_rows
from quire.log.stats import LogStats

_logger = structlog.get_logger("quire.log.compaction")
LEASE_SECONDS: Final = 120.0
"""After which another may take a document over from one that hangs."""
SEGMENT_ROWS: Final = 5000
"""Updates in one archive segment, at most."""
SEGMENT_BYTES: Final = 8 * 1024 * 1024
"""Bytes of updates at which an archive segment ends."""
KEPT_SNAPSHOTS: Final = 2


class LeaseLost(Exception):
    """Another compactor took the document over; whatever this one still holds is out of date."""


def compact(path: Path, archive: Archive, holder: str, document: str) -> int:
    """Compact one document; runs in the child process."""
    return Compaction(path, archive, holder, document).run()


class Compaction:
    """One document's compaction. Everything here blocks.

    What takes time gives way to the rest of the machine, and what writes does not: whoever waits for the processor
    with the log's write lock in hand keeps everybody from saving.
    """

    def __init__(self, path: Path, archive: Archive, holder: str, document: str) -> None:
        self._file = LogFile(path, archive, LogStats())
        self._holder, self._document = holder, document
        self._token = 0

    def run(self) -> int:
        """Snapshot and archive; returns the sequence number of the snapshot."""
        with closing(connect(self._file.path)) as connection:
            self._take_lease(connection)
            try:
                return self._compact(connection)
            except LeaseLost:
                # Erased meanwhile, perhaps: what was written for it since must not stay behind.
                self._file.erase(connection, self._document, left_over=True)
                raise
            finally:
                self._release_lease(connection)

    def _compact(self, connection: sqlite3.Connection) -> int:
        stored = self._file.load(connection, self._document)
        if stored.last_seq and (stored.snapshot is None or stored.snapshot.seq < stored.last_seq):
            whole, state_vector = giving_way(build_snapshot, stored.parts)
            snapshot = Snapshot(stored.last_seq, whole.update, state_vector, whole.waiting)
            for key in self._store(connection, snapshot):
                self._file.archive.blobs.remove(key)
        self._archive(connection, stored.last_seq)
        return stored.last_seq

    def _take_lease(self, connection: sqlite3.Connection) -> None:
        now = time.time()
        with self._file.writing(connection):
            row = connection.execute(
                # Not from 1 on: what an erased document's compaction was given is no token of another under its id.
                "INSERT INTO leases(name, holder, token, expires_at) VALUES(?1, ?2, abs(random() >> 1), ?3) "
                "ON CONFLICT(name) DO UPDATE SET holder=?2, token=token+1, expires_at=?3 "
                # Further ahead than any lease goes: the clock was set back since, and nobody holds it.
                "WHERE expires_at < ?4 OR expires_at > ?3 OR holder=?2 RETURNING token",
                (f"compact:{self._document}", self._holder, now + LEASE_SECONDS, now),
            ).fetchone()
        if row is None:
            raise LeaseLost(f"{self._document} is being compacted by another")
        self._token = int(row[0])

    def _release_lease(self, connection: sqlite3.Connection) -> None:
        """End the lease at once; the row stays, so that no token is given twice."""
        with suppress(sqlite3.Error), self._file.writing(connection):
            connection.execute(
                "UPDATE leases SET expires_at=0 WHERE name=? AND token=?", (f"compact:{self._document}", self._token)
            )

    def _store(self, connection: sqlite3.Connection, snapshot: Snapshot) -> list[str]:
        """Store a snapshot; returns the blobs of older ones that nothing names any more."""
        document = self._document
        row = giving_way(self._file.snapshots.prepare, document, snapshot)
        size = len(snapshot.payload)
        with self._file.writing(connection):
            self._check(connection)
            # A snapshot from beyond the end is a damaged one; it would keep all others out.
            dropped = connection.execute(
                "DELETE FROM snapshots WHERE document=?1 AND (typeof(seq)<>'integer' OR seq>"
                "(SELECT last_seq FROM heads WHERE document=?1)) RETURNING blob",
                (document,),
            ).fetchall()
            newest = connection.execute("SELECT max(seq) FROM snapshots WHERE document=?", (document,)).fetchone()[0]
            if newest is not None and newest >= snapshot.seq:
                raise LeaseLost(f"a snapshot at {newest} is already there, not storing one at {snapshot.seq}")
            connection.execute(
                "INSERT INTO snapshots(document, seq, payload, blob, checksum, state_vector, waiting, size, token) "
                "VALUES(?,?,?,?,?,?,?,?,?)",
                (*astuple(row), size, self._token),
            )
            connection.execute(
                "UPDATE heads SET snapshot_seq=?2, (new_updates, new_bytes)=("
                "SELECT count(*), coalesce(sum(length(payload)), 0) FROM updates WHERE document=?1 AND seq>?2) "
                "WHERE document=?1",
                (document, snapshot.seq),
            )
            dropped += connection.execute(
                "DELETE FROM snapshots WHERE document=?1 AND seq NOT IN "
                "(SELECT seq FROM snapshots WHERE document=?1 ORDER BY seq DESC LIMIT ?2) RETURNING blob",
                (document, KEPT_SNAPSHOTS),
            ).fetchall()
        return [key for (key,) in dropped if key is not None]

    def _archive(self, connection: sqlite3.Connection, upto: int) -> None:
        after = 0
        while rows := self._batch(connection, after, upto):
            segment = giving_way(self._file.archive.write, self._document, rows)
            after = segment.last_seq
            with self._file.writing(connection):
                self._check(connection)
                connection.execute(
                    "INSERT INTO segments(document, first_seq, last_seq, blob, checksum) VALUES(?,?,?,?,?)",
                    (self._document, segment.first_seq, segment.last_seq, segment.blob, segment.checksum),
                )
                connection.execute(
                    "DELETE FROM updates WHERE document=? AND seq BETWEEN ? AND ?",
                    (self._document, segment.first_seq, segment.last_seq),
                )

    def _batch(self, connection: sqlite3.Connection, after: int, upto: int) -> list[StoredUpdate]:
        """Return the next rows that follow each other; damaged ones stay where they are."""
        rows: list[StoredUpdate] = []
        size = 0
        for seq, row in stored_rows(connection, self._document, after, upto):
            if row is None:
                _logger.error("update is damaged and stays where it is", document=self._document, seq=seq)
                if rows:
                    break
                continue
            rows.append(row)
            size += len(row.payload)
            if size > SEGMENT_BYTES or len(rows) == SEGMENT_ROWS:
                break
        return rows

    def _check(self, connection: sqlite3.Connection) -> None:
        """The fence: every write of the compactor carries the token that its lease was given."""
        row = connection.execute("SELECT token FROM leases WHERE name=?", (f"compact:{self._document}",)).fetchone()
        if row is None or row[0] != self._token:
            raise LeaseLost(f"the lease on {self._document} was taken over")
