"""Files on a disk: which one it is, and that it outlives a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def inode_of(path: Path) -> tuple[int, int]:
    """Return device and inode of a file, zeros if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def sync_path(path: Path) -> None:
    """Make a file's content durable, or the renames in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
