"""Compaction: snapshots by need, and covered updates moved to the archive.

Per document, when enough has gathered since its last snapshot; one at a time; the CRDT work in a child process.
Under a lease with a fencing token, a snapshot is built at exactly sequence R, verified by loading it again, and
stored only if it is newer than what is there; only then do updates up to R leave the hot table.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

import structlog

from quire.crdt.snapshot import build_snapshot
from quire.log.contract import DamagedDocument, Snapshot, StoredUpdate
from quire.ops.children import settle_in

if TYPE_CHECKING:
    from quire.log.sqlite import SqliteLog

_logger = structlog.get_logger("quire.log.compaction")
LEASE_SECONDS = 120.0
SEGMENT_ROWS = 5000
SEGMENT_BYTES = 8 * 1024 * 1024
KEPT_SNAPSHOTS = 2
LOOK_SECONDS = 1.0


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
    """Watches the log's commits and compacts documents in the background."""

    def __init__(
        self,
        log: SqliteLog,
        *,
        trigger: Trigger | None = None,
        executor: Executor | None = None,
        build: Callable[[Sequence[bytes]], tuple[bytes, bytes]] = build_snapshot,
    ) -> None:
        self._log, self._trigger, self._build = log, trigger or Trigger(), build
        self._executor = executor
        self._holder = uuid.uuid4().hex
        self._dirty: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Documents with new updates that were not looked at yet."""
        return len(self._dirty)

    def start(self) -> None:
        """Begin to watch commits."""
        self._log.on_commit(self._committed)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop; a compaction under way is abandoned without harm."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _committed(self, documents: Sequence[str]) -> None:
        for document in documents:
            self._dirty[document] = None

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            dirty, self._dirty = list(self._dirty), {}
            if not dirty:
                continue
            try:
                due = await asyncio.to_thread(self._due, dirty)
            except sqlite3.Error as error:
                _logger.warning("compaction cannot look at the log", error=str(error))
                continue
            for document in due:
                try:
                    await self.compact(document)
                except LeaseLost as lost:
                    # Another's, or that of a run that was killed: it ends by itself.
                    self._dirty[document] = None
                    _logger.info("compaction waits", document=document, reason=str(lost))
                except Exception as error:  # noqa: BLE001 - counted, logged, and tried again at the next commit
                    self._log.stats.failed_compactions += 1
                    _logger.error("compaction failed", document=document, error=repr(error))

    def _due(self, documents: Sequence[str]) -> list[str]:
        with closing(self._log.reader()) as connection:
            due = []
            for document in documents:
                row = connection.execute(
                    "SELECT h.new_updates, h.new_bytes, coalesce(s.size, 0) FROM heads h "
                    "LEFT JOIN snapshots s ON s.document=h.document AND s.seq=h.snapshot_seq WHERE h.document=?",
                    (document,),
                ).fetchone()
                if row and self._trigger.due(*row):
                    due.append(document)
            return due

    async def compact(self, document: str) -> int:
        """Snapshot a document at its last update and archive what that covers; returns the sequence number.

        Raises `LeaseLost`, `DamagedDocument`, `SnapshotMismatch`, `sqlite3.Error` or `OSError`; nothing is lost then.
        """
        token = await asyncio.to_thread(self._take_lease, document)
        try:
            return await self._compact(document, token)
        except LeaseLost:
            if (await self._log.load(document)).last_seq == 0:
                # Erased meanwhile: what was written for it since must not stay behind.
                await self._log.erase(document)
            raise
        finally:
            await asyncio.to_thread(self._release_lease, document, token)

    async def _compact(self, document: str, token: int) -> int:
        stored = await self._log.load(document)
        payloads = [row.payload for row in stored.tail]
        if stored.snapshot is not None:
            payloads.insert(0, stored.snapshot.payload)
        if stored.last_seq and (stored.snapshot is None or stored.snapshot.seq < stored.last_seq):
            loop = asyncio.get_running_loop()
            payload, state_vector = await loop.run_in_executor(self._pool(), self._build, payloads)
            snapshot = Snapshot(stored.last_seq, payload, state_vector)
            for key in await asyncio.to_thread(self._store, document, token, snapshot):
                await self._log.archive.blobs.delete(key)
        await asyncio.to_thread(self._archive, document, token, stored.last_seq)
        self._log.stats.compactions += 1
        return stored.last_seq

    def _pool(self) -> Executor:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                1, mp_context=multiprocessing.get_context("spawn"), initializer=settle_in
            )
        return self._executor

    # ------------------------------------------------------------ steps, off the event loop

    def _take_lease(self, document: str) -> int:
        now = time.time()
        with self._log.write_lock, closing(self._log.reader()) as connection:
            row = connection.execute(
                "INSERT INTO leases(name, holder, token, expires_at) VALUES(?1, ?2, 1, ?3) "
                "ON CONFLICT(name) DO UPDATE SET holder=?2, token=token+1, expires_at=?3 "
                # Further ahead than any lease goes: the clock was set back since, and nobody holds it.
                "WHERE expires_at < ?4 OR expires_at > ?3 OR holder=?2 RETURNING token",
                (f"compact:{document}", self._holder, now + LEASE_SECONDS, now),
            ).fetchone()
        if row is None:
            raise LeaseLost(f"{document} is being compacted by another")
        return int(row[0])

    def _release_lease(self, document: str, token: int) -> None:
        """End the lease at once; the row stays, so that no token is given twice."""
        with suppress(sqlite3.Error), self._log.write_lock, closing(self._log.reader()) as connection:
            connection.execute(
                "UPDATE leases SET expires_at=0 WHERE name=? AND token=?", (f"compact:{document}", token)
            )

    def _store(self, document: str, token: int, snapshot: Snapshot) -> list[str]:
        """Store a snapshot; returns the blobs of older ones that nothing names any more."""
        payload, blob, checksum = self._log.snapshots.prepare(document, snapshot)
        with self._log.write_lock, closing(self._log.reader()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._check(connection, document, token)
            newest = connection.execute("SELECT max(seq) FROM snapshots WHERE document=?", (document,)).fetchone()[0]
            if newest is not None and newest >= snapshot.seq:
                connection.execute("ROLLBACK")
                raise LeaseLost(f"a snapshot at {newest} is already there, not storing one at {snapshot.seq}")
            connection.execute(
                "INSERT INTO snapshots(document, seq, payload, blob, checksum, size, state_vector, token) "
                "VALUES(?,?,?,?,?,?,?,?)",
                (document, snapshot.seq, payload, blob, checksum, len(snapshot.payload), snapshot.state_vector, token),
            )
            connection.execute(
                "UPDATE heads SET snapshot_seq=?2, (new_updates, new_bytes)=("
                "SELECT count(*), coalesce(sum(length(payload)), 0) FROM updates WHERE document=?1 AND seq>?2) "
                "WHERE document=?1",
                (document, snapshot.seq),
            )
            dropped = connection.execute(
                "DELETE FROM snapshots WHERE document=?1 AND seq NOT IN "
                "(SELECT seq FROM snapshots WHERE document=?1 ORDER BY seq DESC LIMIT ?2) RETURNING blob",
                (document, KEPT_SNAPSHOTS),
            ).fetchall()
            connection.execute("COMMIT")
        return [key for (key,) in dropped if key is not None]

    def _archive(self, document: str, token: int, upto: int) -> None:
        while True:
            with closing(self._log.reader()) as connection:
                rows = self._batch(connection, document, upto)
            if not rows:
                return
            segment = self._log.archive.write(document, rows)
            with self._log.write_lock, closing(self._log.reader()) as connection:
                connection.execute("BEGIN IMMEDIATE")
                self._check(connection, document, token)
                connection.execute(
                    "INSERT INTO segments(document, first_seq, last_seq, blob, checksum) VALUES(?,?,?,?,?)",
                    (document, segment.first_seq, segment.last_seq, segment.blob, segment.checksum),
                )
                connection.execute(
                    "DELETE FROM updates WHERE document=? AND seq BETWEEN ? AND ?",
                    (document, segment.first_seq, segment.last_seq),
                )
                connection.execute("COMMIT")

    @staticmethod
    def _batch(connection: sqlite3.Connection, document: str, upto: int) -> list[StoredUpdate]:
        rows: list[StoredUpdate] = []
        size = 0
        for seq, payload, author, origin, at, checksum in connection.execute(
            "SELECT seq, payload, author, connection, at, checksum FROM updates "
            "WHERE document=? AND seq<=? ORDER BY seq LIMIT ?",
            (document, upto, SEGMENT_ROWS),
        ):
            if crc32(payload) != checksum:
                raise DamagedDocument(f"update {seq} is damaged and stays where it is")
            rows.append(StoredUpdate(seq, payload, author, origin, at))
            size += len(payload)
            if size > SEGMENT_BYTES:
                break
        return rows

    def _check(self, connection: sqlite3.Connection, document: str, token: int) -> None:
        """The fence: every write of the compactor carries the token that its lease was given."""
        row = connection.execute("SELECT token FROM leases WHERE name=?", (f"compact:{document}",)).fetchone()
        if row is None or row[0] != token:
            connection.execute("ROLLBACK")
            raise LeaseLost(f"the lease on {document} was taken over")
