"""A catalogue of an older release keeps what it holds."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from importlib import resources
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from quire.access.contract import Principal, Role
from quire.accounts.passwords import Passwords
from quire.accounts.service import AccountService
from quire.db.engine import Database
from quire.log import schema
from quire.log.file import connect
from quire.sharing.service import Announcements, SharingAccess

FIRST = (
    "INSERT INTO accounts(id, email, email_key, name, created_at) VALUES ('a', 'a@b', 'a@b', 'Ada', 1)",
    "INSERT INTO workspaces(id, name, created_at) VALUES ('w', 'w', 1)",
    "INSERT INTO documents(id, workspace, owner, title, title_key, version, schema_version, created_at, updated_at)"
    " VALUES ('d', 'w', 'a', 't', 't', 1, 1, 1, 1)",
    "INSERT INTO links(document, hash, nonce, role) VALUES ('d', 'h', x'00', 'viewer')",
)


async def made_by_the_first_release(path: Path) -> Database:
    """Return a catalogue as the first release made it."""
    database = Database.embedded(path)

    def first(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(resources.files("quire.db") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in FIRST:
            connection.exec_driver_sql(row)

    async with database.engine.begin() as connection:
        await connection.run_sync(first)
    return database


def held(path: Path) -> list[str]:
    """Return all that a database holds, as statements."""
    with closing(sqlite3.connect(path)) as connection:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]


class Kills:
    """What a kill at each statement would leave of a database."""

    def __init__(self, path: Path, into: Path) -> None:
        self._path, self._into = path, into
        self.left: list[list[str]] = []

    def __call__(self, *_: object) -> None:
        copy = self._into / str(len(self.left))
        copy.mkdir(parents=True)
        for file in self._path.parent.glob(f"{self._path.name}*"):
            shutil.copy(file, copy)
        self.left.append(held(copy / self._path.name))


async def test_a_kill_within_a_migration_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    database = await made_by_the_first_release(path)
    before, kills = held(path), Kills(path, tmp_path / "catalogue")
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", kills)
    sa.event.listen(database.engine.sync_engine, "after_cursor_execute", kills)
    await database.migrate()
    after = held(path)
    await database.close()
    assert len(kills.left) > 40
    assert all(left in (before, after) for left in kills.left)
    assert before != after

    for number in range(len(schema.MIGRATIONS)):
        path = tmp_path / f"log{number}.db"
        with closing(connect(path)) as log:
            log.executescript(";".join(schema.MIGRATIONS[:number]) + f"; PRAGMA user_version={number}")
            kills = Kills(path, tmp_path / path.stem)
            log.set_trace_callback(kills)
            schema.migrate(log)
            log.set_trace_callback(None)
            states = {tuple(left) for left in [*kills.left, held(path)]}
            # Each step is all or nothing, and its number comes with it.
            assert len(states) == len({state[-1] for state in states}) == len(schema.MIGRATIONS) - number + 1


async def test_links_of_the_first_release_work_on(tmp_path: Path) -> None:
    database = await made_by_the_first_release(tmp_path / "catalogue.db")
    await database.migrate()
    announcements = Announcements()
    access = SharingAccess(database, AccountService(database, Passwords(), announcements), announcements, b"k" * 32)
    guest = Principal("Guest", link="h")
    assert await access.role_of(guest, "d") is Role.VIEWER
    await access.set_link("d", None)
    assert await access.role_of(guest, "d") is None
    await access.set_link("d", Role.EDITOR)
    assert await access.role_of(guest, "d") is Role.EDITOR
    async with database.read() as read:
        indexes = await read.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")
        assert "ix_links_hash" in [row[0] for row in indexes]
    await database.close()
