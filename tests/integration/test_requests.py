"""What comes in over plain HTTP from people who are slow, gone, many or hostile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from conftest import QuireProcess
from quire.sync import wire
from rawclient import connected, insertion, link


class Line:
    """A connection on which a request is sent in pieces."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        self.reader, self.writer, self.port = reader, writer, port

    def head(self, request: str, **headers: str) -> None:
        lines = {"Host": f"127.0.0.1:{self.port}", **headers}
        text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{request} HTTP/1.1\r\n{text}\r\n".encode("latin-1"))

    async def asked(self) -> None:
        """Wait until the server has judged the head and asks for the body (sent with Expect: 100-continue)."""
        assert await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20) == b"HTTP/1.1 100 Continue\r\n\r\n"

    async def status(self) -> int:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        self.answer = head.decode("latin-1").lower()
        return int(head.split()[1])

    async def body(self) -> bytes:
        size = next(line for line in self.answer.split("\r\n") if line.startswith("content-length"))
        return await asyncio.wait_for(self.reader.readexactly(int(size.split(":")[1])), 20)


@asynccontextmanager
async def line(server: QuireProcess) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        yield Line(reader, writer, server.port)
    finally:
        writer.close()


@pytest.mark.parametrize("what", ["sync", "attachments"])
async def test_who_loses_access_while_a_body_comes_in_neither_writes_nor_reads(server: QuireProcess, what: str) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    body = wire.var_bytes(b"\0") + wire.var_bytes(insertion("too late"))
    async with line(server) as guest:
        size = str(len(body))
        guest.head(
            f"POST /api/v1/documents/{document}/{what}", X_Quire_Link=token, Content_Length=size, Expect="100-continue"
        )
        await guest.asked()
        guest.writer.write(body[:5])
        link(server, document, None)
        guest.writer.write(body[5:])
        assert await guest.status() == 404
        assert b"no-document" in await guest.body()
    assert "too late" not in server.text(document)


