"""Requests to worker processes and their answers, as bytes."""

from __future__ import annotations

import enum
import pickle
import struct
from dataclasses import replace

from quire.crdt.replica import Applied
from quire.crdt.updates import UpdateSummary, decode_state_vector, encode_state_vector

REQUEST = struct.Struct("<IBI")
"""Length of the body, operation, replica number."""
ANSWER = struct.Struct("<IBd")
"""Length of the body, status, processor seconds."""


class Operation(enum.IntEnum):
    """What a worker is asked for."""

    OPEN = 0
    """Hold a replica. Body: the parts of the document; the answer is empty."""
    APPLY = 1
    """Body: an update. Answer: `encode_applied`."""
    DIFF = 2
    """Body: a state vector. Answer: the update that it lacks."""
    CLOSE = 3
    """Forget the replica. No body, and an empty answer."""
    INSPECT = 4
    """Read an update that comes in, of no replica. Answer: `encode_summary`."""
    STATE = 5
    """No body. Answer: `encode_applied`."""
    ENCODE = 6
    """No body. Answer: the parts of the document."""
    READ = 7
    """The same as `INSPECT` of what is stored."""


class Status(enum.IntEnum):
    """How a request ended."""

    OK = 0
    MALFORMED = 1
    """The update cannot be read. Body: why."""
    CORRUPT = 2
    """The replica cannot be used any more. Body: why."""
    TOO_SLOW = 3
    """The same, because of the update: it takes too long. Body: why."""


_APPLIED = struct.Struct("<??I?I")


def encode_applied(applied: Applied) -> bytes:
    """Encode what an update did, for the parent process."""
    given = applied.given or b""
    head = _APPLIED.pack(applied.changed, applied.waits, applied.waiting, applied.given is not None, len(given))
    return head + given + encode_state_vector(applied.clocks)


def decode_applied(encoded: bytes) -> Applied:
    """Decode what `encode_applied` made."""
    changed, waits, waiting, differs, size = _APPLIED.unpack_from(encoded)
    end = _APPLIED.size + size
    given = encoded[_APPLIED.size : end] if differs else None
    return Applied(changed, waiting, decode_state_vector(encoded[end:]), given, waits)


def encode_summary(summary: UpdateSummary) -> bytes:
    """Encode a summary for the parent process."""
    return pickle.dumps(replace(summary, runs=()))


def decode_summary(encoded: bytes) -> UpdateSummary:
    """Decode what `encode_summary` made in our own child process."""
    summary: UpdateSummary = pickle.loads(encoded)  # noqa: S301 - written by our own child, never by a client
    return summary
