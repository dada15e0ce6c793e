"""The number of each document's last update, held against the numbers that are stored.

A head that lies behind, as a part of an older database under a newer one leaves it, would have numbers given out a
second time: updates would be refused for good, or be lost behind a snapshot that covers their numbers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

from quire.log.file import transaction
from quire.log.snapshots import SnapshotStore

# Each step finds its place in an index: tables of gigabytes are not read.
_DOCUMENTS = """
    WITH RECURSIVE one(document) AS (
        SELECT min(document) FROM {table}
        UNION ALL
        SELECT (SELECT min(document) FROM {table} WHERE document > one.document) FROM one WHERE document IS NOT NULL)
    SELECT document FROM one WHERE document IS NOT NULL"""
_LAST = {
    "updates": "SELECT max(seq) FROM updates WHERE document=?",
    "segments": "SELECT (SELECT last_seq FROM segments WHERE document=? ORDER BY first_seq DESC LIMIT 1)",
}


class Behind(NamedTuple):
    """A document whose head lies behind what is stored of it."""

    document: str
    said: int
    stored: int


def behind(connection: sqlite3.Connection, snapshots: SnapshotStore) -> Iterator[Behind]:
    """Yield the documents whose last number, as their head says, is lower than one that is stored; 0: no head."""
    stored: dict[str, int] = {}
    for table, last in _LAST.items():
        for (document,) in connection.execute(_DOCUMENTS.format(table=table)).fetchall():
            (seq,) = connection.execute(last, (document,)).fetchone()
            # A number that is none makes the document a damaged one, as a head that is none does.
            if isinstance(seq, int):
                stored[document] = max(seq, stored.get(document, 0))
    for (document,) in connection.execute(_DOCUMENTS.format(table="snapshots")).fetchall():
        stored.setdefault(document, 0)
    for document, seq in stored.items():
        head = connection.execute("SELECT last_seq FROM heads WHERE document=?", (document,)).fetchone()
        said = 0 if head is None else head[0]
        if not isinstance(said, int):
            continue
        end = max(seq, _covered(connection, snapshots, document, max(seq, said)))
        if said < end:
            yield Behind(document, said, end)


def _covered(connection: sqlite3.Connection, snapshots: SnapshotStore, document: str, beyond: int) -> int:
    """Return the number of the newest sound snapshot if it lies beyond; a damaged one's number is damaged, too."""
    (newest,) = connection.execute("SELECT max(seq) FROM snapshots WHERE document=?", (document,)).fetchone()
    if newest is None or (isinstance(newest, int) and newest <= beyond):
        return 0
    for row in snapshots.newest_first(connection, document):
        if row.seq <= beyond:
            break
        if snapshots.open(row) is not None:
            return row.seq
    return 0


def mend(connection: sqlite3.Connection, snapshots: SnapshotStore) -> list[Behind]:
    """Set every head that lies behind to the last number stored; return what was mended. Nobody else may write."""
    found = list(behind(connection, snapshots))
    if found:
        with transaction(connection):
            connection.executemany(
                "INSERT INTO heads(document, last_seq) VALUES(?, ?) "
                "ON CONFLICT(document) DO UPDATE SET last_seq=excluded.last_seq",
                [(document, stored) for document, _, stored in found],
            )
    return found
