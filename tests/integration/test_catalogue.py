"""The catalogue while many write at once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from quire.access.contract import Principal, Role
from quire.db import groupcommit
from quire.db.engine import Database
from quire.db.ids import now
from quire.db.tables import documents, unfinished
from quire.documents.edits import Edit
from quire.ops.doctor.stored import check
from quire.server.composition import Server
from quire.storage.failure import FULL, StorageUnavailable
from visitors import Browser, written

FOREVER = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x<3000000) SELECT count(*) FROM n"


async def test_writes_wait_for_their_turn_and_keep_no_reader_waiting(tmp_path: Path) -> None:
    database = Database.embedded(tmp_path / "catalogue.db")
    await database.migrate()
    begun, go_on = asyncio.Event(), asyncio.Event()
    order: list[int] = []

    async def write(number: int) -> None:
        async with database.write() as connection:
            await connection.exec_driver_sql("SELECT 1")
            order.append(number)
            begun.set()
            await go_on.wait()

    first = asyncio.create_task(write(0))
    await begun.wait()
    others = [asyncio.create_task(write(number)) for number in range(1, 20)]
    async with asyncio.timeout(3):
        for _ in range(20):
            async with database.read() as connection:
                await connection.exec_driver_sql("SELECT count(*) FROM accounts")
    assert order == [0]
    go_on.set()
    await asyncio.gather(first, *others)
    assert order == list(range(20))
    assert database.problem is None
    await database.close()


def committing(database: Database, fail: sqlite3.Error | None = None) -> list[str]:
    """Return the commits from here on; one more of them fails."""
    commits: list[str] = []

    def note(_: object, __: object, statement: str, *more: object) -> None:
        if statement == "COMMIT":
            commits.append(statement)
            if fail is not None and len(commits) == 2:
                raise fail

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    return commits


async def test_writes_that_wait_share_a_commit_and_each_is_all_or_nothing(tmp_path: Path) -> None:
    database = Database.embedded(tmp_path / "catalogue.db")
    await database.migrate()
    commits = committing(database)

    async def write(*numbers: int) -> None:
        async with database.write() as connection:
            for number in numbers:
                await connection.execute(sa.insert(unfinished).values(document=str(number)))

    writes = [(1,), (2, 1), (3, 4), (5, 5), (6,)]
    results = await asyncio.gather(*(write(*numbers) for numbers in writes), return_exceptions=True)
    assert [isinstance(result, IntegrityError) for result in results] == [False, True, False, True, False]
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as beside:
        kept = beside.execute("SELECT document FROM unfinished ORDER BY document").fetchall()
    assert kept == [("1",), ("3",), ("4",), ("6",)]
    assert len(commits) <= 2
    await database.close()


async def test_a_commit_that_fails_or_a_write_that_is_cut_short_is_told_to_all_who_share_it(tmp_path: Path) -> None:
    database = Database.embedded(tmp_path / "catalogue.db")
    await database.migrate()
    begun = asyncio.Event()

    async def write(document: str, wait: bool = False) -> None:
        async with database.write() as connection:
            await connection.execute(sa.insert(unfinished).values(document=document))
            if wait:
                begun.set()
                await connection.exec_driver_sql(FOREVER)

    first = asyncio.create_task(write("first"))
    slow = asyncio.create_task(write("slow", wait=True))
    await begun.wait()
    slow.cancel()
    results = await asyncio.gather(first, slow, return_exceptions=True)
    assert isinstance(results[0], StorageUnavailable)
    assert isinstance(results[1], asyncio.CancelledError)
    committing(database, sqlite3.OperationalError("database or disk is full"))
    await write("before")
    results = await asyncio.gather(*(write(str(number)) for number in range(3)), return_exceptions=True)
    assert {str(result) for result in results} == {FULL}
    await write("after")
    async with database.read() as connection:
        kept = (await connection.execute(sa.select(unfinished.c.document))).scalars().all()
    assert sorted(kept) == ["after", "before"]
    await database.close()


async def test_a_write_whose_turn_does_not_come_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groupcommit, "WRITE_WAIT", 0.1)
    database = Database.embedded(tmp_path / "catalogue.db")
    await database.migrate()
    async with database.write():
        with pytest.raises(StorageUnavailable, match="too much waits"):
            async with database.write():
                pass
    async with database.write() as connection:
        await connection.exec_driver_sql("SELECT 1")
    await database.close()


async def test_however_many_documents_were_edited_their_dates_are_one_statement(node: Server, ada: Browser) -> None:
    edited = [(await ada.call("POST", "/documents", {"title": str(number)})).json()["id"] for number in range(10)]
    statements: list[str] = []
    database = node.services.database

    def note(_: object, __: object, statement: str, *more: object) -> None:
        if statement.startswith("UPDATE documents"):
            statements.append(statement)

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    await node.documents.record({document: Edit(now(), 1000 + number) for number, document in enumerate(edited)})
    assert len(statements) == 1
    async with database.read() as connection:
        sizes = dict((await connection.execute(sa.select(documents.c.id, documents.c.size_bytes))).all())  # type: ignore[arg-type]
    assert [sizes[document] for document in edited] == list(range(1000, 1010))


async def test_what_the_list_says_of_edits_comes_late_and_is_true_after_an_outage(
    node: Server, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: object) -> None:
        raise StorageUnavailable("the disk is full")

    document, _ = await written(ada, "Plan", "The plan")
    room = node.rooms.get(document)
    assert room is not None
    size, edited = room.size, now()
    await node.edits.record()
    async with node.services.database.write() as connection:
        await connection.execute(sa.update(documents).values(size_bytes=1, updated_at=1))
    with monkeypatch.context() as patch:
        patch.setattr(node.edits, "_write", fails)
        node.edits.note([document])
        await node.edits.record()
        # Everybody leaves meanwhile, and the document leaves memory.
        node.rooms.sweep(asyncio.get_running_loop().time() + 3600)
        assert node.rooms.get(document) is None
        left = now()
    await node.edits.record()
    shown = (await ada.call("GET", f"/documents/{document}")).json()
    assert shown["size_bytes"] == size
    assert edited / 1e6 <= datetime.fromisoformat(shown["updated_at"]).timestamp() <= left / 1e6


async def test_an_edit_of_a_document_that_left_memory_at_once_is_dated_all_the_same(node: Server, ada: Browser) -> None:
    made = (await ada.call("POST", "/documents", {"title": "Plan"})).json()
    node.edits.note([made["id"]])
    await node.edits.record()
    shown = (await ada.call("GET", f"/documents/{made['id']}")).json()
    assert shown["size_bytes"] == made["size_bytes"]
    assert shown["updated_at"] > made["updated_at"]


async def test_damage_is_told_until_the_next_start_whatever_works_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    database = Database.embedded(path)
    async with database.write() as connection:
        for table in ("torn", "sound"):
            await connection.exec_driver_sql(f"CREATE TABLE {table}(x)")
            await connection.exec_driver_sql(f"INSERT INTO {table} VALUES(1)")
        found = await connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name='torn'")
        page = found.scalar_one()
    await database.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    database = Database.embedded(path)
    told: list[str | None] = []
    database.on_problem = told.append
    with pytest.raises(StorageUnavailable, match="damaged"):
        async with database.read() as connection:
            await connection.exec_driver_sql("SELECT * FROM torn")
    async with database.write() as connection:
        await connection.exec_driver_sql("INSERT INTO sound VALUES(2)")
    await database.probe()
    assert told == [database.problem] == ["the database file is damaged"]
    await database.close()


@contextmanager
def letting_in_nothing(path: Path, table: str) -> Iterator[sqlite3.Connection]:
    """Open a catalogue in which columns of a table may be NULL, as damage to its pages can make them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as catalogue:
        (schema,) = catalogue.execute("SELECT sql FROM sqlite_master WHERE name=?", (table,)).fetchone()
        (version,) = catalogue.execute("PRAGMA schema_version").fetchone()
        rewrite = "UPDATE sqlite_master SET sql=? WHERE name=?"
        catalogue.execute("PRAGMA writable_schema=ON")
        catalogue.execute(rewrite, (schema.replace("NOT NULL", ""), table))
        catalogue.execute(f"PRAGMA schema_version={version + 1}")
        yield catalogue
        catalogue.execute(rewrite, (schema, table))
        catalogue.execute(f"PRAGMA schema_version={version + 2}")


