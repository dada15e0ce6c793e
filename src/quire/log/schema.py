"""Tables of the embedded log and their migrations; `PRAGMA user_version` counts the steps taken."""

from __future__ import annotations

import sqlite3
from typing import Final

from quire.storage import check_tables

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
_AS_NEXT: Final = (
    "",
    "CREATE TEMP VIEW snapshots AS SELECT *, NULL AS waiting FROM main.snapshots;",
)
"""What each step would make of the file, for who only reads it: views before the tables."""
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
    """Show a connection that must not change the file all of an older schema as the newest one."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version:
        connection.executescript("".join(_AS_NEXT[version:]))


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
