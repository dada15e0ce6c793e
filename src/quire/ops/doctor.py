"""`quire doctor`: checks of this machine and the data folder, each with how to mend it."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from quire.log.file import connect
from quire.settings import Settings

LEAST_SQLITE = (3, 35, 0)
LEAST_ROOM = 1024**3
YEAR_2026 = 1_767_225_600


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result."""

    part: str
    ok: bool
    text: str


def examine(settings: Settings) -> list[Finding]:
    """Run every check; none changes anything but a temporary file."""
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _folder,
        _sqlite,
        _key,
        _descriptors,
        _port,
        _app,
        _clock,
    )
    return [finding for check in checks for finding in check(settings)]


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"quire")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        yield Finding("data folder", False, f"{folder} cannot be written ({error.strerror}): mend its owner or --data")
        return
    yield Finding("data folder", True, f"{folder.resolve()} can be written")
    free = shutil.disk_usage(folder).free
    room = f"{free // 1024**2} MiB free"
    yield Finding("disk", free > LEAST_ROOM, room if free > LEAST_ROOM else f"only {room}: make room, 1 GiB at least")


def _sqlite(settings: Settings) -> Iterator[Finding]:
    version = sqlite3.sqlite_version_info
    ok = version >= LEAST_SQLITE
    yield Finding("SQLite", ok, sqlite3.sqlite_version if ok else f"{sqlite3.sqlite_version} is too old: 3.35 or newer")
    with tempfile.TemporaryDirectory(dir=settings.data if settings.data.is_dir() else None) as folder:
        try:
            with closing(connect(Path(folder) / "check.db")) as connection:
                (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
                (level,) = connection.execute("PRAGMA synchronous").fetchone()
        except sqlite3.Error as error:
            yield Finding("durability", False, f"SQLite cannot write here ({error}): use a local disk")
            return
    ok = mode == "wal" and level >= 2
    yield Finding("durability", ok, f"journal {mode}, synchronous {level}" + ("" if ok else ": use a local disk"))


def _key(settings: Settings) -> Iterator[Finding]:
    path = settings.data / "secret.key"
    if not path.exists():
        yield Finding("secret key", True, "made at the first start")
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    ok = not mode & 0o077 and path.stat().st_size >= 32
    yield Finding("secret key", ok, "only its owner can read it" if ok else f"mode {mode:o}: chmod 600 {path}")


def _descriptors(settings: Settings) -> Iterator[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = settings.max_sockets + 500
    ok = soft == resource.RLIM_INFINITY or soft >= needed
    text = f"{soft} files may be open"
    yield Finding("descriptors", ok, text if ok else f"{text}, {needed} are needed: ulimit -n {needed}")


def _port(settings: Settings) -> Iterator[Finding]:
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            yield Finding(
                "port", False, f"{settings.host}:{settings.port} ({error.strerror}): stop that program or --port"
            )
            return
    yield Finding("port", True, f"{settings.host}:{settings.port} is free")


def _app(_: Settings) -> Iterator[Finding]:
    built = (Path(__file__).parent.parent / "static" / "index.html").exists()
    yield Finding("browser app", built, "built" if built else "missing: run `make serve` or `pip install .`")


def _clock(_: Settings) -> Iterator[Finding]:
    ok = time.time() > YEAR_2026
    yield Finding("clock", ok, "plausible" if ok else "is years behind: set it (it decides nothing, but dates show it)")
