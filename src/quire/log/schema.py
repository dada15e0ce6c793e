"""Tables of the embedded log and their migrations; `PRAGMA user_version` counts the steps taken."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Final

from quire.storage.failure import check_tables

MIGRATIONS: Final = (
    """
    CREATE TABLE updates(
        document TEXT NOT NULL, seq INTEGER NOT NULL, author TEXT NOT NULL, connection TEXT NOT NULL,
        at INTEGER NOT NULL, payload BLOB NOT NULL, checksum INTEGER NOT NULL,
        PRIMARY KEY(document, seq)) WITHOUT ROWID;
    CREATE TABLE heads(
        document TEXT PRIMARY KEY, last_seq INTEGER NOT NULL, snapshot_seq INTEGER NOT NULL DEFAULT 0,
        new_updates INTEGER NOT NULL DEFAULT 0, new_bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE TABLE snapshots(
        document TEXT NOT NULL, seq INTEGER NOT NULL, payload BLOB, blob TEXT, checksum BLOB NOT NULL,
        size INTEGER NOT NULL, state_vector BLOB NOT NULL, token INTEGER NOT NULL,
        PRIMARY KEY(document, seq)) WITHOUT ROWID;
    CREATE TABLE segments(
        document TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL, blob TEXT NOT NULL,
        checksum BLOB NOT NULL, PRIMARY KEY(document, first_seq)) WITHOUT ROWID;
    CREATE TABLE leases(
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
    """,
    """
    ALTER TABLE snapshots ADD COLUMN waiting BLOB;
    """,
)
TABLES: Final = frozenset({"updates", "heads", "snapshots", "segments", "leases"})
"""What is there after the last step."""


class NewerSchema(Exception):
    """The file was written by a newer release."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to the newest schema; raises `NewerSchema` when it is already beyond it, `WrongSchema`."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise NewerSchema(f"the log has schema {version}, this release knows {len(MIGRATIONS)}: run a newer release")
    check_tables(_tables(connection), (), new=version == 0)
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version={number}; COMMIT;")
    check_tables(_tables(connection), TABLES, new=False)


def read_as_newest(connection: sqlite3.Connection) -> None:
    """Show a connection that must not change the file the tables of an older schema with all columns of the newest."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as newest:
        migrate(newest)
        for table in sorted(_tables(connection) & TABLES):
            there = _columns(connection, table)
            added = [f"{default} AS {name}" for name, default in _columns(newest, table).items() if name not in there]
            if added:
                connection.execute(f"CREATE TEMP VIEW {table} AS SELECT *, {', '.join(added)} FROM main.{table}")  # noqa: S608


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return the columns of a table and their default values, as SQL."""
    return {
        name: default or "NULL"
        for name, default in connection.execute("SELECT name, dflt_value FROM pragma_table_info(?)", (table,))
    }


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
