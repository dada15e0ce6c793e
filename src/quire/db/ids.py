"""Ids and times made by the application."""

from __future__ import annotations

import os
import time
import uuid
from hashlib import sha256
from typing import Final

SECOND: Final = 1_000_000
"""In the unit of `now` and of all stored times, microseconds."""


def new_id() -> str:
    """Return a UUIDv7 (RFC 9562): sortable by time of creation, 74 random bits."""
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def new_document_id(owner: str) -> str:
    """Return an id for a document that this account makes."""
    document = new_id()
    return document[:24] + _tail(owner, document)


def is_of(owner: str, document: str) -> bool:
    """Return whether the id is one that this account chose.

    Its last twelve digits follow from the others and from the account, so that nobody else can have the document, also
    when the catalogue knows nothing of it any more. `madeOffline.ts` makes the same ids.
    """
    return document[24:] == _tail(owner, document)


def _tail(owner: str, document: str) -> str:
    return sha256(f"{owner}/{document[:24]}".encode()).hexdigest()[:12]


def now() -> int:
    """Return the server's time, microseconds since the epoch, UTC."""
    return time.time_ns() // 1000
