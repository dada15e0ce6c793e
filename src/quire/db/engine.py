"""The catalogue database: engine, connections and migrations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine


class Database:
    """A small pool of connections to the catalogue. A write is one transaction; reads need none."""

    def __init__(self, url: str) -> None:
        self.url = url
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
        async with self.read() as connection:
            return await connection.run_sync(_is_current)

    async def migrate(self) -> None:
        """Bring the schema to this release; the caller holds the lock on the data folder."""
        # In one transaction: a kill or a full disk in the middle leaves what was there.
        async with self.write() as connection:
            await connection.run_sync(_upgrade)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Run one transaction; it commits when the block ends without an exception."""
        async with self.engine.connect() as connection:
            if self.url.startswith("sqlite"):
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    yield connection
                except BaseException:
                    await connection.exec_driver_sql("ROLLBACK")
                    raise
                await connection.exec_driver_sql("COMMIT")
            else:
                async with connection.begin():
                    yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Borrow a connection for reading."""
        async with self.engine.connect() as connection:
            yield connection

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
    command.upgrade(_migrations(connection), "head")


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
