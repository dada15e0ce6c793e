"""The update log in SQLite: one writer thread, group commit, `synchronous=FULL`.

All queued updates of all documents go into one transaction; while it commits, the next batch gathers, so the
commit rate follows the disk and nobody waits for a timer. Sequence numbers are taken inside the transaction.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import structlog

from quire.log.archive import Archive
from quire.log.contract import (
    Health,
    LogFull,
    Outcome,
    Refused,
    Stored,
    StoredUpdate,
    Update,
)
from quire.log.file import Connect, LogFile, connect, transaction
from quire.log.heads import mend
from quire.log.readers import Readers
from quire.log.schema import migrate
from quire.log.snapshots import SnapshotStore
from quire.log.stats import LogStats
from quire.log.turn import give_way
from quire.storage.damage import is_damage
from quire.storage.failure import StorageUnavailable, reason_of
from quire.storage.wal import DatabaseFiles

_logger = structlog.get_logger("quire.log")
RETRY_FIRST, RETRY_MOST = 0.05, 1.0
"""Seconds between attempts while storage fails."""
INSERT_UPDATES = "INSERT INTO updates(document, seq, author, connection, at, payload, checksum)"
MOST_ROWS = 512
"""Rows in one statement."""
_Row = tuple[str, int, str, str, int, bytes, int]


@dataclass(slots=True)
class _Batch:
    updates: Sequence[Update]
    done: Callable[[Sequence[Outcome]], None]
    size: int
    outcomes: list[Outcome | None]


_Entries = Sequence[tuple[_Batch, int]]
"""Updates of one document: their batches, and where in them."""


class SqliteLog:
    """`UpdateLog` on one SQLite file and a blob store for archive segments and large snapshots."""

    def __init__(
        self,
        path: Path,
        archive: Archive,
        *,
        queue_limit: int = 64 * 1024 * 1024,
        readers: int = 2,
        connect: Connect = connect,
    ) -> None:
        """Use the file at `path`; updates of at most `queue_limit` bytes wait for their commit."""
        self.path = path
        self.stats = LogStats()
        self.archive = archive
        self._file = LogFile(path, archive, self.stats)
        self._connect = connect
        self._limit = queue_limit
        self._queue: deque[_Batch] = deque()
        self._queued = 0
        self._wake = threading.Condition()
        self._closing, self._give_up_at = False, 0.0
        self._health = Health(True)
        self._listeners: list[Callable[[Health], None]] = []
        self._on_commit: Callable[[Sequence[str]], None] = lambda _: None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._readers = Readers(path, readers)
        self.files: DatabaseFiles
        """The file that was opened, and those beside it."""

    # ------------------------------------------------------------ contract

    @property
    def health(self) -> Health:
        return self._health

    @property
    def queued_bytes(self) -> int:
        return self._queued

    async def open(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._prepare)
        self._thread = threading.Thread(target=self._write_loop, name="quire-log-writer", daemon=True)
        self._thread.start()

    def _prepare(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect(self.path)) as connection:
            migrate(connection)
            _mend_heads(connection, self._file.snapshots)
        self._readers.open()
        self.files = DatabaseFiles(self.path)

    async def close(self, within: float = 8.0) -> None:
        thread = self._thread
        if thread is None:
            return
        with self._wake:
            self._closing, self._give_up_at = True, time.monotonic() + within
            self._wake.notify()
        # A commit that hangs is left behind: nobody hears of it.
        await asyncio.to_thread(thread.join, within)
        self._thread = None
        self._readers.close()
        if not thread.is_alive():
            self.files.close()
        if self._queue:
            raise StorageUnavailable(f"{sum(len(batch.updates) for batch in self._queue)} updates could not be saved")

    def submit(self, updates: Sequence[Update], done: Callable[[Sequence[Outcome]], None]) -> None:
        size = sum(len(update.payload) for update in updates)
        with self._wake:
            if self._queued and self._queued + size > self._limit:
                raise LogFull(f"{self._queued} bytes wait to be committed; the limit is {self._limit}")
            self._queued += size
            self._queue.append(_Batch(updates, done, size, [None] * len(updates)))
            self._wake.notify()

    async def load(self, document: str) -> Stored:
        return await self._readers.read(lambda connection: self._file.load(connection, document))

    async def read(self, document: str, after: int = 0, limit: int = 1000) -> Sequence[StoredUpdate]:
        return await self._readers.read(lambda connection: self._file.read(connection, document, after, limit))

    async def erase(self, document: str) -> None:
        def work() -> None:
            with closing(self._connect(self.path)) as connection:
                self._file.erase(connection, document)

        try:
            await asyncio.to_thread(work)
        except (sqlite3.Error, OSError) as error:
            raise StorageUnavailable(reason_of(error)) from error

    def watch(self, listener: Callable[[Health], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_commit(self, listener: Callable[[Sequence[str]], None]) -> None:
        """Call `listener` on the event loop with the documents of each commit (the compactor's trigger)."""
        self._on_commit = listener

    # ------------------------------------------------------------ writing

    def _write_loop(self) -> None:
        connection: sqlite3.Connection | None = None
        pause = RETRY_FIRST
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                batches = list(self._queue)
                if not batches:
                    break
            try:
                # Behind the back of this process somebody may have restored a backup: nothing goes to the old file.
                if self.files.replaced() is not None:
                    raise FileNotFoundError("the database file was deleted or replaced; restart Quire")
                # Before anything is opened: where the database is empty, SQLite takes the write-ahead log away.
                if not self.files.intact():
                    raise FileNotFoundError("the database file was cut short; restart Quire")
                if connection is None:
                    connection = self._connect(self.path)
                started = time.monotonic()
                self._commit(connection, batches)
                self.stats.last_commit_seconds = time.monotonic() - started
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is saved until it passes
                self.stats.failed_commits += 1
                _discard(connection)
                connection = None
                self._report(Health(False, reason_of(error)))
                with self._wake:
                    if self._closing and time.monotonic() > self._give_up_at:
                        break
                # What is submitted meanwhile does not cut this short: each attempt writes all that waits.
                time.sleep(pause)
                pause = min(pause * 2, RETRY_MOST)
                continue
            pause = RETRY_FIRST
            self._report(Health(True))
            with self._wake:
                self._queued -= sum(self._queue.popleft().size for _ in batches)
            self._call(lambda batches=batches: self._deliver(batches))  # type: ignore[misc]
            # The next may come late: until then nothing of these is kept.
            del batches
        _discard(connection)

    def _commit(self, connection: sqlite3.Connection, batches: Sequence[_Batch]) -> None:
        """Store all batches in one transaction, or what cannot be stored apart from the rest."""
        by_document: dict[str, list[tuple[_Batch, int]]] = {}
        for batch in batches:
            for index, update in enumerate(batch.updates):
                if batch.outcomes[index] is None:
                    by_document.setdefault(update.document, []).append((batch, index))
        try:
            self._transact(connection, by_document, isolate=False)
        except Exception as error:
            if not _of_one_document(error):
                raise
            self._isolate(connection, by_document)

    def _isolate(self, connection: sqlite3.Connection, by_document: Mapping[str, _Entries]) -> None:
        """Store each document by itself: one that is damaged keeps no other from being saved."""
        failed: dict[str, Exception] = {}
        for document, entries in by_document.items():
            try:
                self._transact(connection, {document: entries}, isolate=True)
            except Exception as error:
                if not _of_one_document(error):
                    raise
                failed[document] = error
        damaged = [error for error in failed.values() if isinstance(error, sqlite3.DatabaseError)]
        if len(damaged) == len(by_document):
            # Perhaps the whole file is: nothing is refused before something else can be stored.
            raise damaged[0]
        for document, reason in failed.items():
            for batch, index in by_document[document]:
                batch.outcomes[index] = Refused(reason_of(reason))
                self.stats.refused += 1

    def _transact(self, connection: sqlite3.Connection, by_document: Mapping[str, _Entries], *, isolate: bool) -> None:
        rows: list[_Row] = []
        heads: list[tuple[str, int, int, int]] = []
        outcomes: list[tuple[_Batch, int, Outcome]] = []
        give_way(self.path)
        with transaction(connection):
            last = _heads(connection, list(by_document))
            for document, entries in by_document.items():
                seq, count, stored = last.get(document, 0), 0, 0
                for batch, index in entries:
                    update = batch.updates[index]
                    row = _row(document, seq + 1, update)
                    if isolate:
                        refused = self._try_row(connection, row)
                        if refused is not None:
                            outcomes.append((batch, index, refused))
                            continue
                    rows.append(row)
                    seq += 1
                    outcomes.append((batch, index, seq))
                    count += 1
                    stored += len(update.payload)
                heads.append((document, seq, count, stored))
            if not isolate:
                _insert(connection, INSERT_UPDATES, rows)
            _insert(
                connection,
                "INSERT INTO heads(document, last_seq, new_updates, new_bytes)",
                heads,
                "ON CONFLICT(document) DO UPDATE SET last_seq=excluded.last_seq, "
                "new_updates=new_updates+excluded.new_updates, new_bytes=new_bytes+excluded.new_bytes",
            )
        for batch, index, outcome in outcomes:
            batch.outcomes[index] = outcome
        self.stats.commits += 1
        self.stats.rows += len(rows)
        self.stats.bytes += sum(stored for _, _, _, stored in heads)

    def _try_row(self, connection: sqlite3.Connection, row: _Row) -> Refused | None:
        connection.execute("SAVEPOINT one")
        try:
            _insert(connection, INSERT_UPDATES, [row])
        except (sqlite3.IntegrityError, sqlite3.DataError, OverflowError, UnicodeEncodeError) as error:
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            self.stats.refused += 1
            return Refused(str(error))
        connection.execute("RELEASE one")
        return None

    def _deliver(self, batches: Sequence[_Batch]) -> None:
        documents: dict[str, None] = {}
        for batch in batches:
            for update in batch.updates:
                documents[update.document] = None
            try:
                batch.done([outcome for outcome in batch.outcomes if outcome is not None])
            except Exception as error:
                _logger.exception("acknowledgement failed", error=str(error))
        self._on_commit(list(documents))

    def _report(self, health: Health) -> None:
        if health == self._health:
            return
        self._health = health
        self._call(lambda: [listener(health) for listener in list(self._listeners)])
        # Where the disk is full, perhaps nothing can be logged either.
        with suppress(Exception):
            if health.ok:
                _logger.info("storage works again")
            else:
                _logger.error("updates cannot be saved", reason=health.reason)

    def _call(self, work: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(work)


def _of_one_document(error: Exception) -> bool:
    """Whether an error may concern one document only: what was to be stored of it, or a part of the file."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | OverflowError | UnicodeEncodeError | TypeError):
        return True
    return is_damage(error)


def _mend_heads(connection: sqlite3.Connection, snapshots: SnapshotStore) -> None:
    """Make sure that no number is given out twice; a damaged part keeps nobody from the rest of the log."""
    try:
        mended = mend(connection, snapshots)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        _logger.error("the numbers of last updates cannot be checked", reason=reason_of(error))
        return
    if mended:
        _logger.warning(
            "documents were said to end before their last update; mended",
            count=len(mended),
            documents=[document for document, _, _ in mended[:10]],
        )


def _row(document: str, seq: int, update: Update) -> _Row:
    return (document, seq, update.author, update.connection, update.at, update.payload, crc32(update.payload))


def _heads(connection: sqlite3.Connection, documents: Sequence[str]) -> dict[str, int]:
    """Return the last number of each document that has one."""
    found: dict[str, int] = {}
    for size, at in _steps(len(documents)):
        marks = ",".join("?" * size)
        found.update(
            connection.execute(
                f"SELECT document, last_seq FROM heads WHERE document IN ({marks})",  # noqa: S608
                documents[at : at + size],
            )
        )
    return found


def _insert(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]], conflict: str = ""
) -> None:
    """Insert rows with few statements: the interpreter lock changes hands at each one."""
    for size, at in _steps(len(rows)):
        values = ",".join(["(" + ",".join("?" * len(rows[0])) + ")"] * size)
        connection.execute(f"{statement} VALUES{values} {conflict}", [x for row in rows[at : at + size] for x in row])


def _steps(count: int) -> Iterator[tuple[int, int]]:
    """Split `count` into (size, start) with sizes that are powers of two, so that few statements are compiled."""
    at = 0
    while at < count:
        size = min(MOST_ROWS, 1 << ((count - at).bit_length() - 1))
        yield size, at
        at += size


def _discard(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        try:
            connection.close()
        except sqlite3.Error as error:
            _logger.warning("closing the log failed", error=str(error))
