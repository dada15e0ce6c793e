"""Embedded storage: one folder on a local disk, used by one serving process at a time."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from quire.log.file import connect_to_read, holds_text
from quire.log.schema import NewerSchema
from quire.storage.failure import NO_FILES, WrongSchema, lacks_inodes, reason_of
from quire.storage.files import inode_of, sync_path
from quire.storage.wal import DatabaseFiles

_log = structlog.get_logger("quire.ops.folder")
LEAST_FREE = 64 * 1024
"""Bytes without which SQLite cannot open a database; it calls that an I/O error."""
LATER = "restore it from a backup before the next start, or the links that the app shows open nothing from then on"
CATALOGUE, LOG, BLOBS, KEY = "catalogue.db", "log.db", "blobs", "secret.key"


class CannotStart(Exception):
    """Something that an operator must mend; the text says what and how."""


class CannotGoOn(Exception):
    """The server had to stop; the text says why and what to do."""


class DataFolderBusy(CannotStart):
    """Another process serves this data folder."""


class DataFolder:
    """The embedded storage: one folder, used by one serving process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._usable():
            path.mkdir(parents=True, exist_ok=True)
        self._lock: int | None = None
        self._locked = (0, 0)
        """Device and inode of the lock."""
        self._key = b""
        self._databases: dict[str, DatabaseFiles] = {}
        self._held: sqlite3.Connection | None = None

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.path.resolve()} cannot be used ({error.strerror}). It must be a folder on a "
                "local disk that this user can write: mend it or its owner, run this as the server's user, or choose "
                "another with --data or QUIRE_DATA."
            ) from None

    @contextmanager
    def opening(self, name: str) -> Iterator[None]:
        """Say of an error on opening one of the folder's databases what an operator can do; raises `CannotStart`."""
        path = (self.path / name).resolve()
        try:
            yield
        except (NewerSchema, CommandError) as error:
            raise CannotStart(f"{path} was written by a newer release of Quire ({error}). Run that one.") from None
        except WrongSchema as error:
            raise CannotStart(
                f"{path} is not the database that its name tells: {error}. Nothing was changed in it. Restore "
                f"{CATALOGUE}, {LOG} and {BLOBS}/ from one backup."
            ) from None
        except (sqlite3.Error, DBAPIError) as error:
            cause = error.orig if isinstance(error, DBAPIError) and isinstance(error.orig, Exception) else error
            if path.exists() and not all(os.access(place, os.R_OK | os.W_OK) for place in (path, path.parent)):
                raise CannotStart(
                    f"{path} cannot be written by this user ({cause}). Run this as the server's user, or mend the "
                    "owner of the folder and its files."
                ) from None
            if path.parent.is_dir() and shutil.disk_usage(path.parent).free < LEAST_FREE:
                raise CannotStart(
                    f"{path} cannot be opened: the disk is full ({cause}). Make room, then start again."
                ) from None
            if lacks_inodes(path.parent):
                raise CannotStart(
                    f"{path} cannot be opened: {NO_FILES} ({cause}). Remove many small ones, then start again."
                ) from None
            raise CannotStart(
                f"{path} cannot be opened: {reason_of(cause)} ({cause}). Nothing was changed in it. Check the disk and "
                "the file's owner; if the file is damaged, move it away together with the files beside it that end in "
                "-wal and -shm, and restore it from a backup."
            ) from None

    def lock(self) -> None:
        """Take the folder for this process; raises `CannotStart`, `DataFolderBusy`."""
        with self._usable():
            handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise DataFolderBusy(
                f"{self.path.resolve()} is served by another process. Stop it, or choose another folder with --data or "
                "QUIRE_DATA."
            ) from None
        self._lock = handle

    def expect_catalogue(self) -> None:
        """Refuse to begin anew beside text; raises `CannotStart`."""
        catalogue = self.path / CATALOGUE
        if (not catalogue.exists() or catalogue.stat().st_size == 0) and holds_text(self.path / LOG):
            raise CannotStart(
                f"{catalogue.resolve()} is missing or empty, but {LOG} beside it holds documents. Move the "
                "folder away and restore the whole of it from one backup; to begin anew, use another folder."
            )

    def expect_text(self) -> None:
        """Refuse to serve documents whose log is gone; raises `CannotStart`."""
        if not holds_text(self.path / LOG):
            raise CannotStart(
                f"{(self.path / LOG).resolve()} is missing or empty, but {CATALOGUE} beside it lists documents. "
                "Move the folder away and restore the whole of it from one backup; to begin anew, use another folder."
            )

    def opened(self, log: DatabaseFiles) -> None:
        """Remember which files are in use, those of the log among them."""
        # The write-ahead log of a database goes with its last connection. The log's has some all the time.
        self._held = connect_to_read(self.path / CATALOGUE)
        self._held.execute("SELECT 1 FROM sqlite_master").fetchone()
        self._locked = inode_of(self.path / "lock")
        self._databases = {CATALOGUE: DatabaseFiles(self.path / CATALOGUE), LOG: log}

    def replaced(self) -> str | None:
        """Return the name of a file in use that was deleted, moved or replaced since; None while all are there."""
        # Where none can be looked at, writing fails too, and tells why.
        with suppress(OSError):
            if inode_of(self.path / "lock") != self._locked:
                return "lock"
            return next(filter(None, (files.replaced() for files in self._databases.values())), None)
        return None

    def cut_short(self) -> str | None:
        """Return the name of a database of which something was cut off since it was opened; None while all is there."""
        with suppress(OSError):
            for name, files in self._databases.items():
                if not files.intact():
                    return name
        return None

    def key_problem(self) -> str | None:
        """Say what is wrong with the file of the secret key, which is read at the start only; None: nothing."""
        with suppress(OSError):
            path = self.path / KEY
            if not path.exists():
                return f"{KEY} in the data folder is gone; {LATER}"
            if path.read_bytes() != self._key:
                return f"{KEY} in the data folder is another one than at the start; {LATER}"
        return None

    def unlock(self) -> None:
        """Give the folder back."""
        if self._held is not None:
            self._held.close()
            self._held = None
        if (catalogue := self._databases.pop(CATALOGUE, None)) is not None:
            catalogue.close()
        self._databases.clear()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def key(self) -> bytes:
        """Return the server's secret key, made at the first start; raises `CannotStart`."""
        path = self.path / KEY
        with self._usable():
            if not path.exists():
                if (self.path / CATALOGUE).exists():
                    _log.warning(
                        "the secret key is gone and is made anew: links that the app shows open nothing",
                        file=str(path.resolve()),
                        advice="stop, and restore it from a backup",
                    )
                self._make_key(path)
            key = path.read_bytes()
        if len(key) < 32:
            raise CannotStart(f"{path.resolve()} is damaged: it has {len(key)} bytes. Restore it from a backup.")
        self._key = key
        return key

    def _make_key(self, path: Path) -> None:
        """Make the key whole or not at all; where two processes start for the first time, the first one's counts."""
        handle, name = tempfile.mkstemp(dir=self.path, prefix=".key-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(name, path)
        finally:
            os.unlink(name)
        sync_path(self.path)
