"""The catalogue database: engine, connections and migrations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from quire.concurrency.threads import NONE_LEFT, none_left
from quire.db.groupcommit import CROWDED, GroupCommit
from quire.db.tables import metadata
from quire.storage.damage import readable
from quire.storage.failure import DAMAGED, StorageUnavailable, check_tables, reason_of

_log = structlog.get_logger("quire.db")


class Database:
    """A small pool of connections to the catalogue. A write is all or nothing and durable; reads need none."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.problem: str | None = None
        """Why the last use of the database failed; None while all is well. Damage that was met once stays."""
        self.on_problem: Callable[[str | None], None] = lambda _: None
        """Hears of every change of `problem`."""
        self.engine: AsyncEngine = create_async_engine(url, pool_size=4, max_overflow=4, pool_timeout=30)
        if url.startswith("sqlite"):
            sa.event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
        self._commits = GroupCommit(self.engine) if url.startswith("sqlite") else None

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

    def _transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self.engine.begin() if self._commits is None else self._commits.write()

    @property
    def under_way(self) -> int | None:
        """The number of the write that has its turn; None while there is none."""
        return None if self._commits is None else self._commits.under_way

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
    # One flipped bit in a title would else be an error for everybody in whose list it stands.
    connection.driver_connection.text_factory = readable
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
