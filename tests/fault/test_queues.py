"""Each consumer in turn is held up under load: the queue before it fills to its limit and no further."""

from __future__ import annotations

import asyncio
import urllib.error
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, AsyncExitStack

import pycrdt
import pytest

from conftest import QuireProcess
from locks import write_locked
from person import Person, agreed
from quire.sync import wire
from rawclient import appended, as_guest, connected, link
from stalls import children, memory, stopped, until

PAD = "y" * 4000
ROOM_LIMIT = 400_000
FLAT = 48 * 1024 * 1024
"""Growth of memory that counts as flat: the limits, the interpreter's own slack, and nothing that grows with time."""


async def write_past_the_limit(author: Person) -> list[str]:
    """Write until the server refuses, then some more."""
    words: list[str] = []
    beyond = 0
    while beyond < 20:
        words.append(f"w{len(words)}")
        author.insert(len(author.text), f"{words[-1]} {PAD} ")
        beyond += author.refused > 0
        await asyncio.sleep(0.002)
        assert len(words) < 20 * ROOM_LIMIT // len(PAD), "nothing is refused"
    return words


async def nothing_is_lost(
    server: QuireProcess,
    stall: Callable[[], AbstractContextManager[object]],
    depth: str,
    prepare: Callable[[Person], Awaitable[None]],
) -> None:
    document, elsewhere = server.new_document(), server.new_document()
    author, calm = Person("author", server, document), Person("calm", server, elsewhere)
    async with author.online():
        await author.start("start ")
        await prepare(author)
        before = await asyncio.to_thread(memory, server)
        with stall():
            words = await write_past_the_limit(author)
            full = await asyncio.to_thread(server.metric, depth)
            # An eighth is left for others.
            assert ROOM_LIMIT * 7 // 8 - 2 * len(PAD) < full <= ROOM_LIMIT * 7 // 8
            assert any(note.get("reason") == "storage" for note in author.told)
            assert await asyncio.to_thread(memory, server) - before < FLAT
            async with calm.online():
                # Others are not held up: what needs nothing from the stalled part goes on.
                await calm.until(lambda: len(calm.fragment.children) > 0, "another document opens")
        await author.cut_off()
    other = Person("other", server, document)
    async with author.online(), other.online():
        await author.saved()
        await agreed(author, other)
    assert [word for word in words if f"{word} " not in server.text(document) + " "] == []
    await until(lambda: server.metric(depth) == 0, "the queue is empty again")


@pytest.mark.fm("FM-139")
async def test_a_stalled_log_writer(launch: Callable[..., QuireProcess]) -> None:
    server = launch(unsaved_room_limit=str(ROOM_LIMIT))

    async def prepare(author: Person) -> None:
        return None

    await nothing_is_lost(server, lambda: write_locked(server.data / "log.db"), "unsaved_bytes", prepare)


async def test_who_has_much_that_waits_leaves_room_for_others(launch: Callable[..., QuireProcess]) -> None:
    server = launch(unsaved_room_limit=str(ROOM_LIMIT))
    document = server.new_document()
    token = link(server, document, "editor")
    author = Person("author", server, document)
    async with author.online(), connected(server, document) as guest:
        await author.start("start ")
        await as_guest(guest, token)
        with write_locked(server.data / "log.db"):
            await write_past_the_limit(author)
            guest.send(wire.sync_update(appended(0, "a paragraph" + 2 * PAD, 77)))
            guest.send(wire.sync_step1(b"\x00"))
            assert b"a paragraph" in await guest.until(b"\x00\x01")
        assert await guest.until(b"\x08") == wire.SAVED
        await author.cut_off()


