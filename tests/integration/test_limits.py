"""Everything is bounded, and what happens at a bound is said to the person who reaches it."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Callable
from contextlib import AsyncExitStack

import pycrdt
import pytest

from conftest import PROVE, QuireProcess, run_node
from person import Person
from quire.crdt.updates import decode_state_vector, inspect
from quire.server.composition import Server
from quire.sync import wire
from quire.sync.rooms.document import LoadedDocument
from rawclient import Client, connected, insertion, joined
from stalls import children, memory, stopped, until
from visitors import Browser, written


@pytest.mark.fm("FM-169")
async def test_a_growing_document_is_warned_of_and_then_refused_but_can_always_shrink(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch(document_warn="40000", document_limit="60000")
    document = server.new_document()
    writer, late = Person("writer", server, document), Person("late", server, document)

    def levels(person: Person) -> list[object]:
        return [note["level"] for note in person.told if note["type"] == "size"]

    def refusals(person: Person) -> list[dict[str, object]]:
        return [note for note in person.told if note["type"] == "refused"]

    async with writer.online():
        await writer.start("start")
        for _ in range(3):
            writer.insert(0, "x" * 10_000)
            await writer.saved()
        assert levels(writer) == []
        for _ in range(2):
            writer.insert(0, "x" * 10_000)
        await writer.until(lambda: levels(writer) == ["warn"], "the warning")
        await writer.saved()
        full = writer.text
        writer.insert(0, "y" * 15_000)
        await writer.until(lambda: bool(refusals(writer)), "the refusal")
        assert refusals(writer)[0]["reason"] == "document-full"
        assert "60000" in str(refusals(writer)[0]["detail"])
        # Whoever comes later is told too; reading and exporting go on, without what was refused.
        async with late.online():
            await late.until(lambda: levels(late) == ["warn"] and late.text == full, "the warning and the text")
        assert server.text(document).strip() == full
        assert full in server.text(document, "html")
    server.stop()
    # Both limits are the operator's to set. The document is far above them now.
    server.environment |= {"QUIRE_DOCUMENT_WARN": "20000", "QUIRE_DOCUMENT_LIMIT": "30000"}
    server.start()
    late.told.clear()
    async with late.online():
        await late.saved()
        late.insert(0, "more ")
        await late.until(lambda: bool(refusals(late)), "the refusal")
        assert levels(late)[-1] == "full"
        assert server.text(document).strip() == full
        # Deleting is not refused here either, and makes room for what was.
        del late.paragraph[5:40_005]
        await late.until(lambda: late.unsaved == 1, "the deletion is saved")
        assert len(refusals(late)) == 1
        async with asyncio.timeout(20):
            while server.text(document).strip() != late.text:
                late.send_again(late.doc.get_update())
                await asyncio.sleep(0.1)
    assert late.text == "more " + "x" * 10_000 + "start"


async def test_an_update_above_the_largest_is_refused_by_name_and_counted(launch: Callable[..., QuireProcess]) -> None:
    server = launch(max_update="200000")
    async with connected(server, server.new_document()) as client:
        await joined(client, server)
        client.send(wire.sync_update(insertion("x" * 250_000)))
        assert await client.until(b"\x08") == wire.NOT_SAVED
        told = await client.until(b"\x05")
        assert b"too-big" in told
        assert b"200000" in told
        assert server.metric("sync_refused_total") == 1
        client.send(wire.sync_update(insertion("small")))
        assert await client.until(b"\x08") == wire.SAVED


async def test_a_silent_peer_is_dropped_with_its_cursor(launch: Callable[..., QuireProcess]) -> None:
    server = launch(ping_interval="1", pong_timeout="2")
    document = server.new_document()

    async with connected(server, document) as watching, connected(server, document) as silent:
        await joined(watching, server)
        silent.answers_pings = False
        await joined(silent, server)
        entry = wire.PresenceEntry(77, 1, '{"user":{"name":"Silent"}}')
        silent.send(wire.awareness(wire.encode_awareness([entry])))
        here = await watching.until(b"\x01")
        assert b"Ada" in here
        started = time.monotonic()
        gone = await watching.until(b"\x01")
        assert b"null" in gone
        # pong_timeout, one round of pings, and the presence lane's own pause.
        assert time.monotonic() - started < 2 + 2 + 2
    assert server.metric("sync_closed_dead_total") == 1


@pytest.mark.fm("FM-046", size="6,000 updates")
async def test_a_slow_reader_costs_a_bounded_buffer_and_catches_up_with_one_diff(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch(outbound_time="120")
    document = server.new_document()
    rounds, at_once = 6000 if PROVE else 1200, 20
    async with AsyncExitStack() as stack:
        writer, reader = Person("writer", server, document), Person("reader", server, document)
        await stack.enter_async_context(writer.online())
        await writer.start("start ")
        await stack.enter_async_context(reader.online())
        slow = await stack.enter_async_context(connected(server, document, receive_buffer=4096))
        slow.send(b"\x02\x00" + wire.var_string(server.token) + wire.var_string("4.8.0"))
        slow.send(wire.sync_step1(b"\x00"))
        seen: pycrdt.Doc = pycrdt.Doc()
        fragment = seen.get("default", type=pycrdt.XmlFragment)

        async def words_of_a_frame() -> int:
            """Take the next content that the slow reader is sent, all of it new; returns how many words it brings."""
            body = await slow.until(b"\x00")
            while body[1] not in (1, 2):
                body = await slow.until(b"\x00")
            update, _ = wire.read_var_bytes(body, 2)
            known, had = decode_state_vector(seen.get_state()), str(fragment).count("w")
            assert all(start == known.get(client, 0) for client, start, _ in inspect(update).ranges)
            seen.apply_update(update)
            return str(fragment).count("w") - had

        async def shown_after(mark: str) -> float:
            """Return the seconds until the other reader has a mark."""
            started = time.monotonic()
            writer.insert(0, mark)
            await reader.until(lambda: mark in reader.text, mark)
            return time.monotonic() - started

        await words_of_a_frame()
        calm = [await shown_after(f"calm{number} ") for number in range(20)]
        slow.reader._transport.pause_reading()  # type: ignore[attr-defined]
        beside: list[float] = []
        before = memory(server)
        for number in range(rounds):
            # A screenful comes and goes, so that the document stays small while the traffic does not.
            writer.insert(0, "z" * 8000)
            del writer.paragraph[0:8000]
            writer.insert(len(writer.text), f"w{number} ")
            if number % at_once == at_once - 1:
                await writer.saved()
                beside.append(await shown_after(f"beside{number} "))
        await writer.saved()
        await reader.until(lambda: f"w{rounds - 1} " in reader.text, "the last word, beside a slow reader")
        # Nobody else waits for it. The bound is a quarter of a second; test machines get four times that.
        assert sorted(beside)[int(len(beside) * 0.99)] < max(calm) + (0.25 if PROVE else 1.0)
        assert server.metric("sync_conflated_total") == 1
        assert memory(server) - before < 64 * 1024 * 1024
        slow.reader._transport.resume_reading()  # type: ignore[attr-defined]
        # Without being asked: what was under way, a tick at a time, and then all the rest in one frame.
        frames: list[int] = []
        async with asyncio.timeout(60):
            while sum(frames) < rounds:
                frames.append(await words_of_a_frame())
        assert str(fragment) == str(writer.fragment)
        print(f"{len(frames) - 1} frames were under way with {sum(frames[:-1])} words, the last brought {frames[-1]}")
        assert max(frames[:-1]) <= 2 * at_once < frames[-1]
        # Increments again, and nothing twice.
        for number in range(3):
            writer.insert(len(writer.text), f"w{rounds + number} ")
            assert await words_of_a_frame() == 1
        assert str(fragment) == str(writer.fragment)


def chain(operations: int, client: int) -> bytes:
    """An update of single letters that the next one continues each, as no client sends them."""
    number = wire.var_uint
    items = [b"\x04\x01\x01t\x01x"] + [
        b"\x84" + number(client) + number(clock - 1) + b"\x01x" for clock in range(1, operations)
    ]
    return b"\x01" + number(operations) + number(client) + b"\x00" + b"".join(items) + b"\x00"


@pytest.mark.fm("FM-132")
async def test_a_huge_update_and_a_huge_paste_do_not_hold_up_other_rooms(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    busy, calm = server.new_document(), server.new_document()
    update = chain(1_000_000, client=4242)
    paste: pycrdt.Doc = pycrdt.Doc()
    paste.get("t", type=pycrdt.Text).insert(0, "paste " * 1_750_000)
    delays: list[float] = []
    one, two = Person("one", server, calm), Person("two", server, calm)
    async with one.online():
        await one.start("calm ")
        async with two.online(), connected(server, busy) as big:
            await two.until(lambda: two.ready, "the calm room")
            await joined(big, server)
            big.send(wire.sync_update(update))
            big.send(wire.sync_update(paste.get_update()))
            saved = asyncio.create_task(two_answers(big))
            word = 0
            # A quick judgement leaves time for a few words only; a hundredth needs more.
            while not saved.done() or len(delays) <= 20:
                started = time.monotonic()
                one.insert(0, f"c{word} ")
                await two.until(lambda word=word: f"c{word} " in two.text, "a word in the calm room")
                delays.append(time.monotonic() - started)
                word += 1
                await asyncio.sleep(0.01)
            assert await saved == [wire.NOT_SAVED, wire.SAVED]
    delays.sort()
    # The documented bound is a quarter of a second; test machines get four times that.
    assert delays[int(len(delays) * 0.99)] < 1.0, delays[-5:]


@pytest.mark.fm("FM-132")
async def test_heavy_work_is_never_in_a_turn_of_the_loop(launch: Callable[..., QuireProcess]) -> None:
    """What a process of its own does not get done holds nobody up, however long it takes."""
    server = launch(unsaved_room_limit="64000000")
    busy, calm = server.new_document(), server.new_document()
    one, two = Person("one", server, calm), Person("two", server, calm)
    async with one.online(), two.online(), connected(server, busy) as big:
        await one.start("calm ")
        await two.until(lambda: two.ready, "the calm room")
        await joined(big, server)
        big.send(wire.sync_update(insertion("first " * 50_000)))
        assert await big.until(b"\x08") == wire.SAVED
        (worker,) = children(server, "quire.crdt.worker")
        with stopped(worker):
            big.send(wire.sync_update(insertion("paste " * 1_750_000)))
            big.send(wire.sync_update(chain(1_000_000, client=4242)))
            saved = asyncio.create_task(two_answers(big))
            for word in range(50):
                one.insert(0, f"c{word} ")
                await two.until(lambda word=word: f"c{word} " in two.text, "a word in the calm room")
                await one.saved()
            await until(lambda: server.metric("waiting_bytes") > 4_000_000, "one is tried, the other waits")
            assert not saved.done()
        assert sorted(await saved) == sorted([wire.SAVED, wire.NOT_SAVED])


async def two_answers(client: Client) -> list[bytes]:
    answers: list[bytes] = []
    while len(answers) < 2:
        opcode, payload = await client.message(120)
        body = payload[len(client.prefix) :]
        if opcode == 2 and body[:1] == b"\x08":
            answers.append(body)
        elif opcode == 2 and body[:1] == b"\x05":
            assert b"continue each other" in body
    return answers


@pytest.mark.fm("FM-050", size="10,000 sockets")
async def test_idle_sockets_are_cheap_share_documents_and_are_counted(launch: Callable[..., QuireProcess]) -> None:
    count = 10_000 if PROVE else 1_000
    # Nobody reads on the idle clients, so nobody answers pings.
    server = launch(max_sockets=str(count + 1), pong_timeout="600")
    documents = [server.new_document() for _ in range(20)]
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(connected(server, documents[0]))
        await joined(first, server)
        before, gate = memory(server), asyncio.Semaphore(50)

        async def open_one(number: int) -> None:
            async with gate:
                client = await stack.enter_async_context(connected(server, documents[number % 20]))
                await joined(client, server)

        await asyncio.gather(*(open_one(number) for number in range(count)))
        assert server.metric("open_sockets") == count + 1
        # The joins themselves leave the allocator larger; with few sockets that share is not small.
        assert (memory(server) - before) / count < (20 if PROVE else 40) * 1024
        with pytest.raises(ConnectionRefusedError, match=rf"has reached its {count + 1} sockets"):
            await stack.enter_async_context(connected(server, documents[0]))
    await until(lambda: server.metric("open_sockets") == 0, "all sockets are gone")
    # The unchanged provider opens twenty documents on one socket.
    run_node("many.mjs", server.url, server.token, *documents)


@pytest.mark.fm("FM-056", size="10,000 documents")
async def test_memory_comes_back_when_documents_are_left(launch: Callable[..., QuireProcess]) -> None:
    """Left documents stay for an hour here, so that it is the budget which has them leave."""
    count = 10_000 if PROVE else 300
    budget = 16 * 1024 * 1024
    server = launch(room_grace="3600", room_budget=str(budget))
    documents = [server.new_document() for _ in range(count)]
    gate = asyncio.Semaphore(20)

    async def write(document: str) -> None:
        async with gate, Person("p", server, document).online() as person:
            await person.start("words " * 2000)

    async def timed(document: str) -> float:
        async with gate:
            started = time.monotonic()
            await visit(server, document)
            return time.monotonic() - started

    await asyncio.gather(*map(write, documents[:50]))
    assert server.metric("sync_evictions_total") == 0
    before, used = memory(server), server.metric("rooms_bytes")
    await asyncio.gather(*map(write, documents[50:]))
    assert used / 50 * count > 2 * budget
    await until(lambda: server.metric("rooms_bytes") <= budget, "rooms are back under the budget")
    # No more left than had to.
    assert server.metric("open_rooms") > budget / (used / 50) - 25
    assert memory(server) - before < budget + 32 * 1024 * 1024
    # Each opens again, within two seconds even with twenty at once.
    assert max(await asyncio.gather(*map(timed, documents[:100]))) < 2


@pytest.mark.fm("FM-056")
@pytest.mark.parametrize("size", [5, 500_000], ids=["here", "in a worker"])
async def test_a_room_that_was_left_is_gone_without_the_collector(node: Server, ada: Browser, size: int) -> None:
    """A full collection comes once in a million rooms, and all that was written to them would wait for it."""
    gc.collect()
    gc.disable()
    try:
        document, _ = await written(ada, "Left", "w" * size)
        room = node.rooms.get(document)
        assert room is not None
        left = weakref.ref(room)
        del room
        node.rooms.sweep(asyncio.get_running_loop().time() + 1000)
        async with asyncio.timeout(5):
            while left() is not None or any(isinstance(known, LoadedDocument) for known in gc.get_objects()):
                await asyncio.sleep(0.01)
    finally:
        gc.enable()


@pytest.mark.fm("FM-056")
async def test_rooms_that_nobody_is_in_leave_memory_after_a_while(launch: Callable[..., QuireProcess]) -> None:
    server = launch(room_grace="0.5")
    for document in [server.new_document() for _ in range(5)]:
        async with Person("p", server, document).online() as person:
            await person.start("words ")
            assert server.metric("open_rooms") >= 1
    await until(lambda: server.metric("open_rooms") == 0, "rooms leave memory")
    assert server.metric("rooms_bytes") == 0


LONG = "x" * 40_000
ROOM_BYTES = 13 * len(LONG)
"""What a room takes whose document is this long and was edited lately, about."""


async def visit(server: QuireProcess, document: str) -> None:
    async with connected(server, document) as client:
        await joined(client, server)


@pytest.mark.fm("FM-056")
async def test_the_budget_takes_those_that_were_used_least_lately(launch: Callable[..., QuireProcess]) -> None:
    server = launch(room_grace="3600", room_budget=str(int(6.5 * ROOM_BYTES)))
    documents = [server.new_document() for _ in range(8)]

    async def write(document: str) -> None:
        async with Person("p", server, document).online() as person:
            await person.start(LONG)

    async def is_here(document: str) -> bool:
        loads = server.metric("sync_loads_total")
        await visit(server, document)
        return server.metric("sync_loads_total") == loads

    for document in documents[:5]:
        await write(document)
    # The oldest is read once more, which makes the second and third the next to go.
    assert await is_here(documents[0])
    for document in documents[5:]:
        await write(document)
    await until(lambda: server.metric("rooms_bytes") <= 6.5 * ROOM_BYTES, "back under the budget")
    assert server.metric("sync_evictions_total") == 2
    assert [await is_here(documents[number]) for number in (0, 3, 4, 5, 6, 7, 1, 2)] == [True] * 6 + [False] * 2


@pytest.mark.fm("FM-056")
async def test_over_the_budget_rooms_in_use_give_up_their_live_copy_and_work_on(
    launch: Callable[..., QuireProcess],
) -> None:
    budget = 2 * ROOM_BYTES
    server = launch(room_grace="3600", room_budget=str(budget))
    async with AsyncExitStack() as stack:
        writers, readers = [], []
        for document in [server.new_document() for _ in range(4)]:
            writer, reader = Person("writer", server, document), Person("reader", server, document)
            await stack.enter_async_context(writer.online())
            await writer.start(LONG)
            readers.append(await stack.enter_async_context(reader.online()))
            writers.append(writer)
        for word in ("once ", "again "):
            for writer, reader in zip(writers, readers, strict=True):
                writer.insert(0, word)
                await reader.until(lambda reader=reader, word=word: reader.text.startswith(word), word)
                await writer.saved()
            # Live copies of all four would take twice the budget; their bytes take little.
            await until(lambda: server.metric("rooms_bytes") <= budget, "live copies were given up")
            assert server.metric("open_rooms") == 4
        assert server.metric("sync_evictions_total") == 0
    assert [server.text(writer.document).strip() for writer in writers] == ["again once " + LONG] * 4
