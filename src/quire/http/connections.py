"""HTTP connections within limits: how many, how long a request may take to arrive, how long a line may be idle.

uvicorn knows one timeout, of a connection between two requests; whoever never sends a whole request stays for ever.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from quire.access.household import household
from quire.limits.counts import less
from quire.limits.overload import excess

MAX_HEAD: Final = 64 * 1024
"""Largest request line and headers together."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of HTTP connections; an upgraded one is a socket, which has its own."""

    total: int
    per_address: int
    head_time: float
    """Seconds for a request line and its headers, also for the first of a connection to begin."""
    idle_time: float
    """Seconds between two requests."""
    body_time: float
    """Seconds for which a body may come in slower than `body_rate`."""
    body_rate: int
    """Least bytes a second of a body after that."""
    answer_time: float
    """Seconds for which a peer may read nothing of its answer."""
    unread: int
    """Bytes of answers that peers have yet to read, together."""
    shared: Container[str]
    """Addresses that many people come from: trusted proxies, of which only the total is bounded."""
    clock: Callable[[], float] = time.monotonic


class Connection(HttpToolsProtocol):
    """uvicorn's protocol, which tells where in a request it is."""

    limits: ConnectionLimits
    addresses: Counter[str]

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **more)
        self._peer = ""
        self._counted = False
        self._place = ""
        """`head` or `body` of a request that comes in, else empty."""
        self._since = self._swept = self.limits.clock()
        self._size = 0
        self._unsent = 0
        self._moved = self._since

    # ---------------------------------------------------------------- coming and going

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._peer = household(address)
        self.addresses[self._peer] += 1
        self._counted = True
        limits = self.limits
        if len(self.connections) > limits.total:
            self._refuse(503, "This server has all the connections that it may have. Try again in a few seconds.")
        elif address not in limits.shared and self.addresses[self._peer] > limits.per_address:
            self._refuse(429, f"{limits.per_address} connections are open from your address. Close some and try again.")

    def connection_lost(self, exc: Exception | None) -> None:
        self._uncount()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            # The answer that is under way would come among the frames.
            self._refuse(400, "A connection is upgraded after the answers to all that it asked before. Wait for them.")
            return
        self._uncount()
        super().handle_websocket_upgrade()

    def _uncount(self) -> None:
        if not self._counted:
            return
        self._counted = False
        less(self.addresses, self._peer)

    # ---------------------------------------------------------------- where in a request

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self._place
        self._size += len(data)
        super().data_received(data)
        if before == self._place == "head" and self._size > MAX_HEAD and not self.transport.is_closing():
            self._refuse(431, f"The request line and headers may have at most {MAX_HEAD} bytes together.")

    def on_message_begin(self) -> None:
        self._enter("head")
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._enter("body")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._enter("")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        if not self._place:
            self._enter("")
        super().on_response_complete()

    def _enter(self, place: str) -> None:
        self._place, self._since, self._size = place, self.limits.clock(), 0

    # ---------------------------------------------------------------- limits of time and of what is unread

    @property
    def unread(self) -> int:
        """Bytes of answers that the peer has yet to read."""
        size: int = self.transport.get_write_buffer_size()
        return size

    @property
    def peer(self) -> str:
        """The household that it comes from, a proxy's perhaps."""
        return self._peer

    def abort(self) -> None:
        """Drop the connection with what is unread."""
        self.transport.abort()

    def check(self, now: float) -> None:
        """End the connection if its time is over."""
        limits = self.limits
        unsent = self.unread
        if not unsent or unsent < self._unsent:
            self._moved = now
        self._unsent = unsent
        if now - self._moved > limits.answer_time:
            self.abort()
            return
        if self.flow.read_paused:
            # What does not come in because nobody here takes it is not the peer's fault.
            self._since += now - self._swept
        self._swept = now
        if self.transport.is_closing():
            return
        waited = now - self._since
        answered = self.cycle is None or self.cycle.response_complete
        if self._place == "head":
            if waited > limits.head_time:
                self._refuse(408, "The request took too long to arrive. Send it again.")
        elif self._place == "body":
            if waited > limits.body_time + self._size / limits.body_rate or (answered and waited > limits.body_time):
                self._refuse(
                    408, "The request body came in too slowly. Send it again over a faster link, or a smaller one."
                )
        elif answered and waited > (limits.head_time if self.cycle is None else limits.idle_time):
            self.transport.close()

    def _refuse(self, status: int, text: str) -> None:
        """Answer, unless an answer is under way, and close."""
        if self.cycle is None or self.cycle.response_complete:
            self._say(status, text)
        elif not self.cycle.response_started and self._place == "body":
            # The route waits for the body; from here on nobody hears what it says.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._say(status, text)
        self.transport.close()

    def _say(self, status: int, text: str) -> None:
        again = "Retry-After: 10\r\n" if status in (429, 503) else ""
        self.transport.write(
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\n{again}Connection: close\r\n\r\n{text}".encode()
        )


def connection_class(limits: ConnectionLimits) -> type[Connection]:
    """Return the class to give to `uvicorn.Config(http=…)`."""
    return type("LimitedConnection", (Connection,), {"limits": limits, "addresses": Counter()})


def check_all(connections: Iterable[object], now: float) -> None:
    """End every connection whose time is over, and some if all leave too much unread; call it about once a second."""
    ours = [connection for connection in connections if isinstance(connection, Connection)]
    for connection in ours:
        connection.check(now)
    if ours:
        unread = ((connection.peer, connection.unread, connection) for connection in ours)
        for connection in excess(unread, ours[0].limits.unread):
            connection.abort()
