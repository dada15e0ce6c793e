"""The watch over the data folder while it is served."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from quire.ops.folder import DataFolder
from quire.ops.health import Readiness

_log = structlog.get_logger("quire.server.folderwatch")


class FolderWatch:
    """Ends a server whose files were taken away: what it writes then goes where nobody will find it again."""

    def __init__(self, folder: DataFolder, readiness: Readiness) -> None:
        self._folder, self._readiness = folder, readiness
        self.failure: str | None = None
        """Why this node can serve no longer."""
        self.spoiled = False
        """Whether SQLite would spread the damage as it closes the files."""
        self.on_failure: Callable[[], None] = lambda: None
        """Called when that happens: the process is to stop."""

    async def look(self) -> None:
        """Look at the files and the key; call it once a second."""
        folder = self._folder
        # In a thread, as a disk may hang. What is cut short first: files may have gone because of that.
        cut_short, replaced, key = await asyncio.to_thread(
            lambda: (folder.cut_short(), folder.replaced(), folder.key_problem())
        )
        if key is not None and "key" not in self._readiness.problems:
            _log.error("the secret key was taken away", reason=key)
        self._readiness.report("key", key)
        if self.failure is not None or (replaced is None and cut_short is None):
            return
        self.spoiled = cut_short is not None
        self.failure = (
            f"{cut_short} in the data folder, or its file -wal or -shm, was cut short while it was served: part "
            "of what was saved last may be gone. The server stops. Check with `quire doctor --all`, and restore a "
            "backup if that finds something; browsers that have newer text send it again."
            if cut_short is not None
            else f"{replaced} in the data folder was deleted, moved or replaced while it was served. The server stops, "
            "so that nothing is acknowledged that would be lost. Put the folder in order, then start again."
        )
        self._readiness.report("storage", self.failure)
        _log.critical("the data folder was replaced", file=cut_short or replaced, reason=self.failure)
        self.on_failure()
