"""Connections that read the log's file, each used by one thread at a time."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from quire.concurrency.threads import started
from quire.log.file import connect_to_read
from quire.storage.failure import StorageUnavailable, reason_of

READ_WAIT: Final = 20.0
"""Seconds that a read waits for its turn."""
_Result = TypeVar("_Result")


class Readers:
    """A few connections, each with a thread: no write that hangs holds up whoever opens a document."""

    def __init__(self, path: Path, count: int) -> None:
        self._path, self._count = path, count
        self._free: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._turns = asyncio.Semaphore(count)
        self._threads: ThreadPoolExecutor | None = None

    def open(self) -> None:
        """Open all connections and start their threads; blocks, and raises `sqlite3.Error`."""
        self._threads = started(self._count, "quire-log-reader")
        for _ in range(self._count):
            reader = connect_to_read(self._path)
            # Now, and not with the first document: SQLite makes files for it, for which a full disk has no room.
            reader.execute("SELECT 1 FROM heads LIMIT 1").fetchone()
            self._free.put(reader)

    def close(self) -> None:
        """Close all connections that nobody uses."""
        if self._threads is not None:
            self._threads.shutdown(wait=False)
            self._threads = None
        while not self._free.empty():
            self._free.get().close()

    async def read(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Call `work` with a connection, in a thread; raises `StorageUnavailable` and what it raises."""
        if self._threads is None:
            raise StorageUnavailable("the log is closed")
        try:
            await asyncio.wait_for(self._turns.acquire(), READ_WAIT)
        except TimeoutError:
            raise StorageUnavailable("too many documents are being read") from None
        reading = asyncio.get_running_loop().run_in_executor(self._threads, self._use, work)
        # By its end and not by that of the one who asked: a thread goes on when nobody waits for it any more.
        reading.add_done_callback(lambda _: self._turns.release())
        return await asyncio.shield(reading)

    def _use(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        reader = self._free.get_nowait()
        try:
            return work(reader)
        except (sqlite3.Error, OSError) as error:
            raise StorageUnavailable(reason_of(error)) from error
        finally:
            self._free.put(reader)
