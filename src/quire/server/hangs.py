"""What hangs without an error, told as what fails: the disk under the log or the catalogue, and worker processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from operator import attrgetter

import structlog

from quire.crdt.remote import Worker
from quire.db.engine import Database
from quire.log.contract import Health
from quire.log.sqlite import SqliteLog
from quire.ops.health import Readiness
from quire.storage.hang import SILENT, Hang

_logger = structlog.get_logger("quire.server.hangs")


class Hangs:
    """The watches over one node; each is to be checked once a second."""

    def __init__(
        self,
        log: SqliteLog,
        database: Database,
        workers: Iterable[Worker],
        readiness: Readiness,
        log_changed: Callable[[Health], None],
    ) -> None:
        """Watch; `log_changed` hears of a log that hangs as it does of one that fails."""
        self._log, self._database, self._readiness, self._log_changed = log, database, readiness, log_changed
        self.log = Hang(self._commit_under_way, self._log_hangs)
        self.all = [
            self.log,
            Hang(lambda: database.under_way, self._catalogue_hangs),
            *(Hang(partial(attrgetter("under_way"), worker), self._worker_hangs) for worker in workers),
        ]

    def _commit_under_way(self) -> int | None:
        stats = self._log.stats
        return stats.commits + stats.failed_commits if self._log.queued_bytes else None

    def _log_hangs(self, hangs: bool) -> None:
        """Say so as of a disk that fails: no error will come, and nothing is saved."""
        if hangs and "storage" not in self._readiness.problems:
            _logger.error("updates cannot be saved", reason=SILENT)
        elif not hangs:
            _logger.info("the disk answers again")
        self._log_changed(Health(False, SILENT) if hangs else self._log.health)

    def _catalogue_hangs(self, hangs: bool) -> None:
        if hangs:
            self._database.report(SILENT)

    def _worker_hangs(self, hangs: bool) -> None:
        self._readiness.report("worker", "large documents wait: their process does not answer" if hangs else None)
