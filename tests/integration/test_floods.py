"""A client that asks for much, or for much at once, costs a bounded part of the node and holds nobody up."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import httpx
import pycrdt
import pytest
from PIL import Image

from conftest import QuireProcess
from quire.access.contract import Role
from quire.server.composition import Server
from quire.settings import Settings
from quire.sync import wire
from quire.sync.exchange import RequestSender, Visitor
from quire.sync.gateway import WORK_BURST
from quire.sync.opendocument import OpenDocument
from quire.sync.rooms.member import Member
from rawclient import Client, appended, as_guest, connected, fan, insertion, joined, link
from stalls import memory
from visitors import Browser

MIB = 1024 * 1024


def hold(client: Client) -> None:
    """Read nothing more from here on."""
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]


def release(client: Client) -> None:
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]


def shown(client: int, state: dict[str, object]) -> bytes:
    return wire.awareness(wire.encode_awareness([wire.PresenceEntry(client, 1, json.dumps(state))]))


async def received(client: Client, most: float = 1.0) -> list[bytes]:
    """Return the messages up to a pause."""
    found: list[bytes] = []
    while True:
        try:
            opcode, payload = await client.message(most)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            return found
        if opcode == 2:
            found.append(payload[len(client.prefix) :])


async def answered(client: Client, clock: int) -> float:
    """Return the seconds that an own word takes to be saved."""
    started = time.monotonic()
    client.send(wire.sync_update(appended(clock, "x")))
    assert await client.until(b"\x08") == wire.SAVED
    return time.monotonic() - started


async def test_a_thousand_questions_of_a_client_that_does_not_read_get_one_answer(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "viewer")
    async with connected(server, document) as owner:
        await joined(owner, server)
        words = os.urandom(500_000).hex()
        owner.send(wire.sync_update(appended(0, words)))
        assert await owner.until(b"\x08") == wire.SAVED
        async with connected(server, document, receive_buffer=4096) as asking:
            await as_guest(asking, token)
            hold(asking)
            before = memory(server)
            for _ in range(1500):
                asking.send(wire.sync_step1(b"\x00"))
            asking.send(wire.sync_step1(b"\x01\x09\x05"))
            await asking.writer.drain()
            await answered(owner, len(words))
            assert memory(server) - before < 64 * MIB
            release(asking)
            answers = [body for body in await received(asking, 3) if body.startswith(b"\x00\x01")]
            assert 1 <= len(answers) <= 10
            # The last question is answered: it has the first five characters already.
            assert words[:10].encode() not in answers[-1]
            assert words[-10:].encode() in answers[-1]


async def test_asking_who_is_here_again_and_again_gets_one_answer(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "viewer")
    async with connected(server, document) as owner, connected(server, document, receive_buffer=4096) as asking:
        await joined(owner, server)
        await as_guest(asking, token)
        for number in range(8):
            owner.send(shown(number, {"u": "x" * 8000}))
            await asking.until(b"\x01")
        hold(asking)
        before = memory(server)
        for _ in range(3000):
            asking.send(b"\x03")
        await asking.writer.drain()
        await answered(owner, 0)
        assert memory(server) - before < 32 * MIB
        release(asking)
        answers = [body for body in await received(asking) if body.startswith(b"\x01")]
        assert 1 <= len(answers) < 200


async def test_pings_of_a_client_that_does_not_read_pile_nothing_up(launch: Callable[..., QuireProcess]) -> None:
    server = launch(limits="on", socket_messages_per_second="20000")
    document = server.new_document()
    async with connected(server, document) as owner, connected(server, document, receive_buffer=4096) as pinging:
        await joined(owner, server)
        await joined(pinging, server)
        hold(pinging)
        before = memory(server)
        for number in range(60_000):
            pinging.frame(number.to_bytes(4, "big") + b"p" * 100, opcode=9)
            if number % 1000 == 0:
                await pinging.writer.drain()
        await answered(owner, 0)
        assert memory(server) - before < 32 * MIB
        release(pinging)
        last = 0
        while last != 59_999:
            opcode, payload = await pinging.message()
            if opcode == 10:
                last = int.from_bytes(payload[:4], "big")


@pytest.mark.parametrize(
    ("opcode", "payload", "fin"), [(9, b"p", True), (10, b"", True), (0, b"", False), (0, b"ab", False)]
)
async def test_frames_of_every_kind_are_metered(
    launch: Callable[..., QuireProcess], opcode: int, payload: bytes, fin: bool
) -> None:
    server = launch(limits="on", socket_messages_per_second="100", auth_timeout="60")
    document = server.new_document()
    async with connected(server, document) as flooding:
        await joined(flooding, server)
        if opcode == 0:
            flooding.frame(b"", fin=False)
        # The burst is 1,000, then a hundred a second: the answer to what comes last takes its time.
        for _ in range(1300):
            flooding.frame(payload, opcode=opcode, fin=fin)
        started = time.monotonic()
        flooding.frame(b"last", opcode=9)
        while await flooding.message() != (10, b"last"):
            pass
        assert 2 < time.monotonic() - started < 10


async def test_the_rate_holds_and_an_honest_burst_gets_through(launch: Callable[..., QuireProcess]) -> None:
    server = launch(limits="on", socket_messages_per_second="100")
    document = server.new_document()
    async with connected(server, document) as client, connected(server, document) as owner:
        await joined(client, server)
        await joined(owner, server)
        started = time.monotonic()
        # All of it is read at once; the burst is 1,000.
        client.writer.write(b"".join(framed(client, wire.sync_update(appended(clock, "y"))) for clock in range(1500)))
        saved = 0
        while saved < 1000:
            assert await client.until(b"\x08") == wire.SAVED
            saved += 1
        early = time.monotonic() - started
        while saved < 1500:
            assert await client.until(b"\x08") == wire.SAVED
            saved += 1
        assert time.monotonic() - started > 4
        assert early < 4
    assert server.metric("sync_received_total") >= 1500


def framed(client: Client, body: bytes) -> bytes:
    message = client.prefix + body
    assert len(message) < 126
    return b"\x82" + bytes((0x80 | len(message),)) + b"\0\0\0\0" + message


async def test_a_client_that_signs_in_again_and_again_holds_up_nobody(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "viewer")
    async with connected(server, document) as again, connected(server, document) as owner:
        await as_guest(again, token)
        again.writer.write(framed(again, b"\x02\x00" + wire.var_string(token)) * 5000)
        await joined(owner, server)
        # Everybody who signs in is answered, but a thousand at once are one question.
        answers = [body for body in await received(again) if body.startswith(b"\x02")]
        assert 1 <= len(answers) < 1000


async def test_a_socket_that_drained_is_not_told_again_who_is_here(server: QuireProcess) -> None:
    document = server.new_document()
    async with connected(server, document) as owner, connected(server, document, receive_buffer=4096) as slow:
        await joined(owner, server)
        await joined(slow, server)
        owner.send(shown(1, {"name": "Ada"}))
        await slow.until(b"\x01")
        clock = 0
        for _ in range(3):
            hold(slow)
            before = server.metric("sync_conflated_total")
            while server.metric("sync_conflated_total") == before:
                words = os.urandom(150_000).hex()
                owner.send(wire.sync_update(appended(clock, words)))
                clock += len(words)
                assert await owner.until(b"\x08") == wire.SAVED
            release(slow)
            assert not [body for body in await received(slow, 2) if body.startswith(b"\x01") and b"Ada" in body]


def deletion(client: int, *runs: tuple[int, int]) -> bytes:
    """The update that deletes runs (clock, length) of one client's words and says nothing else."""
    numbers = b"".join(wire.var_uint(number) for run in runs for number in run)
    return b"\x00\x01" + wire.var_uint(client) + wire.var_uint(len(runs)) + numbers


