"""Turns at writing to the log's file.

SQLite hands its write lock to whoever asks at the right moment. On a slow disk the writer of updates commits without a
pause, and others, who look at growing intervals, would never get it. Whoever else writes takes a turn, for which that
writer waits between two commits. The lock is on the log's folder, so that it holds between processes and ends with
them.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PATIENCE: Final = 5.0
"""Seconds that are waited for a turn; then SQLite's own lock decides, so that one who hangs holds nobody up."""
_LOOK: Final = 0.002
"""Seconds between two looks."""


@contextmanager
def turn(log: Path) -> Iterator[None]:
    """Write to a log's file before its writer of updates does again."""
    folder = _locked(log.parent)
    try:
        yield
    finally:
        if folder is not None:
            os.close(folder)


def give_way(log: Path) -> None:
    """Wait while somebody has a turn."""
    with turn(log):
        pass


def _locked(path: Path) -> int | None:
    """Return the locked folder, None where it cannot be had: nothing but fairness rests on it."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder
        except BlockingIOError:
            time.sleep(_LOOK)
        except OSError:
            break
    os.close(folder)
    return None
