"""Whether a database file and its write-ahead log are still there and hold what SQLite wrote, as its index of it tells.

SQLite writes on to files that have no name any more, and where somebody cut them short: the hole reads as zeros, and
what was in it is gone at the next start, with all that was called saved since.
"""

from __future__ import annotations

import os
import struct
from io import FileIO
from pathlib import Path
from typing import Final, NamedTuple

from quire.storage.files import inode_of

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


class DatabaseFiles:
    """The files of a database that is open in this process.

    They are held open for as long as it is: a process that closes any handle of a file gives up all its locks on that
    file, those of SQLite, too.
    """

    def __init__(self, database: Path) -> None:
        """Open them; raises `OSError`. There must be a connection that has read."""
        self._files = {Path(f"{database}{end}"): FileIO(f"{database}{end}") for end in ("", "-wal", "-shm")}
        self._pages, self._log, self._memory = self._files.values()

    def replaced(self) -> str | None:
        """Return the name of one that was deleted, moved or replaced since; None while all are there.

        Raises `OSError`.
        """
        for path, file in self._files.items():
            held = os.fstat(file.fileno())
            if inode_of(path) != (held.st_dev, held.st_ino):
                return path.name
        return None

    def intact(self) -> bool:
        """Whether nothing was cut off; raises `OSError`."""
        for _ in range(_LOOKS):
            index = _index(self._memory)
            if index is None:
                return False
            if not index.made:
                return True
            whole = _holds_frames(self._log, index) and _holds_pages(self._pages, index)
            if whole or index == _index(self._memory):
                return whole
        return True

    def close(self) -> None:
        """Close them; the database must be closed."""
        for file in self._files.values():
            file.close()


def _index(memory: FileIO) -> _Index | None:
    head = _read(memory, 0, _INDEX.size)
    return _Index(*_INDEX.unpack(head)) if len(head) == _INDEX.size else None


def _holds_frames(log: FileIO, index: _Index) -> bool:
    if not index.frames:
        return True
    least = _HEADER + index.frames * (_FRAME_HEADER + _size(index.page))
    return os.fstat(log.fileno()).st_size >= least and _read(log, _SALT_AT, len(index.salt)) == index.salt


def _holds_pages(pages: FileIO, index: _Index) -> bool:
    head = _read(pages, 0, _DATABASE.size)
    if len(head) < _DATABASE.size:
        return False
    magic, page, count = _DATABASE.unpack(head)
    if magic != _MAGIC:
        return False
    # In a checkpoint the first page is written before the last ones.
    return index.begun != index.checkpointed or os.fstat(pages.fileno()).st_size >= count * _size(page)


def _size(page: int) -> int:
    """Return the bytes of a page; 65536 does not fit into the field and is 1."""
    return 65536 if page == 1 else page


def _read(file: FileIO, at: int, size: int) -> bytes:
    return os.pread(file.fileno(), size, at)
