"""Checking an encoded state vector without reading it number by number: a hostile one has millions."""

from __future__ import annotations

import re

from quire.crdt.cursor import MalformedUpdate
from quire.crdt.parser import MAX_CLIENTS

_CONTINUED = bytes(range(0x80, 0x100))
_TOO_LONG = re.compile(rb"[\x80-\xff]{8}")


def count_clients(encoded: bytes) -> int:
    """Return how many clients an encoded state vector names; raises `MalformedUpdate` when it is none."""
    clients = shift = 0
    for byte in encoded[:8]:
        clients |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    # Each number ends with the one byte in it that is below 0x80.
    numbers = len(encoded.translate(None, _CONTINUED))
    ended = bool(encoded) and encoded[-1] < 0x80
    if not ended or clients > MAX_CLIENTS or numbers != 1 + 2 * clients:
        raise MalformedUpdate("not a state vector")
    if _TOO_LONG.search(encoded):
        raise MalformedUpdate("a number is larger than 2^53 - 1")
    return clients
