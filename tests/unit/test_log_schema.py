"""Logs of older releases, as they are read before the first start of the new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from quire.log.schema import MIGRATIONS, TABLES, migrate, read_as_newest

Rows = dict[str, list[dict[str, object]]]


def made_by(version: int) -> sqlite3.Connection:
    """Return a log with the schema of an older release and a row in every table."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(";".join(MIGRATIONS[:version]) + f"; PRAGMA user_version={version}")
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
        columns = connection.execute(f"SELECT * FROM {table}").description
        connection.execute(f"INSERT INTO {table} VALUES({','.join('?' * len(columns))})", range(1, len(columns) + 1))
    return connection


def rows(version: int, become_newest: Callable[[sqlite3.Connection], None]) -> Rows:
    with closing(made_by(version)) as connection:
        become_newest(connection)
        connection.row_factory = sqlite3.Row
        return {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in sorted(TABLES)}


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_a_log_that_must_not_change_shows_what_its_migration_would_make_of_it(version: int) -> None:
    assert rows(version, read_as_newest) == rows(version, migrate)
