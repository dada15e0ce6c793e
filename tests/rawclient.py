"""A raw WebSocket client that can send anything, for tests of the wire."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pycrdt

from conftest import QuireProcess
from quire.sync import wire


class Client:
    """A raw WebSocket client that can send anything."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, prefix: bytes) -> None:
        self.reader, self.writer = reader, writer
        self.answers_pings = True
        self.prefix = prefix

    def frame(self, payload: bytes, *, opcode: int = 2, fin: bool = True) -> None:
        self.head(len(payload), opcode=opcode, fin=fin)
        self.writer.write(payload)

    def head(self, size: int, *, opcode: int = 2, fin: bool = True) -> None:
        """Announce a frame of `size` bytes; what is written next is its payload."""
        head = bytes((opcode | (0x80 if fin else 0),))
        if size < 126:
            head += bytes((0x80 | size,))
        elif size < 65536:
            head += b"\xfe" + size.to_bytes(2, "big")
        else:
            head += b"\xff" + size.to_bytes(8, "big")
        self.writer.write(head + b"\0\0\0\0")

    def send(self, body: bytes) -> None:
        self.frame(self.prefix + body)

    async def message(self, patience: float = 30) -> tuple[int, bytes]:
        """Return (opcode, payload) of the next frame that is no ping."""
        while True:
            first, second = await asyncio.wait_for(self.reader.readexactly(2), patience)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
            elif size == 127:
                size = int.from_bytes(await self.reader.readexactly(8), "big")
            payload = await self.reader.readexactly(size)
            if first & 0x0F != 9:
                return first & 0x0F, payload
            if self.answers_pings:
                self.frame(b"", opcode=10)

    async def until(self, start: bytes) -> bytes:
        """Return the first message whose body starts so."""
        while True:
            opcode, payload = await self.message()
            assert opcode == 2, payload
            if payload[len(self.prefix) :].startswith(start):
                return payload[len(self.prefix) :]

    async def closed(self) -> tuple[int, str]:
        """Return (code, reason) with which the server closed."""
        while True:
            opcode, payload = await self.message()
            if opcode == 8:
                return int.from_bytes(payload[:2], "big"), payload[2:].decode()


@asynccontextmanager
async def connected(
    server: QuireProcess,
    document: str,
    *,
    receive_buffer: int | None = None,
    port: int | None = None,
    path: str = "/collab",
    **headers: str,
) -> AsyncIterator[Client]:
    """Open a socket to the server, or to the proxy in front of it that listens on `port`.

    With a path under `/yjs/` it speaks the y-websocket protocol, whose messages carry no address.
    """
    tcp = socket.socket()
    # asyncio does not for a socket that it did not make itself, and the second part of each frame would wait.
    tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    tcp.setblocking(False)
    if receive_buffer is not None:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(tcp, ("127.0.0.1", port or server.port))
    reader, writer = await asyncio.open_connection(sock=tcp)
    lines = {
        "Host": f"127.0.0.1:{server.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **headers,
    }
    request = f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    writer.write(request.encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    if b" 101 " not in answer.split(b"\r\n")[0]:
        raise ConnectionRefusedError((answer + await reader.read(1000)).decode())
    try:
        yield Client(reader, writer, b"" if path.startswith("/yjs/") else wire.var_string(document))
    finally:
        writer.close()


def link(server: QuireProcess, document: str, role: str | None) -> str:
    """Give the document's link a role and return the link's token; without a role it has none."""
    url = server.api("PUT", f"/documents/{document}/link", {"role": role})["url"]
    return str(url).partition("#link=")[2]


async def joined(client: Client, server: QuireProcess) -> None:
    """Open the document as the server's owner."""
    await as_guest(client, server.token)


async def as_guest(client: Client, token: str) -> None:
    """Open the document with a token, a link's for one; return when all of the text is there."""
    client.send(b"\x02\x00" + wire.var_string(token) + wire.var_string("4.8.0"))
    client.send(wire.sync_step1(b"\x00"))
    await client.until(b"\x00\x01")


@asynccontextmanager
async def owner_and_guest(server: QuireProcess, role: str = "editor") -> AsyncIterator[tuple[Client, Client]]:
    """Open a new document twice: as its owner, and as a guest whose link gives `role`."""
    document = server.new_document()
    token = link(server, document, role)
    async with connected(server, document) as owner, connected(server, document) as guest:
        await joined(owner, server)
        await as_guest(guest, token)
        yield owner, guest


def insertion(text: str) -> bytes:
    doc: pycrdt.Doc = pycrdt.Doc()
    doc.get("t", type=pycrdt.Text).insert(0, text)
    return doc.get_update()


def appended(clock: int, words: str, client: int = 9) -> bytes:
    """The update in which a client appends to a text, as Yjs writes it; beyond its clock it waits for the rest."""
    number = wire.var_uint(client)
    place = b"\x84" + number + wire.var_uint(clock - 1) if clock else b"\x04\x01\x01t"
    return b"\x01\x01" + number + wire.var_uint(clock) + place + wire.var_string(words) + b"\x00"


def fan(client: int, count: int, clock: int = 0) -> bytes:
    """An update of letters that all stand behind the first of client 1: where each comes is to be found among all."""
    first = b"\x04\x01\x01t\x01x" if (client, clock) == (1, 0) else b""
    letters = b"".join(b"\x84\x01\x00\x01" + b"ab"[number % 2 :][:1] for number in range(count))
    head = wire.var_uint(count + bool(first)) + wire.var_uint(client) + wire.var_uint(clock)
    return b"\x01" + head + first + letters + b"\x00"
