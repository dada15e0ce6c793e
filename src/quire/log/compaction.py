"""Compaction: snapshots by need, and covered updates moved to the archive.

Per document, when enough has gathered since its last snapshot; one at a time, in a child process, so that no
socket waits for it. Under a lease with a fencing token, a snapshot is built at exactly sequence R, verified by
loading it again, and stored only if it is newer than what is there; only then do updates up to R leave the hot
table.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar
from zlib import crc32

import structlog

from quire.concurrency.priority import giving_way
from quire.crdt.snapshot import SnapshotMismatch, build_snapshot
from quire.log.archive import Archive
from quire.log.contract import DamagedDocument, Snapshot, StoredUpdate
from quire.log.file import LogFile, connect, connect_to_read
from quire.log.stats import LogStats
from quire.storage.failure import reason_of

if TYPE_CHECKING:
    from quire.log.sqlite import SqliteLog

_logger = structlog.get_logger("quire.log.compaction")
LEASE_SECONDS = 120.0
SEGMENT_ROWS = 5000
SEGMENT_BYTES = 8 * 1024 * 1024
KEPT_SNAPSHOTS = 2
LOOK_SECONDS = 1.0
DEADLINE = 600
"""Seconds that one compaction may take."""
ASIDE_FIRST, ASIDE_MOST = 2.0, 6 * 3600.0
"""Seconds for which a document whose compaction failed is left alone, the first time and at most."""

_Result = TypeVar("_Result")


class Worker(Protocol):
    """A process that does heavy work, one piece at a time."""

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` there; raises what it raises, and an error of its own when the process dies."""
        ...

    def close(self) -> None:
        """Let the process go; work under way is abandoned."""
        ...


