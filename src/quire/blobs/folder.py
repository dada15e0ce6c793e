"""Blobs in a folder: each written to a temporary file, synced, then renamed."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from quire.blobs.contract import BlobMissing
from quire.storage.failure import reason_of
from quire.storage.files import sync_path

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


_WRITERS = ThreadPoolExecutor(8, thread_name_prefix="quire-blob-writer")
"""Threads of their own: on a disk that hangs they are all taken, and reading goes on."""
_UNFINISHED = ".new"
"""Folder of the files that are being written; no key begins with a dot."""
_PROBE = 64 * 1024
"""Bytes for which there must be room again."""


class FolderBlobs:
    """`BlobStore` below one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.problem: str | None = None
        """Why the last blob could not be stored; None while all is well."""
        self.on_problem: Callable[[str | None], None] = lambda _: None
        """Hears of `problem` after every blob."""

    def __reduce__(self) -> tuple[type[FolderBlobs], tuple[Path]]:
        """Go to a child process as the folder alone."""
        return FolderBlobs, (self._root,)

    def write(self, key: str, content: bytes) -> None:
        path = self._path(key)
        _make(path.parent)
        unfinished = self._root / _UNFINISHED
        unfinished.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=unfinished)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        sync_path(path.parent)

    def read(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(key) from None

    def remove(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    async def put(self, key: str, content: bytes) -> None:
        await self._told(self.write, key, content)

    async def probe(self) -> None:
        """Find out whether blobs can be stored again, with a file that goes at once."""
        if self.problem is not None:
            with suppress(OSError):
                await self._told(self._try)

    def _try(self) -> None:
        unfinished = self._root / _UNFINISHED
        unfinished.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=unfinished) as file:
            file.write(bytes(_PROBE))
            file.flush()
            os.fsync(file.fileno())

    async def _told(self, store: Callable[..., None], *arguments: object) -> None:
        """Store something; remember why that failed."""
        try:
            await asyncio.get_running_loop().run_in_executor(_WRITERS, store, *arguments)
            self.problem = None
        except OSError as error:
            self.problem = reason_of(error)
            raise
        finally:
            self.on_problem(self.problem)

    async def get(self, key: str) -> bytes:
        return await asyncio.to_thread(self.read, key)

    async def part(self, key: str, start: int, size: int) -> bytes:
        return await asyncio.to_thread(self._part, key, start, size)

    def _part(self, key: str, start: int, size: int) -> bytes:
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                return file.read(size)
        except FileNotFoundError:
            raise BlobMissing(key) from None

    async def delete(self, key: str) -> None:
        await asyncio.get_running_loop().run_in_executor(_WRITERS, self.remove, key)

    def keys(self, prefix: str) -> Iterator[str]:
        start = self._path(prefix) if prefix else self._root
        if start.is_dir():
            for folder, _, names in os.walk(start, onerror=_tell):
                key = Path(folder).relative_to(self._root)
                if key.parts[:1] != (_UNFINISHED,):
                    yield from ((key / name).as_posix() for name in names)

    def remove_unfinished(self) -> None:
        """Remove what a kill left half written; nobody may be writing."""
        shutil.rmtree(self._root / _UNFINISHED, ignore_errors=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no blob key")
        return self._root / key


def _tell(error: OSError) -> None:
    """A folder that cannot be read is no empty one: a backup without its files would be none."""
    if not isinstance(error, FileNotFoundError):
        raise error


def _make(folder: Path) -> None:
    """Make a folder that outlives a power cut: its name is durable once the folder around it is synced."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_path(folder.parent)
