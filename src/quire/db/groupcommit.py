"""Writes to SQLite that share a commit: on a slow disk, what comes during one commit goes with the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from quire.storage.failure import StorageUnavailable

WRITE_WAIT: Final = 10.0
"""Seconds that a write waits for its turn."""
CROWDED: Final = "too much waits for the database"
CUT_SHORT: Final = "a write to the database was cut short"


class _Group:
    """Writes that are committed together."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.outcome: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        """Why nothing of it was kept; None when all was."""
        self.ending: asyncio.Task[None] | None = None


class GroupCommit:
    """The turns of those who write, and the groups in which what they wrote is committed."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        # SQLite has one writer at a time, and who waits for it there asks again and again, on a connection that readers
        # lack meanwhile. Turns are taken in order: the end of a group comes after all who waited before.
        self._turn = asyncio.Lock()
        self._turns = 0
        self._group: _Group | None = None
        """The writes that are not committed yet."""

    @property
    def under_way(self) -> int | None:
        """The number of the write that has its turn; None while there is none."""
        return self._turns if self._turn.locked() else None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Run one write: all or nothing, and durable when the block ends without an exception.

        Raises `StorageUnavailable` when the turn to write does not come, or the write was cut short.
        """
        refusal: Exception | None = None
        async with self._my_turn():
            group = self._group or await self._begin()
            try:
                await group.connection.exec_driver_sql("SAVEPOINT one")
                yield group.connection
                await group.connection.exec_driver_sql("RELEASE one")
            except Exception as error:  # noqa: BLE001 - raised below
                await self._undo(group, error)
                refusal = error
            except BaseException as error:
                await self._undo(group, error)
                raise
            finally:
                if group.ending is None:
                    group.ending = asyncio.get_running_loop().create_task(self._commit(group))
        # An error may come of what others have written, too: it is told once that is kept.
        if (failure := await asyncio.shield(group.outcome) or refusal) is not None:
            raise failure

    async def _begin(self) -> _Group:
        connection = await self._engine.connect()
        try:
            await connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            await connection.close()
            raise
        self._group = _Group(connection)
        return self._group

    async def _undo(self, group: _Group, error: BaseException) -> None:
        """Undo one write of a group."""
        try:
            await group.connection.exec_driver_sql("ROLLBACK TO one")
            await group.connection.exec_driver_sql("RELEASE one")
        except (DBAPIError, PendingRollbackError):
            # Of some errors SQLite has undone all by itself; of a cancellation the connection is closed.
            await self._end(group, error if isinstance(error, DBAPIError) else StorageUnavailable(CUT_SHORT))

    async def _commit(self, group: _Group) -> None:
        """Commit after everybody who waits for the turn by now."""
        async with self._turn:
            self._turns += 1
            if self._group is not group:
                return
            failure: Exception | None = StorageUnavailable(CUT_SHORT)
            try:
                await group.connection.exec_driver_sql("COMMIT")
                failure = None
            except DBAPIError as error:
                failure = error
                with suppress(DBAPIError, PendingRollbackError):
                    await group.connection.exec_driver_sql("ROLLBACK")
            finally:
                await self._end(group, failure)

    async def _end(self, group: _Group, failure: Exception | None) -> None:
        self._group = None
        try:
            await group.connection.close()
        finally:
            group.outcome.set_result(failure)

    @asynccontextmanager
    async def _my_turn(self) -> AsyncIterator[None]:
        """Wait for the turn to write; raises `StorageUnavailable` when it does not come."""
        try:
            async with asyncio.timeout(WRITE_WAIT):
                await self._turn.acquire()
        except TimeoutError:
            raise StorageUnavailable(CROWDED) from None
        self._turns += 1
        try:
            yield
        finally:
            self._turn.release()
