"""The catalogue database: engine, connections and migrations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from quire.concurrency.threads import NONE_LEFT, none_left
from quire.db.tables import metadata
from quire.storage.failure import DAMAGED, StorageUnavailable, check_tables, reason_of

_log = structlog.get_logger("quire.db")
WRITE_WAIT: Final = 10.0
"""Seconds that a write waits for its turn."""
CROWDED: Final = "too much waits for the database"
CUT_SHORT: Final = "a write to the database was cut short"


class _Group:
    """Writes that are committed together: on a slow disk, what comes during one commit shares the next."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.outcome: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        """Why nothing of it was kept; None when all was."""
        self.ending: asyncio.Task[None] | None = None


class Database:
    """A small pool of connections to the catalogue. A write is all or nothing and durable; reads need none."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.problem: str | None = None
        """Why the last use of the database failed; None while all is well. Damage that was met once stays."""
        self.on_problem: Callable[[str | None], None] = lambda _: None
        """Hears of every change of `problem`."""
        # SQLite has one writer at a time, and who waits for it there asks again and again, on a connection that readers
        # lack meanwhile. Turns are taken in order: the end of a group comes after all who waited before.
        self._turn = asyncio.Lock()
        self._turns = 0
        self._group: _Group | None = None
        """The writes that are not committed yet."""
        self.engine: AsyncEngine = create_async_engine(url, pool_size=4, max_overflow=4, pool_timeout=30)
        if url.startswith("sqlite"):
            sa.event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)

    @classmethod
    def embedded(cls, path: Path) -> Database:
        """Return the database in one SQLite file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return cls(f"sqlite+aiosqlite:///{path}")

    async def current(self) -> bool:
        """Whether the schema is this release's; raises alembic's `CommandError` if it is a newer one's."""
        async with self.engine.connect() as connection:
            return await connection.run_sync(_is_current)

    async def migrate(self) -> None:
        """Bring the schema to this release; the caller holds the lock on the data folder. Raises `WrongSchema`."""
        # In one transaction: a kill or a full disk in the middle leaves what was there.
        async with self._transaction() as connection:
            await connection.run_sync(_upgrade)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Run one write; it is kept when the block ends without an exception, with those of others at that time.

        Raises `StorageUnavailable` when the database cannot be written: then nothing was changed.
        """
        with self._told():
            async with self._transaction() as connection:
                yield connection
        self.report(None)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection]:
        if not self.url.startswith("sqlite"):
            async with self.engine.begin() as connection:
                yield connection
            return
        refusal: Exception | None = None
        async with self._writing():
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
        connection = await self.engine.connect()
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
    async def _writing(self) -> AsyncIterator[None]:
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

    @property
    def under_way(self) -> int | None:
        """The number of the write that has its turn; None while there is none."""
        return self._turns if self._turn.locked() else None

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Borrow a connection for reading; raises `StorageUnavailable` when the database cannot be read."""
        with self._told():
            async with self.engine.connect() as connection:
                yield connection

    async def probe(self) -> None:
        """Find out whether the database can be written again: a write that changes nothing."""
        if self.problem == DAMAGED:
            return
        # A connection from before may never work again, and tells less of why.
        await self.engine.dispose()
        with suppress(StorageUnavailable):
            async with self.write() as connection:
                version = (await connection.exec_driver_sql("PRAGMA user_version")).scalar_one()
                await connection.exec_driver_sql(f"PRAGMA user_version={version}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what storage fails with into the one error that everybody knows; remember why."""
        try:
            yield
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as error:
            cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
            reason = CROWDED if isinstance(error, PoolTimeout) else reason_of(cause)
            self.report(reason)
            raise StorageUnavailable(reason) from error
        except RuntimeError as error:
            # Each connection has a thread. Those that are open go on.
            if none_left(error):
                raise StorageUnavailable(NONE_LEFT) from error
            raise

    def report(self, problem: str | None) -> None:
        """Note why the database cannot be used; None: it can."""
        # Beside damage much can be read and written; the start on a mended file finds it gone.
        if problem == self.problem or self.problem == DAMAGED:
            return
        self.problem = problem
        self.on_problem(problem)
        if problem is None:
            _log.info("the catalogue works again")
        else:
            advice = {"advice": "stop, `quire doctor --all`, restore a backup"} if problem == DAMAGED else {}
            _log.error("the catalogue cannot be used", reason=problem, **advice)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _prepare_sqlite(connection: Any, _: Any) -> None:  # noqa: ANN401 - DBAPI objects have no types
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _upgrade(connection: sa.Connection) -> None:
    tables = set(sa.inspect(connection).get_table_names())
    check_tables(tables, (), new="alembic_version" not in tables)
    command.upgrade(_migrations(connection), "head")
    check_tables(sa.inspect(connection).get_table_names(), metadata.tables, new=False)


def _is_current(connection: sa.Connection) -> bool:
    scripts = ScriptDirectory.from_config(_migrations(connection))
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None:
        scripts.get_revision(found)
    return found == scripts.get_current_head()


def _migrations(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(resources.files("quire.db") / "migrations"))
    config.attributes["connection"] = connection
    return config