async def test_a_reader_may_give_back_every_deletion_and_make_none(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "viewer")
    writer: pycrdt.Doc = pycrdt.Doc()
    text = writer.get("t", type=pycrdt.Text)
    fragment = writer.get("f", type=pycrdt.XmlFragment)
    text += "some words that come and go"
    for _ in range(3):
        fragment.children.append(pycrdt.XmlElement("p", contents=[pycrdt.XmlText("inside")]))
    del text[5:9]
    del text[2:4]
    # Whole elements go: their content is collected and leaves runs without content.
    del fragment.children[1]
    async with connected(server, document) as owner, connected(server, document) as reader:
        await joined(owner, server)
        owner.send(wire.sync_update(writer.get_update()))
        assert await owner.until(b"\x08") == wire.SAVED
        await as_guest(reader, token)
        for given in (writer.get_update(), writer.get_update(writer.get_state())):
            reader.send(wire.sync_step2(given))
            assert await reader.until(b"\x08") == wire.SAVED
        reader.send(wire.sync_step2(deletion(writer.client_id, (0, 1))))
        assert await reader.until(b"\x08") == wire.NOT_SAVED
        assert b"read-only" in await reader.until(b"\x05")
        reader.send(wire.sync_step2(deletion(writer.client_id, (100_000, 1))))
        assert await reader.until(b"\x08") == wire.NOT_SAVED
        del text[0:1]
        owner.send(wire.sync_update(writer.get_update()))
        assert await owner.until(b"\x08") == wire.SAVED
        reader.send(wire.sync_step2(deletion(writer.client_id, (0, 1))))
        assert await reader.until(b"\x08") == wire.SAVED


