"""`quire doctor`: checks of this machine and the data folder, each with how to mend it. None changes anything."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from quire import BROWSER_APP
from quire.ops import descriptors
from quire.ops.doctor import stored, unused
from quire.ops.doctor.stored import CHECK_SECONDS, OWNER, Finding, served
from quire.ops.listening import advice, listen
from quire.settings import Settings, unknown_variables

LEAST_SQLITE = (3, 35, 0)
LEAST_ROOM = 1024**3
LEAST_INODES = 10_000
"""An archived document has a few files, a picture one."""
YEAR_2026, YEAR_2076 = 1_767_225_600, 3_345_062_400
HOUR = 3600
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.s3fs"})
"""File systems on which the locks of SQLite and of the folder hold nothing."""


def examine(settings: Settings, *, seconds: float = CHECK_SECONDS) -> list[Finding]:
    """Run every check; none of the stored data takes longer than `seconds`."""
    checks: dict[str, Callable[[Settings], Iterator[Finding]]] = {
        "data folder": _folder,
        "storage": partial(_storage, seconds=seconds),
        "SQLite": _sqlite,
        "descriptors": _descriptors,
        "port": _port,
        "browser app": _app,
        "clock": _clock,
        "settings": _variables,
    }
    return [finding for name, check in checks.items() for finding in _contained(name, check, settings)]


def _contained(part: str, check: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    """A check that cannot be made is a finding, too."""
    try:
        yield from check(settings)
    except PermissionError as error:
        text = f"{error.filename} cannot be read by this user: {OWNER}"
        yield Finding(part, False, text)
    except (OSError, sqlite3.Error) as error:
        yield Finding(part, False, f"cannot be checked: {error}")
    except Exception as error:  # noqa: BLE001 - damage that nobody foresaw must not hide what else is wrong
        yield Finding(part, False, f"cannot be checked: {error!r}")


def _variables(_: Settings) -> Iterator[Finding]:
    unknown = list(unknown_variables(os.environ))
    for variable in unknown:
        yield Finding("settings", variable.near is None, str(variable))
    if not unknown:
        yield Finding("settings", True, "every QUIRE_ variable is one")


def _unwritable(folder: Path) -> str | None:
    """Say why no file can be made; None: it can. What the kernel made read-only after an error says so only then."""
    try:
        # Without a name: nothing is left of it, and a server that looks at its folder sees nothing.
        os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except AttributeError:
        return None
    except OSError as error:
        return None if error.errno in (errno.EOPNOTSUPP, errno.EISDIR) else error.strerror
    return None


def _folder(settings: Settings) -> Iterator[Finding]:
    folder, part = settings.data.absolute(), "data folder"
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    if not parent.is_dir():
        yield Finding(part, False, f"{parent} is no folder: choose another with --data or QUIRE_DATA")
        return
    if os.statvfs(parent).f_flag & os.ST_RDONLY:
        yield Finding(part, False, f"{folder} is on a read-only disk: mount it for writing, or choose another --data")
    elif not os.access(parent, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(part, False, f"{folder} cannot be written by this user: mend its owner, or choose another --data")
    elif (reason := _unwritable(parent)) is not None:
        yield Finding(part, False, f"{folder} cannot be written: {reason}; mend the disk, or choose another --data")
    elif parent != folder:
        yield Finding(part, True, f"{folder} does not exist; the first start makes it, empty")
    else:
        yield Finding(part, True, f"{folder} can be written")
    if parent == folder:
        mode = stat.S_IMODE(folder.stat().st_mode)
        private = not mode & 0o007
        text = "only its owner can look into it" if private else f"everyone on this machine can read it (mode {mode:o})"
        yield Finding("privacy", private, text if private else f"{text}: chmod -R go= {folder}")
    kind = _file_system(parent)
    if kind in REMOTE:
        yield Finding("disk", False, f"{kind} is a network file system, on which databases break: use a local disk")
    free = shutil.disk_usage(parent).free
    room = f"{free // 1024**2} MiB free"
    if free > LEAST_ROOM:
        yield Finding("disk", True, room)
    elif free < 1024**2:
        yield Finding("disk", False, "full: nothing can be saved; make room, 1 GiB at least")
    else:
        yield Finding("disk", False, f"only {room}: make room, 1 GiB at least")
    disk = os.statvfs(parent)
    # Some file systems make inodes as they need them and count none.
    if disk.f_files and disk.f_favail < LEAST_INODES:
        yield Finding("inodes", False, f"only {disk.f_favail} more files can be made: remove many small ones")


def _file_system(folder: Path) -> str:
    """Return the type of the file system that a folder is on; empty where that is not known."""
    best, kind = "", ""
    with suppress(OSError), open("/proc/mounts", encoding="utf-8", errors="replace") as mounts:
        for line in mounts:
            _, place, this, *_ = line.split(" ")
            if (folder == Path(place) or Path(place) in folder.resolve().parents) and len(place) >= len(best):
                best, kind = place, this
    return kind


def _storage(settings: Settings, seconds: float) -> Iterator[Finding]:
    if settings.data.is_dir():
        yield from stored.check(settings.data, seconds)
        yield from unused.check(settings.data, seconds)


def _sqlite(_: Settings) -> Iterator[Finding]:
    ok = sqlite3.sqlite_version_info >= LEAST_SQLITE
    yield Finding("SQLite", ok, sqlite3.sqlite_version if ok else f"{sqlite3.sqlite_version} is too old: 3.35 or newer")


def _descriptors(settings: Settings) -> Iterator[Finding]:
    limit, needed = descriptors.limit(), descriptors.needed(settings.max_sockets)
    text = f"{limit} files may be open"
    yield Finding("descriptors", limit >= needed, text if limit >= needed else f"{text}, {descriptors.advice(needed)}")


def _port(settings: Settings) -> Iterator[Finding]:
    where = f"{settings.host}:{settings.port}"
    try:
        listen(settings.host, settings.port).close()
    except OSError as error:
        if served(settings.data):
            yield Finding("port", True, f"{where} is in use, and the data folder is served: fine if both is Quire")
        else:
            yield Finding("port", False, f"{where} ({error.strerror}). {advice(error)}")
        return
    yield Finding("port", True, f"{where} is free")


def _app(_: Settings) -> Iterator[Finding]:
    built = (BROWSER_APP / "index.html").exists()
    yield Finding("browser app", built, "built" if built else "missing: run `make serve` or `pip install .`")


def _clock(settings: Settings) -> Iterator[Finding]:
    now = time.time()
    written = [path.stat().st_mtime for path in settings.data.glob("*.db*")] if settings.data.is_dir() else []
    if not YEAR_2026 < now < YEAR_2076:
        text = f"it is said to be {datetime.fromtimestamp(now, UTC):%Y}: set it (dates show it, sessions end by it)"
    elif max(written, default=0) > now + HOUR:
        text = (
            f"it is behind the last change of the data, {datetime.fromtimestamp(max(written), UTC):%Y-%m-%d %H:%M} UTC"
        )
    else:
        yield Finding("clock", True, "plausible")
        return
    yield Finding("clock", False, text)
