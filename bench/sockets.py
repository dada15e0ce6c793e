"""Cheap WebSocket clients: they count what arrives without parsing it, and read the time of some of it."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from bench.updates import DIGITS, MARK
from quire.sync import wire

STAMP = re.compile(re.escape(MARK) + rb"(\d{%d})" % DIGITS)
CARRY = len(MARK) + DIGITS - 1
JOIN_SECONDS = 120.0
HEARTBEAT = b"\x8a\x80\0\0\0\0"
"""An unsolicited pong: tells every server that this end lives."""


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a server is spoken to: the path of a document's socket, and what stands before each message on it."""

    path: Callable[[str], str]
    prefix: Callable[[str], bytes]
    token: str | None = None
    """Token of the Hocuspocus authentication message; None: the protocol has none."""
    acknowledges: bool = False


def hocuspocus(token: str, path: str = "/") -> Protocol:
    """The Hocuspocus v4 wire."""
    return Protocol(lambda _: path, wire.var_string, token, acknowledges=True)


def y_websocket() -> Protocol:
    """The y-websocket wire."""
    return Protocol(lambda document: f"/{document}", lambda _: b"")


def masked_frame(payload: bytes) -> bytes:
    """Return one binary client frame (masked with zeros, so the payload stays as it is)."""
    size = len(payload)
    if size < 126:
        return b"\x82" + bytes((0x80 | size,)) + b"\0\0\0\0" + payload
    if size < 65536:
        return b"\x82\xfe" + size.to_bytes(2, "big") + b"\0\0\0\0" + payload
    return b"\x82\xff" + size.to_bytes(8, "big") + b"\0\0\0\0" + payload


@dataclass(slots=True)
class Tally:
    """What all sockets of a run saw. Times are seconds of `time.perf_counter`."""

    sent_at: list[float] = field(default_factory=list)
    """By label of the update."""
    delivered: int = 0
    received_bytes: int = 0
    frames: int = 0
    """On the timed sockets only."""
    timed_deliveries: int = 0
    latencies: list[float] = field(default_factory=list)
    acknowledgements: list[float] = field(default_factory=list)


class Socket(asyncio.Protocol):
    """One client of one document."""

    def __init__(self, host: str, protocol: Protocol, document: str, tally: Tally, *, timed: bool) -> None:
        self._host, self._protocol, self._document, self._tally = host, protocol, document, tally
        self._timed = timed
        self.prefix = protocol.prefix(document)
        self._saved = self.prefix + wire.SAVED
        self._buffer = b""
        self._upgraded = False
        self.counting = False
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.unsaved: deque[float] = deque()
        self.state_vector = b"\x00"
        self.joined_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.write = self.transport.write
        key = base64.b64encode(os.urandom(16)).decode()
        self.write(
            f"GET {self._protocol.path(self._document)} HTTP/1.1\r\nHost: {self._host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        if not self.joined.done():
            self.joined.set_exception(error or ConnectionError("closed while joining"))

    def send(self, body: bytes) -> None:
        """Send one message of this document."""
        self.write(masked_frame(self.prefix + body))

    def update(self, update: bytes) -> None:
        """Send one update and remember when, for its acknowledgement."""
        if self._protocol.acknowledges:
            self.unsaved.append(time.perf_counter())
        self.send(wire.sync_update(update))

    def data_received(self, data: bytes) -> None:
        if self.counting:
            self._count(data)
        else:
            self._join(data)

    # ---------------------------------------------------------------- joining

    def _join(self, data: bytes) -> None:
        self.joined_bytes += len(data)
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0] + b" ":
                self.joined.set_exception(ConnectionError(head.decode(errors="replace")[:300]))
                return
            self._upgraded, self._buffer = True, rest
            if self._protocol.token is not None:
                self.send(b"\x02\x00" + wire.var_string(self._protocol.token) + wire.var_string("4.7.0"))
            self.send(wire.sync_step1(self.state_vector))
        while (frame := _first_frame(self._buffer)) is not None:
            opcode, payload, end = frame
            self._buffer = self._buffer[end:]
            if opcode == 8:
                if not self.joined.done():
                    self.joined.set_exception(ConnectionError(f"closed: {payload[2:]!r}"))
                return
            if opcode == 2:
                self._joining_message(payload[len(self.prefix) :])

    def _joining_message(self, body: bytes) -> None:
        if body[:2] == b"\x02\x01" and self._protocol.token is not None:
            self.joined.set_exception(PermissionError(body[3:].decode(errors="replace")))
        elif body[:2] == b"\x00\x00":
            self.send(wire.sync_step2(b"\0\0"))
        elif body[:2] in (b"\x00\x01", b"\x04\x01") and not self.joined.done():
            self.joined.set_result(None)

    def start_counting(self) -> None:
        """From here on nothing is parsed but marks, stamps and acknowledgements."""
        self.counting, self._buffer = True, b""

    # ---------------------------------------------------------------- counting

    def _count(self, data: bytes) -> None:
        tally = self._tally
        tally.received_bytes += len(data)
        whole = self._buffer + data
        if self._timed:
            now = time.perf_counter()
            sent, end = tally.sent_at, 0
            for found in STAMP.finditer(whole):
                tally.latencies.append(now - sent[int(found[1])])
                tally.delivered += 1
                tally.timed_deliveries += 1
                end = found.end()
            tally.frames += data.count(b"\x82")
            self._buffer = whole[max(end, len(whole) - CARRY) :]
        else:
            tally.delivered += whole.count(MARK)
            self._buffer = whole[-1:] if whole[-1:] == MARK[:1] else b""
        if self.unsaved:
            now = time.perf_counter()
            for _ in range(min(data.count(self._saved), len(self.unsaved))):
                tally.acknowledgements.append(now - self.unsaved.popleft())


def _first_frame(data: bytes) -> tuple[int, bytes, int] | None:
    """Return (opcode, payload, end) of the first whole frame, or None."""
    if len(data) < 2:
        return None
    size, start = data[1] & 0x7F, 2
    if size == 126:
        size, start = int.from_bytes(data[2:4], "big"), 4
    elif size == 127:
        size, start = int.from_bytes(data[2:10], "big"), 10
    if len(data) < start + size or len(data) < start:
        return None
    return data[0] & 0x0F, data[start : start + size], start + size


async def connect(port: int, protocol: Protocol, document: str, tally: Tally, *, timed: bool = False) -> Socket:
    """Open a socket and wait until its document is there."""
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(
        lambda: Socket(f"127.0.0.1:{port}", protocol, document, tally, timed=timed), "127.0.0.1", port
    )
    async with asyncio.timeout(JOIN_SECONDS):
        await socket.joined
    return socket


async def connect_all(
    port: int, protocol: Protocol, documents: list[str], tally: Tally, *, timed: Callable[[int], bool]
) -> list[Socket]:
    """Open one socket per entry of `documents`, fifty at a time."""
    gate = asyncio.Semaphore(50)

    async def one(number: int, document: str) -> Socket:
        async with gate:
            return await connect(port, protocol, document, tally, timed=timed(number))

    return list(await asyncio.gather(*(one(number, document) for number, document in enumerate(documents))))