async def test_deletions_of_a_reader_are_judged_without_holding_anybody_up(server: QuireProcess) -> None:
    document, calm = server.new_document(), server.new_document()
    token = link(server, document, "viewer")
    async with (
        connected(server, document) as owner,
        connected(server, document) as reader,
        connected(server, calm) as other,
    ):
        await joined(owner, server)
        await joined(other, server)
        count = 9000
        for client in range(30, 38):
            # Values that do not join into one text: many small parts.
            items = b"".join(
                (
                    b"\x85" + wire.var_uint(client) + wire.var_uint(i - 1)
                    if i
                    else b"\x05\x01\x01" + bytes((67 + client,))
                )
                + wire.var_string("1")
                for i in range(count)
            )
            owner.send(
                wire.sync_update(b"\x01" + wire.var_uint(count) + wire.var_uint(client) + b"\x00" + items + b"\x00")
            )
            assert await owner.until(b"\x08") == wire.SAVED
        await as_guest(reader, token)
        await answered(other, 0)
        reader.writer.write(framed(reader, wire.sync_step2(deletion(30, (0, 1)))) * 200)
        assert await reader.until(b"\x08") == wire.NOT_SAVED
        assert max([await answered(other, clock) for clock in range(1, 20)]) < 1.5


@pytest.mark.parametrize("kind", [wire.sync_update, wire.sync_step2])
async def test_a_huge_update_of_a_reader_holds_nobody_up(server: QuireProcess, kind: Callable[[bytes], bytes]) -> None:
    document, calm = server.new_document(), server.new_document()
    token = link(server, document, "viewer")
    async with connected(server, document) as reader, connected(server, calm) as other:
        await as_guest(reader, token)
        await joined(other, server)
        await answered(other, 0)
        runs = 1_400_000
        huge = b"\x00\x01\x05" + wire.var_uint(runs) + b"\x00\x01" * runs
        reader.send(kind(huge))
        await reader.writer.drain()
        refused = asyncio.create_task(reader.until(b"\x08"))
        waits, clock = [], 1
        while not refused.done():
            waits.append(await answered(other, clock))
            clock += 1
        assert await refused == wire.NOT_SAVED
        assert max(waits, default=0.0) < 1.5


