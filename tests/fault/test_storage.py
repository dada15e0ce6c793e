"""Storage that is slow, full, read-only or gone in the middle of a commit."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
import urllib.error
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pycrdt
import pytest

from conftest import QuireProcess
from locks import write_locked
from nodes import DOCUMENT, Guest, Node, made_log, until
from person import Person, agreed
from quire.db.engine import Database
from quire.fanout.local import LocalBus
from quire.log.contract import Stored
from quire.storage.failure import StorageUnavailable
from quire.sync import wire
from quire.sync.rooms.registry import LoadFailed
from rawclient import connected


@asynccontextmanager
async def two_online(server: QuireProcess, document: str, words: str) -> AsyncIterator[tuple[Person, Person]]:
    """Have an author who has written `words` and somebody else in a document."""
    author, other = Person("author", server, document), Person("other", server, document)
    async with author.online():
        await author.start(words)
        async with other.online():
            await other.until(lambda: other.ready, "the paragraph")
            yield author, other


@pytest.mark.fm("FM-030")
async def test_what_others_saw_comes_back_although_server_and_author_died_before_the_commit(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    document = server.new_document()
    async with two_online(server, document, "before. ") as (author, other):
        with write_locked(server.data / "log.db"):
            author.insert(len(author.text), "seen but not saved.")
            await other.until(lambda: "not saved" in other.text, "the words, before any commit")
            assert author.unsaved == 1
            server.stop(signal.SIGKILL)
        assert author.unsaved == 1
    server.start()
    assert "not saved" not in server.text(document)
    async with other.online():
        await other.saved()
    assert "before. seen but not saved." in server.text(document)


@pytest.mark.fm("FM-073")
async def test_slow_commits_a_checkpoint_and_a_vacuum_delay_saved_and_not_seen(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    document = server.new_document()
    async with two_online(server, document, "start ") as (author, other):

        async def exchange(word: str) -> tuple[float, float]:
            started = time.monotonic()
            author.insert(len(author.text), word + " ")
            await other.until(lambda: word in other.text, word)
            seen = time.monotonic() - started
            await author.saved()
            return seen, time.monotonic() - started

        quick = sorted([await exchange(f"quick{number}") for number in range(20)])
        slow: list[tuple[float, float]] = []
        for number in range(20):
            with write_locked(server.data / "log.db"):
                task = asyncio.create_task(exchange(f"slow{number}"))
                await asyncio.sleep(0.2)
            slow.append(await task)
        with closing(ballasted(server.data / "log.db")) as operator:
            for word, work in (("checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)"), ("vacuum", "VACUUM")):
                upkeep = asyncio.create_task(asyncio.to_thread(operator.execute, work))
                while not await asyncio.to_thread(locked, server.data / "log.db"):
                    assert not upkeep.done(), f"{work} was over before it was seen to hold the file"
                author.insert(len(author.text), word + " ")
                await other.until(lambda word=word: word in other.text, f"{word}, while the file is held")
                assert not upkeep.done(), f"{word} was seen only after {work}"
                assert author.unsaved == 1
                await upkeep
                await author.saved()
        slow.sort()
        assert slow[17][0] < quick[17][0] + 0.1
        assert min(saved for _, saved in slow) > 0.15
        await agreed(author, other)
    server.stop(signal.SIGKILL)
    server.start()
    words = server.text(document).split()
    assert set(words) >= {f"{kind}{number}" for kind in ("quick", "slow") for number in range(20)}
    assert {"checkpoint", "vacuum"} <= set(words)


def ballasted(log: Path) -> sqlite3.Connection:
    """Open the log as an operator, and put so much into it that a checkpoint and a vacuum take their time."""
    operator = sqlite3.connect(log, isolation_level=None, timeout=20, check_same_thread=False)
    operator.execute("PRAGMA wal_autocheckpoint=0")
    operator.execute("BEGIN")
    operator.execute("CREATE TABLE ballast(bytes BLOB)")
    operator.executemany("INSERT INTO ballast VALUES(zeroblob(?))", [(4 * 1024 * 1024,)] * 32)
    operator.execute("COMMIT")
    return operator


def locked(log: Path) -> bool:
    """Whether somebody else is writing to the log now."""
    with closing(sqlite3.connect(log, isolation_level=None, timeout=0)) as probe:
        try:
            probe.execute("BEGIN IMMEDIATE")
            probe.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return True
    return False


def refusing(log: Path, words: str) -> None:
    """Have storage refuse for good every update that holds these words."""
    with closing(sqlite3.connect(log, timeout=20)) as operator, operator:
        operator.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON updates WHEN instr(NEW.payload, x'{words.encode().hex()}') "
            "BEGIN SELECT RAISE(ABORT, 'this row cannot be stored'); END"
        )


def refusals(person: Person) -> list[object]:
    return [note["reason"] for note in person.told if note["type"] == "refused"]


@pytest.mark.fm("FM-060")
async def test_an_update_that_storage_refuses_for_good_is_told_and_nothing_that_builds_on_it_is_called_saved(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    document = server.new_document()
    log = server.data / "log.db"
    ann, bob, eve, new = (Person(name, server, document) for name in ("ann", "bob", "eve", "new"))
    async with ann.online():
        await ann.start("start ")
        async with bob.online(), eve.online():
            for person in (bob, eve):
                await person.until(lambda person=person: person.ready, "the paragraph")
                await person.saved()
            refusing(log, "poison")
            # What gathers while the file is held goes into one commit.
            with write_locked(log):
                ann.insert(0, "before ")
                await eve.until(lambda: "before" in eve.text, "ann's words")
                eve.insert(0, "poison ")
                await bob.until(lambda: "poison" in bob.text, "eve's words, although they are not stored")
                bob.insert(len("poison "), "reply ")
                await ann.until(lambda: "reply" in ann.text, "what builds on them")
                ann.insert(len(ann.text), "apart ")
                await bob.until(lambda: "apart" in bob.text, "everyone's words")
            # Nobody goes on looking at what is not stored: all are to load the document anew.
            for person in (ann, bob, eve):
                await person.cut_off()
            assert (bob.unsaved, eve.unsaved) == (1, 1)
            assert refusals(eve) == ["unstorable"]
            assert "this row cannot be stored" in str(eve.told[-1]["detail"])
    async with new.online(), ann.online(), bob.online(), eve.online():
        await new.until(lambda: new.text == "before start apart ", "what is stored")
        # They still have the refused words, and are told that those cannot be saved.
        for person in (ann, bob, eve):
            await person.until(lambda person=person: "unstorable" in refusals(person), "why they are not saved")
        told = bob.refused
        bob.insert(len(bob.text), "bob after his reply ")
        await bob.until(lambda: bob.refused > told, "that it builds on the refused words")
        assert bob.unsaved == 2
        # What does not is saved and seen as before, and nobody has to load again.
        ann.insert(len(ann.text), "later ")
        new.insert(len(new.text), "fresh ")
        await new.saved()
        await ann.until(lambda: ann.unsaved == 1, "saved, but for the refused words")
        await new.until(lambda: "later" in new.text, "ann's words")
        assert "poison" not in new.text
        assert "reply" not in new.text
        assert server.metric("sync_resets_total") == server.metric("log_refused_total") == 1
        seen = new.text
    server.stop(signal.SIGKILL)
    with closing(sqlite3.connect(log)) as connection:
        numbers = [n for (n,) in connection.execute("SELECT seq FROM updates WHERE document=? ORDER BY 1", (document,))]
    assert numbers == list(range(1, len(numbers) + 1))
    server.start()
    assert server.text(document).strip() == seen.strip()
    # Another run of the server comes to the same end with who still has them.
    told = len(refusals(bob))
    async with bob.online():
        await bob.cut_off()
    assert refusals(bob)[told:] == ["unstorable"]
    assert server.text(document).strip() == seen.strip()
    assert server.metric("sync_resets_total") == 1


@pytest.mark.fm("FM-098")
async def test_an_old_copy_that_comes_late_or_twice_takes_nothing_back(server: QuireProcess) -> None:
    document = server.new_document()
    old, editor = Person("old", server, document), Person("editor", server, document)
    async with editor.online():
        await editor.start("first version. ")
        async with old.online():
            await old.until(lambda: old.ready, "the copy")
        stale = old.doc.get_update()
        lengths: list[int] = []
        for number in range(100):
            editor.insert(len(editor.text), f"edit{number} ")
        await editor.saved()
        async with old.online():
            # Edits made on the old copy at once, then the old copy once more.
            old.insert(0, "late words ")
            watch = editor.doc.observe(lambda _: lengths.append(len(editor.text)))
            await old.saved()
            old.send_again(stale)
            await old.saved()
            await agreed(old, editor)
            editor.doc.unobserve(watch)
        assert lengths == sorted(lengths)
        assert editor.text.startswith("late words first version. edit0 ")
        assert editor.text.rstrip().endswith("edit99")


@pytest.mark.fm("FM-075")
async def test_a_failing_load_is_an_error_and_never_an_empty_document(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    server = launch()
    document = server.new_document()
    author = Person("author", server, document)
    async with author.online():
        await author.start("precious words")
    server.stop()
    log = server.data / "log.db"
    with closing(sqlite3.connect(log)) as connection, connection:
        connection.execute("UPDATE updates SET payload=zeroblob(length(payload)) WHERE document=?", (document,))
        kept = connection.execute("SELECT count(*) FROM updates WHERE document=?", (document,)).fetchone()
    server.start()
    for _ in range(3):
        async with connected(server, document) as client:
            client.send(b"\x02\x00" + wire.var_string(server.token))
            client.send(wire.sync_step1(b"\x00"))
            frames: list[bytes] = []
            while True:
                opcode, payload = await client.message()
                if opcode == 8:
                    assert int.from_bytes(payload[:2], "big") == 1013
                    assert b"cannot be read now (" in payload
                    break
                frames.append(payload[len(client.prefix) :])
            assert not any(frame[:1] == b"\x00" for frame in frames), "an empty document was sent"
            assert any(b"damaged" in frame for frame in frames)
    # However often browsers come back to ask.
    assert capfd.readouterr().err.count("document cannot be loaded") == 1
    with closing(sqlite3.connect(log)) as connection:
        assert connection.execute("SELECT count(*) FROM updates WHERE document=?", (document,)).fetchone() == kept
    # Somebody who still has the words keeps them and is told to try again.
    assert author.text == "precious words"
    seen: pycrdt.Doc = pycrdt.Doc()
    seen.apply_update(author.doc.get_update())
    assert "precious words" in str(seen.get("default", type=pycrdt.XmlFragment))


@pytest.mark.fm("FM-075")
async def test_whoever_joins_a_slow_load_that_fails_is_told_and_the_next_load_gives_everybody_the_text_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made_log(tmp_path) as log:
        before = Node("before", log, LocalBus())
        author = Guest("ann", 1)
        await author.join(before)
        author.text += "precious words"
        await until(lambda: author.unsaved == 0, "saved", before)
        author.leave()
        await before.close()
        node, guests = Node("n", log, LocalBus()), [Guest(f"g{number}", 10 + number) for number in range(5)]
        answer: asyncio.Future[Stored] = asyncio.get_running_loop().create_future()
        load = log.load
        monkeypatch.setattr(log, "load", lambda _: asyncio.shield(answer))
        joining = [asyncio.create_task(guest.join(node)) for guest in guests]
        # One of them does not wait for the end.
        await until(lambda: node.stats.loads == 1, "the load is under way", node)
        joining[0].cancel()
        answer.set_exception(StorageUnavailable("the disk fails"))
        failed = await asyncio.gather(*joining, return_exceptions=True)
        assert [type(error) for error in failed] == [asyncio.CancelledError, *[LoadFailed] * 4]
        assert all(str(guest.text) == "" and guest.member is None for guest in guests)
        assert len(node.rooms) == 0
        monkeypatch.setattr(log, "load", load)
        for guest in [*guests, author]:
            await guest.join(node)
        everyone = [*guests, author]
        await until(lambda: {str(guest.text) for guest in everyone} == {"precious words"}, "the text, once", node)
        assert (node.stats.loads, node.stats.load_failures) == (2, 1)
        await node.close()


@pytest.mark.fm("FM-075")
async def test_a_document_that_cannot_be_read_leaves_the_others_on_its_socket_open(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    whole, spoilt = server.new_document(), server.new_document()
    author = Person("author", server, spoilt)
    async with author.online():
        await author.start("precious words")
    server.stop()
    with closing(sqlite3.connect(server.data / "log.db")) as log, log:
        log.execute("UPDATE updates SET payload=zeroblob(length(payload)) WHERE document=?", (spoilt,))
    server.start()
    async with connected(server, whole) as client:
        client.send(b"\x02\x00" + wire.var_string(server.token))
        client.send(wire.sync_step1(b"\x00"))
        await client.until(b"\x00\x01")
        first, client.prefix = client.prefix, wire.var_string(spoilt)
        for _ in range(2):
            client.send(b"\x02\x00" + wire.var_string(server.token))
            client.send(wire.sync_step1(b"\x00"))
            assert b"cannot be read now" in await client.until(b"\x07")
        client.send(wire.sync_step1(b"\x00"))
        client.prefix = first
        client.send(wire.sync_step1(b"\x00"))
        await client.until(b"\x00\x01")


@pytest.mark.fm("FM-075")
async def test_text_that_is_gone_is_an_error_and_never_an_empty_document(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    server.new_document()
    document = server.new_document()
    author = Person("author", server, document)
    async with author.online():
        await author.start("precious words")
    server.stop()
    with closing(sqlite3.connect(server.data / "log.db")) as log, log:
        for table in ("heads", "updates", "snapshots", "segments"):
            log.execute(f"DELETE FROM {table} WHERE document=?", (document,))
    server.start()
    async with connected(server, document) as client:
        client.send(b"\x02\x00" + wire.var_string(server.token))
        client.send(wire.sync_step1(b"\x00"))
        assert b"missing from the log" in await client.until(b"\x05")
        assert (await client.closed())[0] == 1013
    with pytest.raises(urllib.error.HTTPError, match="503"):
        server.text(document)
    # New documents work; what is restored from a backup would be read as before.
    assert server.text(server.new_document()) == "\n"


async def test_a_write_to_the_catalogue_that_is_stopped_in_the_middle_ends_at_once(tmp_path: Path) -> None:
    """Whoever stops it waits for it to end: an error in its place was taken for one of storage, and work went on."""
    database, begun = Database.embedded(tmp_path / "catalogue.db"), asyncio.Event()
    long = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n WHERE x<3000000) SELECT count(*) FROM n"

    async def write() -> None:
        async with database.write() as connection:
            await connection.exec_driver_sql("SELECT 1")
            asyncio.get_running_loop().call_soon(begun.set)
            await connection.exec_driver_sql(long)

    writing = asyncio.create_task(write())
    await begun.wait()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.close()


async def test_what_is_erased_does_not_come_back_from_a_room_that_still_ends(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, writer = Node("n", log, LocalBus()), Guest("ada", 1)
        await writer.join(node)
        with write_locked(log.path):
            writer.text += "on its way to the disk"
            await until(lambda: log.queued_bytes > 0, "it waits to be stored", node)
            node.rooms._reset(await node.room())
            dropped = asyncio.create_task(node.rooms.drop(DOCUMENT))
            for _ in range(10):
                await asyncio.sleep(0)
            assert not dropped.done()
        await dropped
        assert log.queued_bytes == 0
        await log.erase(DOCUMENT)
        assert (await log.load(DOCUMENT)).last_seq == 0
        await node.close()


async def test_what_is_erased_while_it_is_loaded_leaves_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made_log(tmp_path) as log:
        node, go_on = Node("n", log, LocalBus()), asyncio.Event()
        load = log.load

        async def slow(document: str) -> Stored:
            await go_on.wait()
            return await load(document)

        monkeypatch.setattr(log, "load", slow)
        opened = asyncio.create_task(node.room())
        await until(lambda: bool(node.rooms._loading), "it is being loaded")
        dropped = asyncio.create_task(node.rooms.drop(DOCUMENT))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.gather(opened, dropped)
        assert node.rooms.get(DOCUMENT) is None
        await node.close()