async def test_who_has_much_that_waits_in_many_documents_leaves_room_for_others(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch(unsaved_room_limit=str(ROOM_LIMIT), unsaved_limit=str(2 * ROOM_LIMIT))
    theirs = server.new_document()
    token = link(server, theirs, "editor")
    authors = [Person("author", server, server.new_document()) for _ in range(3)]
    async with AsyncExitStack() as stack:
        guest = await stack.enter_async_context(connected(server, theirs))
        for author in authors:
            await stack.enter_async_context(author.online())
            await author.start("start ")
        await as_guest(guest, token)
        with write_locked(server.data / "log.db"):
            for author in authors:
                await write_past_the_limit(author)
            guest.send(wire.sync_update(appended(0, "a paragraph" + 2 * PAD, 77)))
            guest.send(wire.sync_step1(b"\x00"))
            assert b"a paragraph" in await guest.until(b"\x00\x01")
        assert await guest.until(b"\x08") == wire.SAVED
        for author in authors:
            await author.cut_off()


@pytest.mark.fm("FM-139")
async def test_a_stalled_worker_process(launch: Callable[..., QuireProcess]) -> None:
    server = launch(unsaved_room_limit=str(ROOM_LIMIT), heavy_update="2000")

    async def prepare(author: Person) -> None:
        author.insert(0, f"first {PAD} ")
        await author.saved()

    await nothing_is_lost(server, lambda: stopped(children(server, "quire.crdt.worker")[0]), "waiting_bytes", prepare)


@pytest.mark.fm("FM-139")
async def test_a_socket_that_is_not_read(launch: Callable[..., QuireProcess]) -> None:
    mark, burst = 64 * 1024, 50
    server = launch(outbound_high=str(mark), outbound_time="120")
    document = server.new_document()
    writer, reader = Person("writer", server, document), Person("reader", server, document)
    async with writer.online(), reader.online(), connected(server, document, receive_buffer=4096) as stuck:
        await writer.start("start ")
        seen: pycrdt.Doc = pycrdt.Doc()
        fragment = seen.get("default", type=pycrdt.XmlFragment)
        stuck.send(b"\x02\x00" + wire.var_string(server.token) + wire.var_string("4.8.0"))
        stuck.send(wire.sync_step1(b"\x00"))
        seen.apply_update(wire.read_var_bytes(await stuck.until(b"\x00\x01"), 2)[0])
        stuck.reader._transport.pause_reading()  # type: ignore[attr-defined]
        before = await asyncio.to_thread(memory, server)
        words = []
        for number in range(800):
            words.append(f"w{number}")
            writer.insert(len(writer.text), f"{words[-1]} ")
            writer.insert(0, PAD)
            del writer.paragraph[0 : len(PAD)]
            if number % burst == burst - 1:
                await writer.saved()
        await reader.until(lambda: words[-1] in reader.text, "everything, at those who read")
        assert await asyncio.to_thread(server.metric, "blocked_sockets") == 1
        # The mark, and the frame that passed it: at most all that was written between two waits.
        full = await asyncio.to_thread(server.metric, "outbound_bytes")
        assert mark <= full < mark + (burst + 1) * len(PAD)
        assert await asyncio.to_thread(memory, server) - before < FLAT
        stuck.reader._transport.resume_reading()  # type: ignore[attr-defined]
        async with asyncio.timeout(30):
            while f"{words[-1]} " not in str(fragment):
                body = await stuck.until(b"\x00")
                if body[1] in (wire.STEP2, wire.UPDATE):
                    seen.apply_update(wire.read_var_bytes(body, 2)[0])
        assert [word for word in words if f"{word} " not in str(fragment)] == []
    await until(lambda: server.metric("blocked_sockets") == 0, "nobody is blocked")


@pytest.mark.fm("FM-139")
async def test_a_stalled_compactor(launch: Callable[..., QuireProcess]) -> None:
    server = launch(snapshot_updates="20")
    documents = [server.new_document() for _ in range(5)]
    people = [Person(f"p{number}", server, document) for number, document in enumerate(documents)]

    async def write(person: Person, start: int) -> None:
        async with person.online():
            if not person.ready:
                await person.start("start ")
            for number in range(start, start + 60):
                person.insert(len(person.text), f"w{number} ")
            await person.saved()

    await write(people[0], 0)
    await until(lambda: server.metric("log_compactions_total") >= 1, "a first compaction")
    with stopped(children(server, "quire.ops.children")[0]):
        await write(people[0], 60)
        # The compactor is at work on this one, and stuck, once it is not in its queue any more.
        await until(lambda: server.metric("compaction_waiting") == 0, "the compactor took it")
        before = await asyncio.to_thread(memory, server)
        for person in people[1:]:
            await write(person, 0)
        # One entry a document, however much is written; writing and saving go on.
        await until(lambda: server.metric("compaction_waiting") >= 4, "documents wait")
        await write(people[1], 60)
        assert await asyncio.to_thread(server.metric, "compaction_waiting") <= len(documents)
        assert await asyncio.to_thread(memory, server) - before < FLAT
        done = await asyncio.to_thread(server.metric, "log_compactions_total")
    await until(lambda: server.metric("log_compactions_total") >= done + 5, "all are compacted")
    await until(lambda: server.metric("compaction_waiting") == 0, "none waits")
    for person in people:
        assert server.text(person.document).split() == person.text.split()


@pytest.mark.fm("FM-139")
async def test_a_stalled_converter(launch: Callable[..., QuireProcess]) -> None:
    server = launch(conversions="3")
    document = server.new_document()
    author = Person("author", server, document)
    async with author.online():
        await author.start("start ")
        # Such a document may be made so that it takes long: it is no work for the process that serves.
        author.insert(0, "x" * 5000)
        await author.saved()
    server.text(document)
    with stopped(children(server, "quire.ops.children")[0]):
        reading = [asyncio.create_task(asyncio.to_thread(server.text, document)) for _ in range(3)]
        await until(lambda: server.metric("conversions") == 3, "three wait")
        with pytest.raises(urllib.error.HTTPError, match="503") as refused:
            await asyncio.to_thread(server.text, document)
        assert refused.value.headers["Retry-After"] == "2"
        async with author.online():
            author.insert(0, "writing goes on ")
            await author.saved()
    assert all("start" in text for text in await asyncio.gather(*reading))
    assert "writing goes on" in server.text(document)