def slow_to_read(client: int, end: bytes = b"\x00") -> bytes:
    """An update of 120 kB with as many parts as fit."""
    parts = 60_000
    return b"\x01" + wire.var_uint(parts) + wire.var_uint(client) + b"\x00" + b"\x00\x01" * parts + end


async def test_what_a_reader_offers_is_read_in_the_turn_that_it_is_charged_for(ada: Browser, node: Server) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    member = Member.__new__(Member)
    member.here = True
    reader = OpenDocument(member, await node.rooms.open(document), "")
    with pytest.raises(wire.MalformedMessage):
        node.gateway.refuse_write(reader, slow_to_read(5, b"\x01"), own=False)


async def test_an_answer_is_charged_to_whoever_asked(ada: Browser, node: Server) -> None:
    room = await node.rooms.open((await ada.call("POST", "/documents", {})).json()["id"])
    charged: list[float] = []
    visitor = RequestSender(Visitor("link:x", "tab", writable=True, known=True))
    visitor.charge = charged.append  # type: ignore[method-assign]
    # From the bytes at hand, and from a live copy.
    for _ in range(2):
        await room.missing(b"\x01\x05\x01", visitor)
        room.ingest.receive(insertion("words"), RequestSender(Visitor("link:x", "tab", writable=True, known=True)))
    member = Member.__new__(Member)
    member.here, member.prefix, member.asked_state, member.role = True, b"", None, Role.VIEWER
    member.author = "link:x"
    member.socket = Charged(charged)  # type: ignore[assignment]
    room.catch_up.step1(member, b"\x01\x05\x01")
    await room.missing(b"\x00")
    assert len(charged) == 3
    assert min(charged) > 0


class Charged:
    """A socket that only notes what it is charged."""

    blocked_since = None

    def __init__(self, charged: list[float]) -> None:
        self.charge = charged.append

    def write(self, frame: bytes) -> None: ...


async def test_what_takes_long_over_https_counts_as_on_a_socket(ada: Browser, node: Server) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    share = node.gateway.share_of((await ada.call("GET", "/session")).json()["account"]["id"])
    assert share is not None
    work = share.work
    path = f"/api/v1/documents/{document}/sync"
    # It ends in the middle: nothing of it is kept.
    slow = wire.var_bytes(b"\x00") + wire.var_bytes(slow_to_read(5, b"\x01"))
    assert (await ada.http.post(path, content=slow)).status_code == 409
    assert work.lack(WORK_BURST, time.monotonic()) > 0
    work.take(10, time.monotonic())
    refused = await ada.http.post(path, content=b"\x00\x00")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 5
    # Nobody else pays for it.
    url = (await ada.call("PUT", f"/documents/{document}/link", {"role": "viewer"})).json()["url"]
    guest = {"X-Quire-Link": url.partition("#link=")[2]}
    assert (await Browser(node.app).http.post(path, content=b"\x00\x00", headers=guest)).status_code == 200  # type: ignore[attr-defined]


async def test_pictures_that_are_read_slowly_take_no_memory(server: QuireProcess) -> None:
    document = server.new_document()
    out = io.BytesIO()
    Image.frombytes("RGB", (1500, 1500), os.urandom(1500 * 1500 * 3)).save(out, "PNG", compress_level=0)
    token = link(server, document, "editor")
    path = f"/api/v1/documents/{document}/attachments"
    async with httpx.AsyncClient(base_url=server.url, timeout=30, headers={"X-Quire-Link": token}) as http:
        digest = (await http.post(path, content=out.getvalue())).json()["digest"]
        before = memory(server)
        async with contextlib.AsyncExitStack() as readers:
            for _ in range(20):
                answer = await readers.enter_async_context(http.stream("GET", f"{path}/{digest}"))
                assert answer.status_code == 200
            assert memory(server) - before < 40 * MIB
        assert (await http.get(f"{path}/{digest}")).content == out.getvalue()


