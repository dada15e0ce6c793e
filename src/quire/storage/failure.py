"""Storage that fails: the error that everybody knows, and why it failed in an operator's words."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection

FULL = "the disk is full"
NO_FILES = "the disk can make no more files"
NO_ROOM = (FULL, NO_FILES)
READ_ONLY = "the disk is read-only"
FORBIDDEN = "the server's user has no right to its files"
DAMAGED = "the database file is damaged"


class StorageUnavailable(Exception):
    """Storage cannot be read or written now; try again later. The text says why, for people."""


class WrongSchema(Exception):
    """A database holds other tables than it says: in part damaged, or another file than its name tells."""


def check_tables(there: Collection[str], expected: Collection[str], *, new: bool) -> None:
    """Compare the tables of a database with those of its schema; `new` is one that says that it has none.

    Raises `WrongSchema`.
    """
    if new and there:
        raise WrongSchema(f"it holds tables of something else ({', '.join(sorted(there)[:3])})")
    missing = sorted(set(expected) - set(there))
    if missing and not new:
        raise WrongSchema(f"it has no table {', '.join(missing)}")


def reason_of(error: BaseException) -> str:
    """Say in an operator's words why storage failed."""
    code = getattr(error, "sqlite_errorname", "") or ""
    number = getattr(error, "errno", None)
    text = str(error)
    # The last is what a new connection gets when there is no room for the index of the write-ahead log.
    no_room = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
    if number in (errno.ENOSPC, errno.EDQUOT) or code in no_room or "full" in text:
        made = error.filename if isinstance(error, OSError) else None
        return NO_FILES if isinstance(made, str) and lacks_inodes(os.path.dirname(made)) else FULL
    if number == errno.EROFS or code.startswith("SQLITE_READONLY") or "readonly" in text or "Read-only" in text:
        return READ_ONLY
    if number in (errno.EACCES, errno.EPERM) or code.startswith("SQLITE_PERM"):
        return FORBIDDEN
    if code.startswith("SQLITE_BUSY") or "locked" in text:
        return "the database is locked by another program"
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return DAMAGED
    if code.startswith("SQLITE_CANTOPEN"):
        return "the database file cannot be opened"
    if isinstance(error, FileNotFoundError) and not error.errno:
        return text
    # Not the text: it names a folder of the server.
    told = error.strerror if isinstance(error, OSError) else text
    return f"the disk fails: {told or text}"


def lacks_inodes(folder: str | os.PathLike[str]) -> bool:
    """Whether no file can be made there, although there is room for what is in it."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return False
    return disk.f_files > 0 and disk.f_favail == 0 and disk.f_bavail > 0
