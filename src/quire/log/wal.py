"""Whether a database file and its write-ahead log still hold what SQLite wrote, as its index of that log tells.

SQLite writes on where somebody cut its files short: the hole reads as zeros, and what was in it is gone at the next
start, with all that was called saved since.
"""

from __future__ import annotations

import errno
import struct
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

_INDEX: Final = struct.Struct("=12xBxHI12x8s56xI28xI")
"""Of the index: whether it is made, page size, last frame, salt; frames checkpointed, and those begun to be."""
_DATABASE: Final = struct.Struct(">16sH10xI")
"""Of a database's first page: magic, page size, pages."""
_MAGIC: Final = b"SQLite format 3\0"
_HEADER, _FRAME_HEADER, _SALT_AT = 32, 24, 16
_LOOKS: Final = 5
"""Looks until the index is the same before and after one; a busy database is looked at again later."""


class _Index(NamedTuple):
    made: int
    page: int
    frames: int
    salt: bytes
    checkpointed: int
    begun: int


def intact(database: Path) -> bool:
    """Whether nothing was cut off; the database must be open in this process. Raises `OSError`.

    Where no file can be opened for want of descriptors, nothing speaks against it.
    """
    try:
        return _intact(database)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            return True
        raise


def _intact(database: Path) -> bool:
    with (
        open(database, "rb", buffering=0) as pages,
        open(f"{database}-wal", "rb", buffering=0) as log,
        open(f"{database}-shm", "rb", buffering=0) as memory,
    ):
        for _ in range(_LOOKS):
            index = _index(memory)
            if index is None:
                return True
            whole = _holds_frames(log, index) and _holds_pages(pages, index)
            if whole or index == _index(memory):
                return whole
    return True


def _index(memory: FileIO) -> _Index | None:
    head = _read(memory, 0, _INDEX.size)
    if len(head) < _INDEX.size:
        return None
    index = _Index(*_INDEX.unpack(head))
    return index if index.made else None


def _holds_frames(log: FileIO, index: _Index) -> bool:
    if not index.frames:
        return True
    least = _HEADER + index.frames * (_FRAME_HEADER + _size(index.page))
    return log.seek(0, 2) >= least and _read(log, _SALT_AT, len(index.salt)) == index.salt


def _holds_pages(pages: FileIO, index: _Index) -> bool:
    head = _read(pages, 0, _DATABASE.size)
    if len(head) < _DATABASE.size:
        return False
    magic, page, count = _DATABASE.unpack(head)
    if magic != _MAGIC:
        return False
    # In a checkpoint the first page is written before the last ones.
    return index.begun != index.checkpointed or pages.seek(0, 2) >= count * _size(page)


def _size(page: int) -> int:
    """Return the bytes of a page; 65536 does not fit into the field and is 1."""
    return 65536 if page == 1 else page


def _read(file: FileIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