async def test_large_bodies_that_come_slowly_have_a_bound_together(launch: Callable[..., QuireProcess]) -> None:
    server = launch(limits="on")
    document = server.new_document()
    token = link(server, document, "viewer")
    size = 12 * MIB
    head = f"POST /api/v1/documents/{document}/sync HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    head += f"X-Quire-Link: {token}\r\nContent-Length: {size}\r\n\r\n"
    before = memory(server)
    lines = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(12)]
    try:
        for _, writer in lines:
            writer.write(head.encode() + bytes(size - 1))
        taken = asyncio.gather(*(writer.drain() for _, writer in lines))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(taken, 5)
        assert memory(server) - before < 100 * MIB
        # Small ones need no room.
        async with httpx.AsyncClient(timeout=10) as http:
            path = f"{server.url}/api/v1/documents/{document}/sync"
            assert (await http.post(path, content=b"\x00\x00", headers={"X-Quire-Link": token})).status_code == 200
    finally:
        for _, writer in lines:
            writer.close()


async def test_what_a_peer_makes_the_server_say_is_said_once_in_a_while(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    server = launch()
    document = server.new_document()
    for _ in range(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"NONSENSE\r\n\r\n")
        assert b" 400 " in await reader.readline()
        writer.close()
    async with connected(server, document) as editor:
        await joined(editor, server)
        for _ in range(30):
            editor.send(wire.sync_update(b"\xff"))
            assert await editor.until(b"\x08") == wire.NOT_SAVED
    said = capfd.readouterr().err
    assert said.count("Invalid HTTP request") == 1
    assert said.count("updates refused") == 1


class Sending:
    """A socket on which a message is coming in."""

    blocked_since = None

    def __init__(self) -> None:
        self.gathered = 0

    def close(self, _code: int, _reason: str) -> None:
        self.gathered = 0


async def test_the_bound_of_what_comes_in_holds_at_every_moment(node: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets, piece = [Sending() for _ in range(100)], 64 * 1024
    connections, budget = node.gateway.connections, node.gateway._limits.inbound_budget
    monkeypatch.setattr(connections, "_sockets", dict.fromkeys(sockets))
    most = 0
    for number in range(2 * budget // piece):
        socket = sockets[number % len(sockets)]
        socket.gathered += piece
        connections.arrived(piece)
        most = max(most, sum(sending.gathered for sending in sockets))
    assert budget // 2 < most <= budget + budget // 16 + piece


async def test_large_messages_that_never_end_have_a_bound_together(launch: Callable[..., QuireProcess]) -> None:
    server = launch(inbound_budget=str(32 * MIB))
    document = server.new_document()
    token = link(server, document, "viewer")
    async with contextlib.AsyncExitStack() as sockets:
        owner = await sockets.enter_async_context(connected(server, document))
        await joined(owner, server)
        message = owner.prefix + wire.sync_update(appended(0, "x" * MIB))
        owner.head(len(message))
        owner.writer.write(message[:-1])
        crowd = [await sockets.enter_async_context(connected(server, document)) for _ in range(6)]
        for client in crowd:
            await as_guest(client, token)
            client.head(12 * MIB)
            client.writer.write(bytes(11 * MIB))
        closed = [asyncio.create_task(client.closed()) for client in crowd]
        done, left = set[asyncio.Task[tuple[int, str]]](), set(closed)
        while len(done) < 4:
            ended, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED, timeout=20)
            assert ended
            done |= ended
        assert {(await task)[0] for task in done} == {1013}
        for task in left:
            task.cancel()
        # Whoever had less is still there.
        owner.writer.write(message[-1:])
        assert await owner.until(b"\x08") == wire.SAVED


async def test_a_few_kilobytes_that_are_slow_to_merge_hold_nobody_up(server: QuireProcess) -> None:
    crafted, calm = server.new_document(), server.new_document()
    async with connected(server, crafted) as hostile, connected(server, calm) as honest:
        await as_guest(hostile, link(server, crafted, "editor"))
        await joined(honest, server)
        clock = 0
        for _ in range(60):
            update = fan(1, 990, clock)
            hostile.send(wire.sync_update(update))
            assert await hostile.until(b"\x08") == wire.SAVED
            clock += 990 + (clock == 0)
        hostile.send(wire.sync_update(fan(2, 1000)))
        refusal = asyncio.create_task(hostile.until(b"\x08"))
        delays, written = [], 0
        # Merged as a whole it takes six seconds.
        while not refusal.done() or written < 10:
            delays.append(await answered(honest, written))
            written += 1
        assert await refusal == wire.NOT_SAVED
        assert b"takes too long" in await hostile.until(b"\x05")
        assert max(delays) < 1.5
        hostile.send(wire.sync_update(appended(0, "an honest word")))
        assert await hostile.until(b"\x08") == wire.SAVED


async def test_much_slow_work_of_one_editor_keeps_nobody_else_s_words_unsaved(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    head = b"\x00" + wire.var_uint(20_000)
    async with connected(server, document) as guest, connected(server, document) as owner:
        await as_guest(guest, token)
        await joined(owner, server)
        for first in range(10**6, 10**6 + 500_000, 20_000):
            clients = map(wire.var_uint, range(first, first + 20_000))
            guest.send(wire.sync_update(head + b"".join(client + b"\x01\x00\x01" for client in clients)))
        await guest.until(b"\x08")
        owner.send(wire.sync_update(appended(0, "words")))
        assert await owner.until(b"\x08") == wire.SAVED
        assert server.metric("waiting_bytes") > MIB


async def test_broken_frames_are_logged_once_in_a_while(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    server = launch()
    document = server.new_document()
    for _ in range(20):
        async with connected(server, document) as client:
            client.frame(b"", opcode=3)
            await client.closed()
    said = [line for line in capfd.readouterr().err.splitlines() if "WS parser error" in line]
    assert len(said) == 1


@pytest.mark.parametrize(("limits", "refused"), [("on", 429), ("off", 200)])
async def test_one_address_may_ask_so_much_and_pages_and_exchanges_count_little(
    tmp_path: Path, limits: Literal["on", "off"], refused: int
) -> None:
    # A burst of 20 requests, or of 200 pages; then one a second, or ten.
    node = Server(Settings(data=tmp_path / "data", limits=limits, requests_per_minute=60))
    app = await node.open()

    async def asked(path: str, address: str, most: int) -> tuple[int, httpx.Response]:
        """Ask until it is refused; return how often it was answered, and the last answer."""
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            for answered in range(most):
                answer = await http.get(path)
                if answer.status_code == 429:
                    return answered, answer
        return most, answer

    for number, path in enumerate(("/api/v1/session", "/api/v1/setup", "/api/v1/documents", "/api/v1/nothing")):
        answered, answer = await asked(path, f"2001:db8:0:{number}::1", 100)
        assert (answer.status_code == 429, answered >= 20) == (limits == "on", True)
    # A household is one, whichever of its addresses it takes.
    answered, answer = await asked("/api/v1/session", "2001:db8::2", 10)
    assert answer.status_code == refused
    if refused == 429:
        assert answer.headers["Retry-After"] == "1"
        assert answer.headers["Content-Type"] == "application/problem+json"
    # Twenty who load a page with ten files at one moment are no flood.
    answered, answer = await asked("/icon.svg", "192.0.2.1", 600)
    assert answered >= 200
    assert answer.status_code == refused
    # Nor are twenty who write where no WebSocket gets through.
    assert (await asked("/api/v1/documents/any/sync", "192.0.2.2", 600))[0] >= 200
    # Whoever watches the node is heard all the same.
    for path in ("/healthz", "/readyz", "/metrics"):
        assert (await asked(path, "192.0.2.1", 40))[0] == 40
    await node.drain()
    await node.close()