async def test_a_title_that_is_damaged_takes_nobody_the_list(node: Server, ada: Browser) -> None:
    damaged, sound = [(await ada.call("POST", "/documents", {"title": title})).json()["id"] for title in "ab"]
    with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("UPDATE documents SET title=CAST(x'ff62' AS TEXT) WHERE id=?", (damaged,))
    listed = (await ada.call("GET", "/documents")).json()["items"]
    titles = {item["id"]: item["title"] for item in listed}
    assert (titles[damaged], titles[sound]) == ("\N{REPLACEMENT CHARACTER}b", "b")
    renamed = await ada.call("PATCH", f"/documents/{damaged}", {"title": "a"}, **{"If-Match": "*"})
    assert renamed.json()["title"] == "a"


async def test_a_role_that_is_damaged_gives_nothing_and_takes_nobody_the_list(node: Server, ada: Browser) -> None:
    damaged, sound = [(await ada.call("POST", "/documents", {"title": title})).json()["id"] for title in "ab"]
    with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("UPDATE grants SET role='ownes' WHERE resource=?", (damaged,))
    listed = [item["id"] for item in (await ada.call("GET", "/documents")).json()["items"]]
    assert sound in listed
    assert damaged not in listed
    assert (await ada.call("GET", f"/documents/{damaged}")).status_code == 404


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("documents", "title", "x'ff62'"),
        ("documents", "title_key", "x'61ff'"),
        ("documents", "version", "'one'"),
        ("documents", "created_at", "'yesterday'"),
        ("documents", "updated_at", "1e300"),
        ("documents", "updated_at", "4611686018427387904"),
        ("documents", "size_bytes", "x''"),
        *(("documents", column, "NULL") for column in ("title", "title_key", "version", "created_at", "updated_at")),
        ("accounts", "name", "x'ff62'"),
        ("links", "role", "x'ff62'"),
        ("accounts", "name", "NULL"),
        ("links", "nonce", "'none'"),
        ("links", "nonce", "NULL"),
    ],
)
async def test_a_row_of_another_kind_takes_nobody_the_list_and_is_named(
    node: Server, ada: Browser, capfd: pytest.CaptureFixture[str], table: str, column: str, value: str
) -> None:
    damaged, *others = [(await ada.call("POST", "/documents", {"title": title})).json()["id"] for title in "abc"]
    await ada.call("PUT", f"/documents/{damaged}/link", {"role": "editor"})
    where = {"documents": f"WHERE id='{damaged}'", "links": f"WHERE document='{damaged}'", "accounts": ""}[table]
    with letting_in_nothing(node.settings.data / "catalogue.db", table) as catalogue:
        catalogue.execute(f"UPDATE {table} SET {column}={value} {where}")
    assert any(table in finding.text and column in finding.text for finding in check(node.settings.data))
    # Page by page, whatever it is sorted by: each is there once.
    for sort in ("updated_at", "created_at", "title"):
        for order in ("asc", "desc"):
            found: list[str] = []
            path: str | None = f"/documents?limit=1&sort={sort}&order={order}"
            while path is not None and len(found) < 9:
                page = (await ada.call("GET", path)).json()
                found += [item["id"] for item in page["items"]]
                cursor = page["next_cursor"]
                path = cursor and f"/documents?limit=1&sort={sort}&order={order}&cursor={cursor}"
            assert len(found) == len(set(found))
            assert {damaged, *others} <= set(found)
    if table == "documents":
        assert damaged in next(line for line in capfd.readouterr().out.splitlines() if "row in the catalogue" in line)
    assert (await ada.call("GET", f"/documents/{damaged}/link")).status_code == 200
    seen = await ada.call("GET", f"/documents/{damaged}")
    renamed = await ada.call("PATCH", f"/documents/{damaged}", {"title": "new"}, **{"If-Match": seen.headers["ETag"]})
    assert renamed.json()["title"] == "new"
    assert renamed.headers["ETag"] != seen.headers["ETag"]


