"""Each contract's suite on each implementation."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from contracts.access import AccessContract
from contracts.blobs import BlobsContract
from contracts.fanout import FanoutContract
from contracts.log import LogContract
from locks import write_locked
from nodes import BadFanout
from quire.access.contract import Credentials, Principal, Role
from quire.accounts.passwords import Passwords
from quire.accounts.service import AccountService
from quire.blobs.folder import FolderBlobs
from quire.db.engine import Database
from quire.db.ids import new_id, now
from quire.db.tables import accounts, documents, folders, grants, group_members, groups, memberships, workspaces
from quire.fanout.contract import Fanout
from quire.fanout.local import LocalBus, LocalFanout
from quire.log.archive import Archive
from quire.log.compaction import compact
from quire.log.contract import UpdateLog
from quire.log.file import connect
from quire.log.sqlite import SqliteLog
from quire.sharing.service import Announcements, SharingAccess


class SqliteSetup:
    """`LogSetup` in a folder."""

    def __init__(self, root: Path) -> None:
        self._root, self._images = root, count(1)
        self._folder = root / "0"
        self._fails = False

    async def open(self, *, queue_limit: int = 64 * 1024 * 1024) -> SqliteLog:
        archive = Archive(FolderBlobs(self._folder / "blobs"))
        log = SqliteLog(self._folder / "log.db", archive, queue_limit=queue_limit, connect=self._connect)
        await log.open()
        return log

    def _connect(self, path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.set_progress_handler(lambda: self._fails, 10)
        return connection

    async def compact(self, log: UpdateLog, document: str) -> None:
        assert isinstance(log, SqliteLog)
        # In this process: a child for each would be most of the time.
        await asyncio.to_thread(compact, log.path, log.archive, "suite", document)

    def stalled(self, log: UpdateLog) -> AbstractContextManager[object]:
        assert isinstance(log, SqliteLog)
        return write_locked(log.path)

    @contextmanager
    def failing(self, log: UpdateLog) -> Iterator[None]:
        self._fails = True
        yield
        self._fails = False

    async def crash(self, log: UpdateLog) -> None:
        """Go on with an image of the disk, taken while nothing is being written."""
        assert isinstance(log, SqliteLog)
        image = self._root / str(next(self._images))
        with write_locked(log.path):
            shutil.copytree(self._folder, image)
        await log.close()
        self._folder = image

    def leftovers(self) -> list[str]:
        return list(FolderBlobs(self._folder / "blobs").keys(""))


class TestSqliteLog(LogContract):
    @pytest.fixture
    def make_setup(self, tmp_path: Path) -> Callable[[], SqliteSetup]:
        numbers = count()
        return lambda: SqliteSetup(tmp_path / f"setup{next(numbers)}")

    @pytest.fixture
    def setup(self, make_setup: Callable[[], SqliteSetup]) -> SqliteSetup:
        return make_setup()

    @pytest.fixture
    async def log(self, setup: SqliteSetup) -> AsyncIterator[SqliteLog]:
        log = await setup.open()
        yield log
        await log.close()


class TestLocalFanout(FanoutContract):
    @pytest.fixture
    def connect(self) -> Callable[[], Awaitable[Fanout]]:
        bus = LocalBus()

        async def connect() -> Fanout:
            node = LocalFanout(bus)
            await node.open()
            return node

        return connect

    def interrupt(self, fanout: Fanout) -> bool:
        return False


class TestBadFanout(FanoutContract):
    """The bus of the tests, which can be away."""

    @pytest.fixture
    def connect(self) -> Callable[[], Awaitable[Fanout]]:
        bus = LocalBus()

        async def connect() -> Fanout:
            return BadFanout(bus)

        return connect

    def interrupt(self, fanout: Fanout) -> bool:
        assert isinstance(fanout, BadFanout)
        fanout.cut = True
        fanout.mend()
        return True


class TestFolderBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> FolderBlobs:
        return FolderBlobs(tmp_path / "blobs")


class CatalogueTown:
    """`Town` in the catalogue; what no service makes yet is put into the tables."""

    def __init__(self, path: Path) -> None:
        self._db = Database.embedded(path)
        announcements = Announcements()
        self._people = AccountService(self._db, Passwords(), announcements)
        self.access = SharingAccess(self._db, self._people, announcements, b"k" * 32)
        self._numbers = count()

    async def open(self) -> None:
        await self._db.migrate()

    async def close(self) -> None:
        await self._db.close()

    async def _add(self, table: sa.Table, **values: object) -> str:
        identity = str(values.get("id", ""))
        async with self._db.write() as connection:
            await connection.execute(sa.insert(table).values(**values))
        return identity

    async def workspace(self) -> str:
        return await self._add(workspaces, id=new_id(), name="w", created_at=now())

    async def account(self, workspace: str, role: str = "member") -> str:
        email = f"p{next(self._numbers)}@example.com"
        account = await self._add(
            accounts, id=new_id(), email=email, email_key=email, name="P", language="", created_at=now()
        )
        await self._add(memberships, workspace=workspace, account=account, role=role, created_at=now())
        return account

    async def group(self, workspace: str, *people: str) -> str:
        group = await self._add(groups, id=new_id(), workspace=workspace, name="g")
        for account in people:
            await self._add(group_members, group=group, account=account)
        return group

    async def folder(self, workspace: str, parent: str | None = None) -> str:
        return await self._add(folders, id=new_id(), workspace=workspace, parent=parent, name="f")

    async def document(self, workspace: str, folder: str | None = None) -> str:
        owner = await self.account(workspace)
        return await self._add(
            documents,
            id=new_id(),
            workspace=workspace,
            folder=folder,
            owner=owner,
            title="t",
            title_key="t",
            version=1,
            schema_version=1,
            created_at=now(),
            updated_at=now(),
        )

    async def grant(
        self, kind: str, resource: str, subject_kind: str, subject: str, role: Role, seconds: int | None = None
    ) -> None:
        await self.revoke(kind, resource, subject_kind, subject)
        await self._add(
            grants,
            resource_kind=kind,
            resource=resource,
            subject_kind=subject_kind,
            subject=subject,
            role=role.label,
            expires_at=None if seconds is None else now() + seconds * 1_000_000,
        )

    async def revoke(self, kind: str, resource: str, subject_kind: str, subject: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                sa.delete(grants).where(
                    grants.c.resource_kind == kind,
                    grants.c.resource == resource,
                    grants.c.subject_kind == subject_kind,
                    grants.c.subject == subject,
                )
            )

    async def link(self, document: str, role: Role | None) -> str | None:
        return (await self.access.set_link(document, role))[1]

    async def reset_link(self, document: str) -> str | None:
        return (await self.access.reset_link(document))[1]

    async def visit(self, principal: Principal, document: str) -> None:
        assert await self.access.visit(principal, document)

    async def trash(self, document: str, trashed: bool) -> None:
        async with self._db.write() as connection:
            await connection.execute(
                sa.update(documents).where(documents.c.id == document).values(trashed_at=now() if trashed else None)
            )

    async def sign_in(self, account: str) -> str:
        return (await self._people.sessions.start(account, "test", "192.0.2.1"))[0]

    async def sign_out(self, account: str) -> None:
        await self._people.sessions.end(account)

    async def token(self, account: str, *scopes: str) -> str:
        return (await self._people.tokens.create(account, "test", list(scopes), None))[0]


class TestSharingAccess(AccessContract):
    @pytest.fixture
    def make_town(self, tmp_path: Path) -> Callable[[], CatalogueTown]:
        numbers = count()
        asyncio.run(_migrated(tmp_path / "empty.db"))

        def make() -> CatalogueTown:
            path = tmp_path / f"town{next(numbers)}.db"
            shutil.copy(tmp_path / "empty.db", path)
            return CatalogueTown(path)

        return make

    @pytest.fixture
    async def town(self, tmp_path: Path) -> AsyncIterator[CatalogueTown]:
        town = CatalogueTown(tmp_path / "town.db")
        await town.open()
        yield town
        await town.close()

    async def test_several_documents_are_judged_as_each_of_them_alone(self, town: CatalogueTown) -> None:
        one, two = await town.workspace(), await town.workspace()
        account = await town.account(one)
        folder = await town.folder(one)
        papers = [await town.document(place) for place in (one, one, one, two, two)]
        papers.append(await town.document(one, await town.folder(one, folder)))
        await town.grant("document", papers[0], "account", account, Role.OWNER)
        await town.grant("document", papers[1], "workspace", one, Role.COMMENTER)
        await town.grant("document", papers[3], "workspace", one, Role.EDITOR)
        await town.grant("folder", folder, "group", await town.group(one, account), Role.SUGGESTER)
        await town.trash(papers[0], True)
        link = await town.link(papers[4], Role.VIEWER)
        guest = await town.access.identify(Credentials("192.0.2.1", link=link))
        principal = Principal("p", account=account, link=guest.link)
        alone = {document: await town.access.role_even_in_trash(principal, document) for document in papers}
        assert list(alone.values()) == [Role.OWNER, Role.COMMENTER, None, None, Role.VIEWER, Role.SUGGESTER]
        together = await town.access.roles_even_in_trash(principal, papers)
        assert together == {document: role for document, role in alone.items() if role is not None}


async def _migrated(path: Path) -> None:
    """Make an empty catalogue once, so that each example of a model test need not."""
    town = CatalogueTown(path)
    await town.open()
    await town.close()
