"""Files among the blobs that no row names.

A kill between a file and its row leaves one. Beside a catalogue or log that is older than the files it is one that a
newer catalogue needs: that is why nothing removes them but an operator who knows.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from quire.blobs.folder import FolderBlobs
from quire.ops.doctor.stored import ATTACHMENTS, REST, SEGMENTS, SNAPSHOTS, Finding, reading
from quire.ops.folder import BLOBS, CATALOGUE, LOG

MEANWHILE: Final = 3600.0
"""Seconds for which a file may still be waiting for its row."""


def unused(folder: Path, seconds: float) -> tuple[list[Path], bool]:
    """Return these files, and whether all were looked at in that time; nothing while something cannot be read."""
    blobs, found, whole = folder / BLOBS, list[str](), True
    if not all((folder / name).is_file() for name in (CATALOGUE, LOG)):
        return [], True
    now, until = time.time(), time.monotonic() + seconds
    try:
        # Files first: a row that comes meanwhile is seen.
        for key in FolderBlobs(blobs).keys(""):
            if time.monotonic() > until:
                whole = False
                break
            with suppress(FileNotFoundError):
                if (blobs / key).stat().st_mtime < now - MEANWHILE:
                    found.append(key)
        with reading(folder / CATALOGUE) as titles, reading(folder / LOG) as texts:
            for connection, query in ((titles, ATTACHMENTS), (texts, SEGMENTS), (texts, SNAPSHOTS)):
                named = {key for (key,) in connection.execute(query)}
                found = [key for key in found if key not in named]
    except (sqlite3.Error, OSError):
        # That is told elsewhere.
        return [], True
    return [blobs / key for key in found], whole


def check(folder: Path, seconds: float) -> Iterator[Finding]:
    """Tell of them: they take room, and are no damage."""
    files, whole = unused(folder, seconds)
    if files:
        size = 0
        for file in files:
            with suppress(FileNotFoundError):
                size += file.stat().st_size
        text = (
            f"{len(files)} files ({size // 1024} KiB) that nothing names, as a kill leaves them (one is {files[0]}); "
            "`quire doctor --unused` lists them, the guide says when they may be removed"
        )
        yield Finding("unused files", True, text)
    if not whole:
        yield Finding("unused files", True, f"looked for in part, for {seconds:g} s; {REST}", whole=False)