async def test_a_name_that_somebody_else_gave_in_between_is_not_written_over(node: Server, ada: Browser) -> None:
    document = (await ada.call("POST", "/documents", {"title": "mine"})).json()["id"]
    seen = (await ada.call("GET", f"/documents/{document}")).headers["ETag"]

    def another_node(_: object, cursor: sqlite3.Cursor, statement: str, *more: object) -> None:
        if statement.startswith("UPDATE documents SET"):
            cursor.execute("UPDATE documents SET title='theirs', version=version+1")

    engine = node.services.database.engine.sync_engine
    sa.event.listen(engine, "before_cursor_execute", another_node)
    refused = await ada.call("PATCH", f"/documents/{document}", {"title": "new"}, **{"If-Match": seen})
    sa.event.remove(engine, "before_cursor_execute", another_node)
    assert refused.status_code == 412
    current = await ada.call("GET", f"/documents/{document}")
    renamed = await ada.call(
        "PATCH", f"/documents/{document}", {"title": "new"}, **{"If-Match": current.headers["ETag"]}
    )
    assert renamed.json()["title"] == "new"


OF_OTHERS = """
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000),
        kinds(kind) AS (VALUES ('document'), ('folder'), ('workspace'))
    INSERT INTO grants SELECT kind, kind || x, 'account', 'other' || x % 100, 'editor', NULL FROM n, kinds
"""
OF_ONE = """
    WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000)
    INSERT INTO grants SELECT 'document', 'more' || x, 'account', accounts.id, 'editor', NULL FROM n, accounts
"""


