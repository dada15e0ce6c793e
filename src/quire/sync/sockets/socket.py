"""One WebSocket: joins fragments, meters what comes in, bounds what goes out, notices dead peers.

A peer that sends more than its share is read no further until it may again: TCP carries the back-pressure to it and
nothing is dropped. What was read with its last message waits in the inbox.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from quire.access.contract import Credentials
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.sockets.allowance import Allowance, Share
from quire.sync.sockets.session import Session

_BINARY = WSMsgType.BINARY
_CONTINUATION = WSMsgType.CONTINUATION
_TEXT = WSMsgType.TEXT
_PING = WSMsgType.PING
_monotonic = time.monotonic
_work_time = time.thread_time
_log = structlog.get_logger("quire.sync.sockets.socket")

SLICE = 0.05
"""Least length of a pause in reading, so that a throttled socket is handled in slices and not frame by frame."""
MOST_READ = 100_000
"""Frames that may have been read when reading stops; the smallest ones of one large buffer."""
MOST_EARLY = 64 * 1024
"""Bytes that are read of a peer before it is known who it is; the rest waits in its own network until then."""
MOST_PINGED = 125
"""Bytes of a control frame (RFC 6455)."""


class Socket(WSListener):
    """The server's end of one WebSocket."""

    __slots__ = (
        "_allowance",
        "_closing",
        "_early",
        "_fragments",
        "_held",
        "_inbox",
        "_on_closed",
        "_on_data",
        "_on_open",
        "_pinged",
        "authenticated",
        "blocked_since",
        "credentials",
        "doubted_at",
        "heard",
        "id",
        "max_message",
        "next_check",
        "opened",
        "outbound_limit",
        "paused",
        "session",
        "transport",
        "unfinished",
        "write",
    )

    def __init__(
        self,
        identity: str,
        credentials: Credentials,
        *,
        max_message: int,
        outbound_limit: int,
        allowance: Allowance | None,
        on_open: Callable[[Socket], None],
        on_data: Callable[[int], None],
        on_closed: Callable[[Socket], None],
    ) -> None:
        """Set up; `max_message` is bytes of a message that comes in, `outbound_limit` those that may wait to go out."""
        self.id = identity
        self.credentials = credentials
        self.max_message = max_message
        self.outbound_limit = outbound_limit
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
        self._allowance = allowance
        self._early = 0
        self._held = False
        """Whether nothing is read until it is known who the peer is."""
        self.paused = False
        """Whether nothing is read for now, because the peer has sent more than its share."""
        self._inbox: deque[tuple[WSMsgType, bool, bytes]] = deque()
        self.unfinished = 0
        """Bytes that have come since the last whole frame, and some before: of one that is still coming."""
        self._pinged: bytes | None = None
        """The last ping that came while the socket was blocked: the one that is answered."""
        self._fragments: bytearray | None = None
        self._closing = False
        self._on_open = on_open
        self._on_data = on_data
        self._on_closed = on_closed

    def arrived(self, size: int) -> None:
        """Count bytes that came in; few are read before it is known who the peer is."""
        self.unfinished += size
        self._on_data(size)
        if self.authenticated:
            return
        self._early += size
        if self._early <= MOST_EARLY or self._held or self._closing or self.transport is None:
            return
        if self.session is None or not self.session.opening:
            self.close(CloseCode.TOO_BIG, f"more than {MOST_EARLY} bytes before signing in")
            return
        self._held = True
        self.transport.underlying_transport.pause_reading()

    def admit(self) -> None:
        """It is known now who the peer is."""
        self.authenticated = True
        if self._held:
            self._held = False
            if self.transport is not None and not (self.paused or self._closing):
                self.transport.underlying_transport.resume_reading()

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
        self._inbox.clear()
        self._fragments = None
        line: Any = transport.underlying_transport
        if code in (CloseCode.TOO_BIG, CloseCode.RESTART):
            # Closed while the peer is sending, TCP would take the code and the reason back.
            line.linger()
            if self.paused or self._held:
                line.resume_reading()
        elif code == CloseCode.RATE:
            # It goes on sending, and may read why nobody listens.
            line.linger()
            line.pause_reading()
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
    def gathered(self) -> int:
        """Bytes of a message that is still coming, and that somebody waits for."""
        return 0 if self._closing else self.unfinished + len(self._fragments or ())

    @property
    def closing(self) -> bool:
        """Whether this side has given the socket up."""
        return self._closing

    def ping(self) -> None:
        """Send a WebSocket ping; every stock client answers it below its own code."""
        self.write(b"\x89\x00")

    def doubt(self) -> None:
        """Ask the peer for a sign of life; without one it is dropped soon."""
        if self.doubted_at is None and self.blocked_since is None and not (self.paused or self._closing):
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
            if self._pinged is not None:
                pinged, self._pinged = self._pinged, None
                self.write(wire.pong_frame(pinged))
            if self.session is not None:
                self.session.drained()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._closing:
            if frame.msg_type is WSMsgType.CLOSE:
                # The peer has read why, and waits for the end of the line.
                line: Any = transport.underlying_transport
                line.end()
            return
        self.heard = _monotonic()
        self.unfinished = 0
        self.doubted_at = None
        if not self.paused:
            self._take(frame.msg_type, frame.fin, frame.get_payload_as_bytes())
            return
        self._inbox.append((frame.msg_type, frame.fin, frame.get_payload_as_bytes()))
        if len(self._inbox) > MOST_READ:
            self.close(CloseCode.RATE, "too many messages at once; wait a minute and send less at a time")

    def _take(self, kind: WSMsgType, fin: bool, payload: bytes) -> None:
        """Handle one frame; one that overdraws the allowance is the last for a while."""
        if self._allowance is not None:
            now = _monotonic()
            wait = self._allowance.hold(len(payload) + len(self._fragments or ()), now)
            if wait > 0:
                self._inbox.appendleft((kind, fin, payload))
                self._pause(max(wait, SLICE))
                return
            self._meter(self._allowance, len(payload), now)
        if self.blocked_since is not None and self.buffered > self.outbound_limit:
            self.abort()
        if self._closing:
            return
        if kind is _BINARY and fin and self._fragments is None:
            message: bytes | None = payload
        elif kind in (_BINARY, _TEXT, _CONTINUATION):
            message = self._join(kind, fin, payload)
        elif kind is _PING:
            self._pong(payload)
            return
        elif kind is WSMsgType.CLOSE:
            self._answer_close()
            return
        else:
            return
        if message is not None and self.session is not None:
            try:
                self._handle(self.session, message)
            except wire.MalformedMessage as error:
                self.close(CloseCode.MALFORMED, str(error))

    def _handle(self, session: Session, message: bytes) -> None:
        """Hand a message on and count the time that it takes."""
        if self._allowance is None:
            session.receive(message)
            return
        started = _work_time()
        try:
            session.receive(message)
        finally:
            self.charge(_work_time() - started)

    def charge(self, seconds: float) -> None:
        """Count time that was worked for the peer."""
        if self._allowance is not None:
            self._allowance.spend(seconds, _monotonic())

    def share(self, share: Share) -> None:
        """Count what comes, and the time that it takes, together with other sockets of the same person."""
        if self._allowance is not None:
            self._allowance.share = share

    def _answer_close(self) -> None:
        self._closing = True
        self.write = _discard
        if self.transport is not None:
            self.transport.send_close(WSCloseCode.OK)
            self.transport.disconnect()

    def _pong(self, payload: bytes) -> None:
        if len(payload) > MOST_PINGED:
            self.close(CloseCode.MALFORMED, f"a ping may carry at most {MOST_PINGED} bytes")
        elif self.blocked_since is not None:
            self._pinged = payload
        else:
            self.write(wire.pong_frame(payload))

    def _join(self, kind: WSMsgType, fin: bool, payload: bytes) -> bytes | None:
        """Collect a fragmented message (Chrome splits above 128 KiB); return it when complete."""
        if kind is _TEXT:
            self.close(CloseCode.MALFORMED, "messages are binary, this one was text; send binary frames")
            return None
        if (kind is _BINARY) == (self._fragments is not None):
            self.close(
                CloseCode.MALFORMED,
                "a message came between the fragments of another; send each with all its fragments in one piece",
            )
            return None
        if self._fragments is None:
            self._fragments = bytearray()
        if len(self._fragments) + len(payload) > self.max_message:
            self._fragments = None
            self.close(CloseCode.TOO_BIG, f"a message may have at most {self.max_message} bytes; send less at a time")
            return None
        self._fragments += payload
        if not fin:
            return None
        message = bytes(self._fragments)
        self._fragments = None
        return message

    def _meter(self, allowance: Allowance, size: int, now: float) -> None:
        """Count a frame of any kind."""
        wait = allowance.take(size, now)
        if wait <= 0:
            return
        if allowance.exhausted(now):
            self.close(CloseCode.RATE, "too many messages; wait a minute and send less at a time")
        else:
            self._pause(max(wait, SLICE))

    def _pause(self, seconds: float) -> None:
        """Stop reading; go on with what was read already, and then with reading, when the time has passed."""
        if self.transport is not None:
            self.paused = True
            self.transport.underlying_transport.pause_reading()
            asyncio.get_running_loop().call_later(seconds, self._resume)

    def _resume(self) -> None:
        if self._closing or self.transport is None:
            return
        self.paused = False
        # Nothing could be heard until now.
        self.heard = _monotonic()
        try:
            while self._inbox and not (self.paused or self._closing):
                self._take(*self._inbox.popleft())
        except Exception:  # noqa: BLE001 - as picows does with what goes wrong in `on_ws_frame`
            _log.exception("a message could not be handled")
            self.close(CloseCode.INTERNAL, "the server failed at this message; connect again")
        if not (self.paused or self._held or self._closing):
            self.transport.underlying_transport.resume_reading()


def _discard(_: bytes) -> None:
    """Stand in for `write` before the handshake and after the end."""