class LeaseLost(Exception):
    """Another compactor took the document over; whatever this one still holds is out of date."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a document is due: updates or bytes since its last snapshot."""

    updates: int = 500
    bytes: int = 256 * 1024

    def due(self, updates: int, size: int, snapshot_size: int) -> bool:
        """A large document waits for proportionally more, so that the cost follows what was written."""
        return updates >= max(self.updates, snapshot_size // 1024) or size >= max(self.bytes, snapshot_size // 2)


class Compactor:
    """Watches the log's commits and has documents that are due compacted in the background."""

    def __init__(self, log: SqliteLog, worker: Worker, *, trigger: Trigger | None = None) -> None:
        self._log, self._worker, self._trigger = log, worker, trigger or Trigger()
        self._holder = uuid.uuid4().hex
        self._dirty: dict[str, None] = {}
        self._aside: dict[str, tuple[int, float]] = {}
        """Documents that failed: how often in a row, and until when they are left alone."""
        self._task: asyncio.Task[None] | None = None
        self._unwatch: Callable[[], None] = lambda: None
        self.problem: str | None = None
        """Why the last compaction failed, as far as that is no fault of its document; None while all is well."""

    @property
    def waiting(self) -> int:
        """Documents with new updates that were not looked at yet."""
        return len(self._dirty)

    def start(self) -> None:
        """Begin to watch commits; what an earlier process left due is compacted first."""
        self._log.on_commit(self._committed)
        # What failed for want of room need not wait any longer.
        self._unwatch = self._log.watch(lambda health: self._aside.clear() if health.ok else None)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop; a compaction under way is abandoned without harm."""
        self._unwatch()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._worker.close()

    def _committed(self, documents: Sequence[str]) -> None:
        for document in documents:
            self._dirty[document] = None

    async def _run(self) -> None:
        looked_at: list[str] | None = None
        while True:
            try:
                due = await asyncio.to_thread(self._due, looked_at)
            except Exception as error:  # noqa: BLE001 - told, and looked again
                self._committed(looked_at or ())
                if self.problem is None:
                    _logger.error("compaction cannot look at the log", error=repr(error))
                self._failed(error)
            else:
                # What failed stays due: its snapshot may have been stored, and only the archive lacks.
                due += [document for document in looked_at or () if document in self._aside and document not in due]
                if not due:
                    self.problem = None
                for document in due:
                    await self._attend(document)
                looked_at = []
            await asyncio.sleep(LOOK_SECONDS)
            if looked_at is not None:
                looked_at, self._dirty = list(self._dirty), {}

    async def _attend(self, document: str) -> None:
        """Compact a document that is due, unless it failed lately."""
        failures, until = self._aside.get(document, (0, 0.0))
        if time.monotonic() < until:
            self._dirty[document] = None
            return
        try:
            await self.compact(document)
        except LeaseLost as lost:
            # Another's, or that of a run that was killed: it ends by itself.
            self._dirty[document] = None
            _logger.info("compaction waits", document=document, reason=str(lost))
        except Exception as error:  # noqa: BLE001 - counted, logged, and tried again after a pause
            pause = min(ASIDE_FIRST * 2**failures, ASIDE_MOST)
            self._aside[document] = (min(failures + 1, 20), time.monotonic() + pause)
            self._dirty[document] = None
            _logger.error("compaction failed", document=document, error=repr(error), next_try_seconds=pause)
            self._failed(error)
        else:
            self._aside.pop(document, None)
            self.problem = None

    def _failed(self, error: Exception) -> None:
        self._log.stats.failed_compactions += 1
        if not isinstance(error, DamagedDocument | SnapshotMismatch):
            self.problem = reason_of(error) if isinstance(error, OSError | sqlite3.Error) else str(error)

    def _due(self, documents: Sequence[str] | None) -> list[str]:
        """Return which of `documents` (None: all that there are) have gathered enough."""
        if documents is not None and not documents:
            return []
        query = (
            "SELECT h.document, h.new_updates, h.new_bytes, coalesce(s.size, 0) FROM heads h "
            "LEFT JOIN snapshots s ON s.document=h.document AND s.seq=h.snapshot_seq "
        )
        with closing(connect_to_read(self._log.path)) as connection:
            if documents is None:
                least = (self._trigger.updates, self._trigger.bytes)
                rows = connection.execute(f"{query} WHERE h.new_updates>=? OR h.new_bytes>=?", least).fetchall()
            else:
                rows = [
                    row
                    for document in documents
                    for row in connection.execute(f"{query} WHERE h.document=?", (document,)).fetchall()
                ]
        return [document for document, *gathered in rows if self._trigger.due(*gathered)]

    async def compact(self, document: str) -> int:
        """Snapshot a document at its last update and archive what that covers; returns the sequence number.

        Raises `LeaseLost`, `DamagedDocument`, `SnapshotMismatch`, `ChildDied`, `sqlite3.Error` or `OSError`; nothing
        is lost then.
        """
        seq = await self._worker.run(compact, self._log.path, self._log.archive, self._holder, document)
        self._log.stats.compactions += 1
        return seq


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
        for seq, payload, author, origin, at, checksum in connection.execute(
            "SELECT seq, CAST(payload AS BLOB), CAST(author AS BLOB), CAST(connection AS BLOB), CAST(at AS INTEGER), "
            "checksum FROM updates WHERE document=? AND seq>? AND seq<=? ORDER BY seq",
            (self._document, after, upto),
        ):
            if crc32(payload) != checksum:
                _logger.error("update is damaged and stays where it is", document=self._document, seq=seq)
                if rows:
                    break
                continue
            rows.append(
                StoredUpdate(seq, payload, author.decode(errors="replace"), origin.decode(errors="replace"), at)
            )
            size += len(payload)
            if size > SEGMENT_BYTES or len(rows) == SEGMENT_ROWS:
                break
        return rows

    def _check(self, connection: sqlite3.Connection) -> None:
        """The fence: every write of the compactor carries the token that its lease was given."""
        row = connection.execute("SELECT token FROM leases WHERE name=?", (f"compact:{self._document}",)).fetchone()
        if row is None or row[0] != self._token:
            raise LeaseLost(f"the lease on {self._document} was taken over")
