"""Holding the log's write lock, as a disk that does not answer would."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def write_locked(log: Path) -> Iterator[sqlite3.Connection]:
    """Keep everybody else from committing to the log file."""
    with closing(sqlite3.connect(log, isolation_level=None, timeout=20)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield holder
        holder.execute("ROLLBACK")
