"""The archive: updates that a snapshot covers, kept for good in compressed, checksummed segments.

A segment is one zstd frame over rows of (seq, at, author, connection, payload), each field length-prefixed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import structlog
import zstandard

from quire.blobs.contract import BlobStore
from quire.log.contract import StoredUpdate

_logger = structlog.get_logger("quire.log.archive")
_ROW = struct.Struct("<QqHHI")
_MAGIC = b"QSEG1"


@dataclass(frozen=True, slots=True)
class Segment:
    """A row of the `segments` table."""

    document: str
    first_seq: int
    last_seq: int
    blob: str
    checksum: bytes


class Archive:
    """Writes and reads segments in a blob store. Methods block: call them off the event loop."""

    def __init__(self, blobs: BlobStore) -> None:
        self.blobs = blobs

    def write(self, document: str, rows: Sequence[StoredUpdate]) -> Segment:
        """Store consecutive rows and read them back before saying so; raises `OSError` when they are not the same."""
        packed = pack(rows)
        checksum = blake2b(packed, digest_size=16).digest()
        first, last = rows[0].seq, rows[-1].seq
        key = f"archive/{document}/{first}-{last}-{checksum.hex()[:12]}.qseg"
        self.blobs.write(key, packed)
        segment = Segment(document, first, last, key, checksum)
        if self.open(segment) != list(rows):
            raise OSError(f"segment {key} does not read back as written")
        return segment

    def open(self, segment: Segment) -> list[StoredUpdate]:
        """Return the rows of a segment; a missing or damaged one gives none and is logged."""
        try:
            packed = self.blobs.read(segment.blob)
        except (KeyError, ValueError, OSError) as error:
            _logger.error("archive segment cannot be read", blob=segment.blob, error=str(error))
            return []
        if blake2b(packed, digest_size=16).digest() != segment.checksum:
            _logger.error("archive segment is damaged", blob=segment.blob)
            return []
        return unpack(packed)


def pack(rows: Sequence[StoredUpdate]) -> bytes:
    """Encode and compress rows."""
    out = bytearray(_MAGIC)
    for row in rows:
        author, connection = row.author.encode(), row.connection.encode()
        out += _ROW.pack(row.seq, row.at, len(author), len(connection), len(row.payload))
        out += author + connection + row.payload
    return zstandard.ZstdCompressor(level=6).compress(bytes(out))


def unpack(packed: bytes) -> list[StoredUpdate]:
    """Decode what `pack` made; raises `ValueError` for anything else."""
    data = zstandard.ZstdDecompressor().decompress(packed)
    if not data.startswith(_MAGIC):
        raise ValueError("not an archive segment")
    rows = []
    at = len(_MAGIC)
    while at < len(data):
        seq, time, author_size, connection_size, size = _ROW.unpack_from(data, at)
        at += _ROW.size
        author = data[at : at + author_size].decode()
        at += author_size
        connection = data[at : at + connection_size].decode()
        at += connection_size
        rows.append(StoredUpdate(seq, data[at : at + size], author, connection, time))
        at += size
    return rows
