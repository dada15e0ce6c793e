"""A catalogue of an older release keeps what it holds."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from quire.access.contract import Principal, Role
from quire.accounts.passwords import Passwords
from quire.accounts.service import AccountService
from quire.db.engine import Database
from quire.sharing.service import Announcements, SharingAccess

FIRST = (
    "INSERT INTO accounts(id, email, email_key, name, created_at) VALUES ('a', 'a@b', 'a@b', 'Ada', 1)",
    "INSERT INTO workspaces(id, name, created_at) VALUES ('w', 'w', 1)",
    "INSERT INTO documents(id, workspace, owner, title, title_key, version, schema_version, created_at, updated_at)"
    " VALUES ('d', 'w', 'a', 't', 't', 1, 1, 1, 1)",
    "INSERT INTO links(document, hash, nonce, role) VALUES ('d', 'h', x'00', 'viewer')",
)


async def test_links_of_the_first_release_work_on(tmp_path: Path) -> None:
    database = Database.embedded(tmp_path / "catalogue.db")

    def first(connection: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(resources.files("quire.db") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in FIRST:
            connection.exec_driver_sql(row)

    async with database.engine.begin() as connection:
        await connection.run_sync(first)
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
