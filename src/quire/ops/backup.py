"""`quire backup`: a copy of the data folder while a server works on it."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import inf
from pathlib import Path

from quire.blobs.folder import FolderBlobs
from quire.log.file import connect_to_read
from quire.ops.doctor.stored import lost
from quire.ops.folder import BLOBS, CATALOGUE, KEY, LOG, CannotStart
from quire.storage.failure import NO_ROOM, READ_ONLY, reason_of
from quire.storage.files import sync_path

TRIES = 5


def back_up(data: Path, target: Path) -> None:
    """Copy the folder `data` to `target`, which must not exist yet; raises `CannotStart`.

    What was acknowledged before the call is in it. The target appears when it is whole, and not before.
    """
    data, target = data.absolute(), target.absolute()
    for place in (data, *(data / name for name in (LOG, CATALOGUE, KEY))):
        if not place.exists():
            raise CannotStart(f"{data} is no data folder of Quire: there is no {place}. Name one with --data.")
        if not os.access(place, os.R_OK | (os.X_OK if place is data else 0)):
            raise CannotStart(f"{place} cannot be read by this user. Run this as the server's user.")
    if target.exists():
        raise CannotStart(f"{target} exists already; a backup makes a new folder.")
    if data == target or data in target.parents:
        raise CannotStart(f"{target} is inside the data folder; choose a folder outside, best on another disk.")
    with _alone(data):
        _copy(data, target)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    """Keep every other backup of this folder out; raises `CannotStart`."""
    # A file that stays as it is; the folder itself is locked by turns at the log.
    handle = os.open(data / KEY, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CannotStart(f"Another backup of {data} is under way. Wait for its end.") from None
    finally:
        os.close(handle)


def _copy(data: Path, target: Path) -> None:
    # The same for every backup of this folder: what a kill left behind goes with the next one, whatever that is called.
    partial = target.parent / f".quire-{socket.gethostname()}-{data.stat().st_ino}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True, mode=0o700)
        # Most files before, so that little happens between the databases and the rest of the files.
        _copy_blobs(data / BLOBS, partial / BLOBS)
        _copy_the_rest(data, partial)
        shutil.copyfile(data / KEY, partial / KEY)
        for folder, _, files in os.walk(partial):
            for name in (*files, "."):
                sync_path(Path(folder) / name)
        os.rename(partial, target)
        sync_path(target.parent)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise CannotStart(
            f"The backup {target} was not made: {_cause(error)}. Nothing was changed in {data}. Make room or choose "
            "another place that this user can write; `quire doctor` says whether the data folder itself is well."
        ) from None
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _cause(error: OSError | sqlite3.Error) -> str:
    reason = reason_of(error)
    if isinstance(error, OSError) and error.filename and reason not in (*NO_ROOM, READ_ONLY):
        return f"{error.filename}: {error.strerror}"
    return f"{reason} ({error})"


def _copy_the_rest(data: Path, target: Path) -> None:
    """Copy the databases, and what there are of files by then.

    A document that is deleted for good meanwhile is listed without its text or its files, and a snapshot may be
    replaced before its file is copied; then all is copied again. What is lacking once more is lacking in the folder.
    """
    lacking = set[str]()
    for _ in range(TRIES):
        _copy_databases(data, target)
        _copy_blobs(data / BLOBS, target / BLOBS)
        before, (lacking, _) = lacking, lost(target / LOG, target / CATALOGUE, inf)
        if not lacking or lacking == before:
            return


def _copy_databases(data: Path, target: Path) -> None:
    """Copy the catalogue before the log: a document's text is stored before the catalogue lists it."""
    for name in (CATALOGUE, LOG):
        _copy_database(data / name, target / name)


def _copy_database(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(connect_to_read(source)) as reader, closing(sqlite3.connect(target)) as writer:
        # In one step, as the database is at one moment; the server writes on meanwhile.
        reader.backup(writer, pages=-1)


def _copy_blobs(source: Path, target: Path) -> None:
    """Copy what is not there yet. A file never changes; one that goes meanwhile is a snapshot that was replaced."""
    for key in FolderBlobs(source).keys(""):
        place = target / key
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(source / key, place)
            except FileNotFoundError:
                place.unlink(missing_ok=True)
