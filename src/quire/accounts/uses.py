"""When sessions and API tokens were used last: noted at each use, written later, all at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import sqlalchemy as sa

from quire.db.engine import Database
from quire.db.ids import SECOND
from quire.storage.failure import StorageUnavailable

TOUCH: Final = 60 * SECOND
"""The last use of a session or token is written at most this often."""


class Uses:
    """What is yet to be written, by session or token."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._uses: dict[str, sa.Update] = {}

    def note(self, whose: str, used: sa.Update) -> None:
        """Have the last use of a session or token written."""
        self._uses[whose] = used

    async def record(self) -> None:
        """Write all that was noted; call it now and then.

        No request waits for that: on a slow disk everybody's reading would stand in the queue of writes.
        """
        uses, self._uses = self._uses, {}
        if not uses or self._db.problem is not None:
            return
        # What is not written is due again at the next use.
        with suppress(StorageUnavailable):
            async with self._db.write() as connection:
                for use in uses.values():
                    await connection.execute(use)