@pytest.mark.parametrize(
    "request_line",
    [
        "PATCH /api/v1/documents/attachments",
        "POST /api/v1/documents/sync",
        "POST /api/v1/session",
        "PUT /api/v1/documents/x/sync",
        "POST /attachments",
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
async def test_only_pictures_and_exchanges_may_be_large(server: QuireProcess, request_line: str, chunked: bool) -> None:
    async with line(server) as stranger:
        if chunked:
            stranger.head(request_line, Transfer_Encoding="chunked", Content_Type="application/json")
            stranger.writer.write(b"100000\r\n" + b" " * 0x100000 + b"\r\n0\r\n\r\n")
        else:
            stranger.head(request_line, Content_Length="1048576")
        assert await stranger.status() in ((404, 405, 413) if chunked else (413,))


async def test_a_large_body_is_not_read_from_whom_it_would_be_refused(server: QuireProcess) -> None:
    document = server.new_document()
    for what in ("sync", "attachments"):
        async with line(server) as stranger:
            stranger.head(f"POST /api/v1/documents/{document}/{what}", Content_Length="12000000")
            assert await stranger.status() == 404


HEAD = b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UPGRADE = b"GET /collab HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
UNFINISHED = {
    "nothing": (b"", b""),
    "empty lines": (b"\r\n", b""),
    "half a head": (HEAD, b"408"),
    "half an upgrade": (UPGRADE, b"408"),
    "an upgrade with half a body": (UPGRADE + b"Content-Length: 5\r\n\r\nab", b"40"),
    "half a body": (HEAD + b"Content-Type: application/json\r\nContent-Length: 90\r\n\r\n{", b"408"),
    "half a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{", b"408"),
    "a body that nobody wants": (b"POST /api/v1/no HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{", b"40"),
    "no second request": (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", b"200"),
    "half a second request": (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /", b"200"),
    "a refused upgrade": (UPGRADE + b"Origin: http://evil.test\r\n\r\n", b"40"),
}


@pytest.fixture(scope="module")
def brisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuireProcess]:
    times = {"request_head_time": "1", "request_idle_time": "1", "request_body_time": "1", "outbound_time": "1"}
    server = QuireProcess(tmp_path_factory.mktemp("data"), **times)
    yield server.start()
    server.discard()


@pytest.mark.parametrize("what", UNFINISHED)
async def test_no_connection_waits_for_ever(brisk: QuireProcess, what: str) -> None:
    sent, answer = UNFINISHED[what]
    async with line(brisk) as slow:
        slow.writer.write(sent)
        said = await asyncio.wait_for(slow.reader.read(), 20)
    assert answer in said.split(b"\r\n")[0]


async def test_a_trickle_keeps_no_connection_open(brisk: QuireProcess) -> None:
    async with line(brisk) as slow:
        slow.writer.write(HEAD)
        answer = asyncio.ensure_future(slow.reader.read())
        while not answer.done():
            slow.writer.write(b"X: y\r\n")
            await asyncio.wait([answer], timeout=0.1)
        assert answer.result().startswith(b"HTTP/1.1 408 ")


async def test_whoever_reads_no_answer_is_dropped(brisk: QuireProcess) -> None:
    request = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

    def flood() -> None:
        while True:
            tcp.sendall(request * 10_000)

    with socket.socket() as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        tcp.settimeout(20)
        tcp.connect(("127.0.0.1", brisk.port))
        with pytest.raises(ConnectionError):
            await asyncio.to_thread(flood)


async def test_a_slow_but_steady_upload_arrives(launch: Callable[..., QuireProcess]) -> None:
    server = launch(request_body_time="1", request_body_rate="1000")
    document = server.new_document()
    token, body = link(server, document, "editor"), wire.var_bytes(b"\0") + wire.var_bytes(insertion("x" * 12_000))
    async with line(server) as guest:
        guest.head(f"POST /api/v1/documents/{document}/sync", X_Quire_Link=token, Content_Length=str(len(body)))
        for start in range(0, len(body), 500):
            guest.writer.write(body[start : start + 500])
            await asyncio.sleep(0.15)  # the subject of this test is time
        assert await guest.status() == 200


async def test_connections_are_counted_by_address_and_in_total(launch: Callable[..., QuireProcess]) -> None:
    for settings, status in (
        ({"max_connections_per_address": "3", "trusted_proxies": "192.0.2.1"}, b"429"),
        ({"max_connections": "3"}, b"503"),
    ):
        server = launch(limits="on", **settings)
        async with AsyncExitStack() as stack:
            for _ in range(9):
                await stack.enter_async_context(connected(server, "x"))
            # A socket is no HTTP connection any more.
            for _ in range(3):
                await stack.enter_async_context(line(server))
            async with line(server) as fourth:
                assert status in await asyncio.wait_for(fourth.reader.readline(), 20)


async def test_a_head_has_a_size(server: QuireProcess) -> None:
    async with line(server) as endless:
        endless.writer.write(HEAD)
        answer = asyncio.ensure_future(endless.reader.readline())
        while not answer.done():
            endless.writer.write(b"X: " + b"y" * 10_000 + b"\r\n")
            await asyncio.wait([answer], timeout=0.01)
        assert answer.result().startswith(b"HTTP/1.1 431 ")


async def test_no_answer_comes_among_the_frames_of_a_socket(server: QuireProcess) -> None:
    """One that is under way when its connection is upgraded is given up with the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    host = f"Host: 127.0.0.1:{server.port}\r\n"
    upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    first = f"GET /healthz HTTP/1.1\r\n{host}\r\n"
    writer.write(f"{first}GET /collab HTTP/1.1\r\n{host}{upgrade}{key}\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 20)
    assert b" 101 " not in answer
    assert answer.count(b"HTTP/1.1 ") <= 1
    writer.close()