async def test_what_else_is_given_to_people_makes_no_open_and_no_list_slower(node: Server, ada: Browser) -> None:
    papers = [(await ada.call("POST", "/documents", {"title": "a"})).json()["id"] for _ in range(5)]
    account = (await ada.call("GET", "/session")).json()["account"]["id"]
    engine = node.services.database.engine
    await engine.dispose()
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    @sa.event.listens_for(engine.sync_engine, "connect")
    def count(connection: Any, _: object) -> None:
        connection.run_async(lambda driver: driver.set_progress_handler(step, 10))

    principal = Principal("Ada", account=account)

    async def work(*, listing: bool) -> int:
        nonlocal steps
        steps = 0
        for wanted in (papers, papers[:1]):
            roles = await node.services.access.roles_even_in_trash(principal, wanted)
            assert roles == dict.fromkeys(wanted, Role.OWNER)
        if listing:
            assert len((await ada.call("GET", "/documents")).json()["items"]) >= len(papers)
        return steps

    few, few_opens = await work(listing=True), await work(listing=False)
    with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute(OF_OTHERS)
    assert await work(listing=True) < 2 * few
    with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute(OF_ONE)
    assert await work(listing=False) < 2 * few_opens


@pytest.mark.parametrize("value", ["'never'", "x'ff'", "4611686018427387904"])
async def test_what_damage_lets_last_for_ever_has_ended(node: Server, ada: Browser, value: str) -> None:
    document = (await ada.call("POST", "/documents", {"title": "a"})).json()["id"]
    await ada.call("PUT", f"/documents/{document}/link", {"role": "editor"})
    url = (await ada.call("GET", f"/documents/{document}/link")).json()["url"]
    guest = {"X-Quire-Link": url.partition("#link=")[2]}
    invited = (await ada.call("POST", "/invitations", {})).json()["url"].split("#")[1]
    stranger = Browser(node.app)
    assert (await stranger.call("GET", f"/documents/{document}", None, **guest)).status_code == 200
    with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
        for table in ("links", "invitations", "sessions"):
            catalogue.execute(f"UPDATE {table} SET expires_at={value}")
    assert (await stranger.call("GET", f"/documents/{document}", None, **guest)).status_code == 404
    assert (await stranger.call("POST", "/invitations/preview", {"token": invited})).status_code == 404
    assert (await ada.call("GET", "/documents")).status_code == 401
