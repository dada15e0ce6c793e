"""Reading the delete set at the end of an update. Source of the format: Yjs `DeleteSet.js`."""

from __future__ import annotations

from quire.crdt.cursor import Cursor, MalformedUpdate
from quire.crdt.summary import MAX_CLOCK


def furthest_deletions(cursor: Cursor) -> tuple[tuple[tuple[int, int], ...], int]:
    """Read a delete set within bounds; raises `MalformedUpdate`.

    Returns (client, end clock) of the furthest deletion of each client, and how many ranges there are.
    """
    clients = cursor.number()
    if clients == 0:
        return (), 0
    cursor.fits(clients * 2)
    furthest = []
    total = 0
    for _ in range(clients):
        client = cursor.number()
        count = cursor.number()
        cursor.fits(count * 2)
        total += count
        end = 0
        for _ in range(count):
            clock = cursor.number()
            length = cursor.number()
            if length == 0 or clock + length > MAX_CLOCK:
                raise MalformedUpdate("a deletion is out of range")
            end = max(end, clock + length)
        if end:
            furthest.append((client, end))
    return tuple(furthest), total


def deletions(update: bytes, at: int) -> list[tuple[int, int, int]]:
    """Return (client, start, end) of each deletion in the delete set at byte `at` of an update that was inspected."""
    found: list[tuple[int, int, int]] = []
    cursor = Cursor(update, at)
    for _ in range(cursor.number()):
        client = cursor.number()
        for _ in range(cursor.number()):
            start = cursor.number()
            found.append((client, start, start + cursor.number()))
    return found
