"""Sockets on the HTTP port: a picows protocol that uvicorn hands its WebSocket upgrades to.

uvicorn calls `ws_protocol_class(config, server_state, app_state)`, then `connection_made` and
`data_received` with the request as it parsed it, and from then on the socket belongs to picows. What comes in reaches
it by `data_received`, and in its own buffer once reading was stopped and went on (uvloop asks only then).
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any

from picows import WSAutoPingStrategy, WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from quire.sync.sockets.socket import Socket

Accept = Callable[[WSUpgradeRequest, Any], WSListener | WSUpgradeResponse]
"""Decides on an upgrade from the request and the transport."""

_CONNECTION = re.compile(rb"(?im)^connection:[^\r\n]*")
_READ_BUFFER = 4096
"""Bytes of a socket's first buffer; picows makes a larger one for a larger frame."""
_DROPPED = bytearray(256 * 1024)
"""Where the input goes that nobody reads."""
_HANDSHAKE_TIMEOUT = 5.0
"""Seconds for the head of an upgrade."""
_LINGER = 5.0
"""Seconds for which a peer that goes on sending may still read why it was closed."""

_log = logging.getLogger("picows")
_log.setLevel(logging.WARNING)


class _Line:
    """A transport that can close late.

    A socket that is closed with unread input is reset, and the reset overtakes the close frame: whoever was in the
    middle of a message that is too big would never learn why, and would send it again.
    """

    __slots__ = ("__weakref__", "_tcp", "lingering")

    def __init__(self, tcp: Any) -> None:  # noqa: ANN401
        self._tcp = tcp
        self.lingering = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._tcp, name)

    def linger(self) -> None:
        """Drop what still comes in, and close when the peer has, or after a few seconds."""
        if not self.lingering:
            self.lingering = True
            asyncio.get_running_loop().call_later(_LINGER, self._tcp.close)

    def end(self) -> None:
        """Close at once."""
        self._tcp.close()

    def close(self) -> None:
        """Close at once, unless the line lingers."""
        if not self.lingering:
            self._tcp.close()


class UvicornSocket(WSProtocol):  # type: ignore[misc]
    """Adapter between uvicorn's `data_received` and picows' buffered protocol."""

    accept: Accept
    max_frame: int
    outbound_high: int

    def __init__(self, config: Any, server_state: Any, app_state: Any) -> None:  # noqa: ANN401, ARG002
        self._tcp: Any = None
        self._socket: WSListener | None = None
        super().__init__(
            None,
            None,
            False,
            self._listener,
            _log,
            True,
            _HANDSHAKE_TIMEOUT,
            False,
            1.0,
            1.0,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            # `Socket` answers pings itself, within its bounds.
            False,
            self.max_frame,
            None,
            _READ_BUFFER,
        )

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401
        self._tcp = _Line(transport)
        super().connection_made(self._tcp)
        transport.set_write_buffer_limits(high=self.outbound_high, low=self.outbound_high // 8)

    def data_received(self, data: bytes) -> None:
        """Feed bytes that uvicorn read; Firefox's `keep-alive, Upgrade` becomes what picows expects."""
        head, separator, rest = data.partition(b"\r\n\r\n")
        view = memoryview(_CONNECTION.sub(b"Connection: Upgrade", head) + separator + rest)
        while view and not self._tcp.lingering:
            buffer = self.get_buffer(len(view))
            size = min(len(view), len(buffer))
            if size == 0:
                self._tcp.abort()
                return
            buffer[:size] = view[:size]
            self.buffer_updated(size)
            view = view[size:]

    def get_buffer(self, size: int) -> memoryview | bytearray:
        return _DROPPED if self._tcp.lingering else super().get_buffer(size)

    def buffer_updated(self, size: int) -> None:
        if self._tcp.lingering:
            return
        super().buffer_updated(size)
        socket = self._socket
        if isinstance(socket, Socket):
            socket.arrived(size)
        if self._refused_frame():
            self._tcp.linger()

    def _refused_frame(self) -> bool:
        """Whether picows has refused a frame; it would go on gathering the bytes of one that is too big."""
        sent = self.transport is not None and self.transport.is_close_frame_sent
        return sent and isinstance(self._socket, Socket) and not self._socket.closing

    def _listener(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        answer = self.accept(request, self._tcp)
        if isinstance(answer, WSUpgradeResponse):
            return WSUpgradeResponseWithListener(answer, None)
        self._socket = answer
        return answer


def protocol_class(accept: Accept, *, max_frame: int, outbound_high: int) -> type[UvicornSocket]:
    """Return the class to give to `uvicorn.Config(ws=…)`.

    `max_frame` is the largest single frame in bytes (checked before buffering), `outbound_high` the outbound
    buffer in bytes at which `pause_writing` is called.
    """
    limits = {"accept": staticmethod(accept), "max_frame": max_frame, "outbound_high": outbound_high}
    return type("LimitedSocket", (UvicornSocket,), limits)
