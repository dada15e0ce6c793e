"""When documents are compacted: in the background, one at a time, by need, in a child process.

No socket waits for it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import structlog

from quire.crdt.snapshot import SnapshotMismatch
from quire.log.compaction import LeaseLost, compact
from quire.log.contract import DamagedDocument
from quire.log.file import connect_to_read
from quire.log.sqlite import SqliteLog
from quire.storage.failure import NO_ROOM, READ_ONLY, reason_of

_logger = structlog.get_logger("quire.log.compactor")
LOOK_SECONDS: Final = 1.0
"""Between two looks at what was committed."""
DEADLINE: Final = 600
"""Seconds that one compaction may take."""
ASIDE_FIRST, ASIDE_MOST = 2.0, 6 * 3600.0
"""Seconds for which a document whose compaction failed is left alone, the first time and at most."""
NO_ROOM_MOST = 60.0
"""The same, at most, where the disk has no room or is read-only: when that ends nobody says so."""

_Result = TypeVar("_Result")


class Worker(Protocol):
    """A process that does heavy work, one piece at a time."""

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` there; raises what it raises, and an error of its own when the process dies."""
        ...

    def close(self) -> None:
        """Let the process go; work under way is abandoned."""
        ...


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
            pause = min(ASIDE_FIRST * 2**failures, NO_ROOM_MOST if _no_room(error) else ASIDE_MOST)
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
        # What is no number any more is counted anew by compaction.
        return [
            document
            for document, *gathered in rows
            if not all(isinstance(number, int) for number in gathered) or self._trigger.due(*gathered)
        ]

    async def compact(self, document: str) -> int:
        """Snapshot a document at its last update and archive what that covers; returns the sequence number.

        Raises `LeaseLost`, `DamagedDocument`, `SnapshotMismatch`, `ChildDied`, `sqlite3.Error` or `OSError`; nothing
        is lost then.
        """
        seq = await self._worker.run(compact, self._log.path, self._log.archive, self._holder, document)
        self._log.stats.compactions += 1
        return seq


def _no_room(error: Exception) -> bool:
    """Whether a compaction failed for want of a disk that can be written, which is no fault of its document."""
    return isinstance(error, OSError | sqlite3.Error) and reason_of(error) in (*NO_ROOM, READ_ONLY)
