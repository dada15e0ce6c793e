"""One WebSocket: joins fragments, meters what comes in, bounds what goes out, notices dead peers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from quire.access import Credentials
from quire.sync import wire
from quire.sync.bucket import Bucket

_BINARY = WSMsgType.BINARY
_CONTINUATION = WSMsgType.CONTINUATION
_TEXT = WSMsgType.TEXT
_monotonic = time.monotonic

THROTTLED_LIMIT = 30.0
"""Seconds a socket may stay throttled without a pause before it is closed with 4429."""


class CloseCode:
    """WebSocket close codes. 44xx are permanent for y-websocket clients, the others mean: connect again."""

    RESTART = 1012
    TRY_LATER = 1013
    INTERNAL = 1011
    MALFORMED = 4400
    SIGNED_OUT = 4401
    FORBIDDEN = 4403
    GONE = 4404
    TIMEOUT = 4408
    TOO_BIG = 4413
    RATE = 4429


class Session(Protocol):
    """The protocol spoken on a socket."""

    def receive(self, message: bytes) -> None:
        """Handle one complete message; raises `wire.MalformedMessage` to close the socket with 4400."""
        ...

    @property
    def pending_bytes(self) -> int:
        """Bytes of messages that wait for a document to be open."""
        ...

    def keep_alive(self) -> None:
        """Send something that the client's watchdog notices."""
        ...

    def blocked(self) -> None:
        """The outbound buffer passed its high-water mark."""
        ...

    def drained(self) -> None:
        """The outbound buffer is empty enough again."""
        ...

    def closed(self) -> None:
        """The socket is gone."""
        ...


class Socket(WSListener):
    """The server's end of one WebSocket."""

    __slots__ = (
        "_bucket",
        "_closing",
        "_fragments",
        "_fragments_size",
        "_on_closed",
        "_on_open",
        "_throttled_since",
        "authenticated",
        "blocked_since",
        "credentials",
        "doubted_at",
        "heard",
        "id",
        "max_message",
        "next_check",
        "opened",
        "session",
        "transport",
        "write",
    )

    def __init__(
        self,
        identity: str,
        credentials: Credentials,
        *,
        max_message: int,
        bucket: Bucket | None,
        on_open: Callable[[Socket], None],
        on_closed: Callable[[Socket], None],
    ) -> None:
        self.id = identity
        self.credentials = credentials
        self.max_message = max_message
        self.session: Session | None = None
        self.authenticated = False
        self.opened = self.heard = _monotonic()
        self.next_check = 0.0
        """When the socket is pinged next; its own time, so that others coming and going never skip its turn."""
        self.doubted_at: float | None = None
        """Since when the peer is asked for a sign of life, because somebody may be it on a new connection."""
        self.blocked_since: float | None = None
        self.transport: WSTransport | None = None
        self.write: Callable[[bytes], None] = _discard
        self._bucket = bucket
        self._throttled_since: float | None = None
        self._fragments: list[bytes] | None = None
        self._fragments_size = 0
        self._closing = False
        self._on_open = on_open
        self._on_closed = on_closed

    def send(self, message: bytes) -> None:
        """Send one binary message."""
        self.write(wire.binary_frame(message))

    def close(self, code: int, reason: str) -> None:
        """Close with a code and reason; the peer's own close frame is not waited for."""
        if self._closing or self.transport is None:
            return
        self._closing = True
        transport = self.transport
        self.write(wire.close_frame(code, reason))
        self.write = _discard
        if code == CloseCode.TOO_BIG:
            line: Any = transport.underlying_transport
            line.linger()
        transport.disconnect(graceful=True)

    def abort(self) -> None:
        """Drop the connection without waiting for buffers: for peers that are dead or too slow."""
        self._closing = True
        self.write = _discard
        if self.transport is not None:
            self.transport.underlying_transport.abort()

    @property
    def buffered(self) -> int:
        """Bytes waiting in the outbound buffer."""
        return self.transport.underlying_transport.get_write_buffer_size() if self.transport else 0

    @property
    def closing(self) -> bool:
        """Whether this side has given the socket up."""
        return self._closing

    def ping(self) -> None:
        """Send a WebSocket ping; every stock client answers it below its own code."""
        self.write(b"\x89\x00")

    def doubt(self) -> None:
        """Ask the peer for a sign of life; without one it is dropped soon."""
        if self.doubted_at is None and self.blocked_since is None and not self._closing:
            self.doubted_at = _monotonic()
            self.ping()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.write = transport.underlying_transport.write
        self._on_open(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002
        self.write = _discard
        self._closing = True
        session, self.session = self.session, None
        if session is not None:
            session.closed()
        self._on_closed(self)

    def pause_writing(self) -> None:
        if self.blocked_since is None:
            self.blocked_since = _monotonic()
            if self.session is not None:
                self.session.blocked()

    def resume_writing(self) -> None:
        if self.blocked_since is not None:
            self.blocked_since = None
            if self.session is not None:
                self.session.drained()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if self._closing:
            return
        self.heard = _monotonic()
        self.doubted_at = None
        if kind is _BINARY and frame.fin and self._fragments is None:
            message = frame.get_payload_as_bytes()
        elif kind in (_BINARY, _TEXT, _CONTINUATION):
            joined = self._join(kind, frame)
            if joined is None:
                return
            message = joined
        elif kind is WSMsgType.CLOSE:
            self._closing = True
            self.write = _discard
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            return
        else:
            return
        if self._bucket is not None:
            self._meter(self._bucket, len(message))
        if self.session is not None:
            try:
                self.session.receive(message)
            except wire.MalformedMessage as error:
                self.close(CloseCode.MALFORMED, str(error))

    def _join(self, kind: WSMsgType, frame: WSFrame) -> bytes | None:
        """Collect a fragmented message (Chrome splits above 128 KiB); return it when complete."""
        if kind is _TEXT:
            self.close(CloseCode.MALFORMED, "messages are binary; this one was text")
            return None
        if (kind is _BINARY) == (self._fragments is not None):
            self.close(CloseCode.MALFORMED, "message fragments out of order")
            return None
        if self._fragments is None:
            self._fragments, self._fragments_size = [], 0
        self._fragments_size += frame.payload_size
        if self._fragments_size > self.max_message:
            self._fragments = None
            self.close(CloseCode.TOO_BIG, f"message is larger than {self.max_message} bytes")
            return None
        self._fragments.append(frame.get_payload_as_bytes())
        if not frame.fin:
            return None
        message = b"".join(self._fragments)
        self._fragments = None
        return message

    def _meter(self, bucket: Bucket, size: int) -> None:
        now = self.heard
        wait = bucket.take(size, now)
        if wait <= 0:
            self._throttled_since = None
            return
        if self._throttled_since is None:
            self._throttled_since = now
        elif now - self._throttled_since > THROTTLED_LIMIT:
            self.close(CloseCode.RATE, "too many messages; wait a minute and send less at a time")
            return
        self._slow_down(min(wait, 1.0))

    def _slow_down(self, seconds: float) -> None:
        """Stop reading for a while: TCP carries the back-pressure to the sender, nothing is dropped."""
        if self.transport is None:
            return
        underlying = self.transport.underlying_transport
        try:
            underlying.pause_reading()
        except RuntimeError:
            return

        def resume() -> None:
            if not underlying.is_closing():
                underlying.resume_reading()

        asyncio.get_running_loop().call_later(seconds, resume)


def _discard(_: bytes) -> None:
    """Stand in for `write` before the handshake and after the end."""
