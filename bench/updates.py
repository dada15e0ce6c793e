"""Yjs updates of one 10-character insert, made by hand so that the generator spends no time on a CRDT.

Source: Yjs `encoding.js` and `structs/Item.js` (update format v1).
"""

from __future__ import annotations

from quire.sync.wire import var_bytes, var_uint

MARK = "ÿ".encode()
"""Starts every insert; no length or clock of these workloads contains these two bytes."""
CHARACTERS = 10
DIGITS = 9


def insert(client: int, number: int, label: int) -> bytes:
    """Return the update of `client`'s insert `number` (from 0) into the text `t`: the mark and nine digits `label`."""
    return _appended(client, number * CHARACTERS, MARK + b"%09d" % label)


def text_insert(client: int, clock: int, text: str) -> bytes:
    """Return an update that appends ASCII `text` at `clock` of `client`'s own run."""
    return _appended(client, clock, text.encode())


def _appended(client: int, clock: int, content: bytes) -> bytes:
    number = var_uint(client)
    place = b"\x84" + number + var_uint(clock - 1) if clock else b"\x04\x01\x01t"
    return b"\x01\x01" + number + var_uint(clock) + place + var_bytes(content) + b"\x00"
