"""Requests to worker processes and their answers, as bytes."""

from __future__ import annotations

import pickle
import struct
from dataclasses import replace

from quire.crdt.replica import Applied
from quire.crdt.updates import UpdateSummary, decode_state_vector, encode_state_vector

OPEN, APPLY, DIFF, CLOSE, INSPECT, STATE, ENCODE = range(7)
REQUEST = struct.Struct("<IBI")
"""Length of the body, operation, replica number."""
ANSWER = struct.Struct("<IBd")
"""Length of the body, status, processor seconds."""
OK, MALFORMED, CORRUPT = range(3)
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
