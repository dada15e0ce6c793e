"""Snapshots: the document at exactly one sequence number, checksummed, small in the table, large as a blob."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import zstandard

from quire.blobs.contract import BlobStore
from quire.crdt.updates import decode_parts, encode_parts
from quire.log.contract import Snapshot

INLINE_BYTES: Final = 256 * 1024
"""Compressed size up to which a snapshot stays in the table."""


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A row of the `snapshots` table."""

    document: str
    seq: int
    payload: bytes | None
    blob: str | None
    checksum: bytes
    state_vector: bytes
    waiting: bytes | None
    """Compressed updates that wait for missing ones; NULL in rows of an earlier release, which merged them in."""


class SnapshotStore:
    """Reads and writes snapshot rows. Methods block: call them off the event loop."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def newest_first(self, connection: sqlite3.Connection, document: str) -> Iterator[SnapshotRow]:
        """Yield the document's snapshots from the newest to the oldest."""
        # As bytes: one flipped bit makes text of a blob, text that is none, or nothing at all.
        for row in connection.execute(
            "SELECT document, coalesce(CAST(seq AS INTEGER), 0), CAST(payload AS BLOB), CAST(blob AS BLOB), "
            "CAST(checksum AS BLOB), coalesce(CAST(state_vector AS BLOB), x''), CAST(waiting AS BLOB) FROM snapshots "
            "WHERE document=? ORDER BY seq DESC",
            (document,),
        ).fetchall():
            document, seq, payload, blob, *rest = row
            yield SnapshotRow(document, seq, payload, blob and blob.decode(errors="replace"), *rest)

    def open(self, row: SnapshotRow) -> Snapshot | None:
        """Return the snapshot, or None when its bytes are missing or damaged."""
        try:
            packed = row.payload if row.payload is not None else self._blobs.read(row.blob or "")
            payload = zstandard.ZstdDecompressor().decompress(packed)
            waiting = zstandard.ZstdDecompressor().decompress(row.waiting) if row.waiting else b""
            sound = _checksum(payload, row.state_vector, row.seq, waiting) == row.checksum
        except (KeyError, ValueError, OSError, MemoryError, OverflowError, zstandard.ZstdError):
            # Damage to the size that a frame tells of asks for more memory than there is.
            return None
        if not sound:
            return None
        waits = None if row.waiting is None else tuple(decode_parts(waiting))
        return Snapshot(row.seq, payload, row.state_vector, waits)

    def prepare(self, document: str, snapshot: Snapshot) -> SnapshotRow:
        """Store a large payload as a blob; return the row."""
        packed = zstandard.ZstdCompressor(level=3).compress(snapshot.payload)
        waiting = encode_parts(snapshot.waiting or ())
        checksum = _checksum(snapshot.payload, snapshot.state_vector, snapshot.seq, waiting)
        waits = zstandard.ZstdCompressor(level=3).compress(waiting) if waiting else b""
        if len(packed) <= INLINE_BYTES:
            return SnapshotRow(document, snapshot.seq, packed, None, checksum, snapshot.state_vector, waits)
        key = f"snapshots/{document}/{snapshot.seq}-{checksum.hex()[:12]}.zst"
        self._blobs.write(key, packed)
        return SnapshotRow(document, snapshot.seq, None, key, checksum, snapshot.state_vector, waits)


def _checksum(payload: bytes, state_vector: bytes, seq: int, waiting: bytes) -> bytes:
    digest = blake2b(payload, digest_size=16)
    digest.update(state_vector)
    digest.update(seq.to_bytes(8, "little"))
    digest.update(waiting)
    return digest.digest()
