"""Yjs updates of one 10-character insert, made by hand so that the generator spends no time on a CRDT.

Source: Yjs `encoding.js` and `structs/Item.js` (update format v1).
"""

from __future__ import annotations

MARK = "ÿ".encode()
"""Starts every insert; no length or clock of these workloads contains these two bytes."""
CHARACTERS = 10
DIGITS = 9


def var_uint(value: int) -> bytes:
    """Encode a non-negative integer as lib0 does."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def var_bytes(content: bytes) -> bytes:
    """Encode bytes with their length in front."""
    return var_uint(len(content)) + content


def insert(client: int, number: int, label: int) -> bytes:
    """Return the update of `client`'s insert `number` (from 0) into the text `t`: the mark and nine digits `label`."""
    clock = number * CHARACTERS
    head = b"\x01\x01" + var_uint(client) + var_uint(clock)
    if number == 0:
        head += b"\x04\x01\x01t"
    else:
        head += b"\x84" + var_uint(client) + var_uint(clock - 1)
    return head + var_bytes(MARK + b"%09d" % label) + b"\x00"


def text_insert(client: int, clock: int, text: str) -> bytes:
    """Return an update that appends ASCII `text` at `clock` of `client`'s own run."""
    head = b"\x01\x01" + var_uint(client) + var_uint(clock)
    head += b"\x04\x01\x01t" if clock == 0 else b"\x84" + var_uint(client) + var_uint(clock - 1)
    return head + var_bytes(text.encode()) + b"\x00"
