"""What comes in over plain HTTP from people who are slow, gone, many or hostile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from conftest import QuireProcess
from quire.sync import wire
from rawclient import insertion


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


def link(server: QuireProcess, document: str, role: str | None) -> str:
    url = server.api("PUT", f"/documents/{document}/link", {"role": role})["url"]
    return str(url).partition("#link=")[2]


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
