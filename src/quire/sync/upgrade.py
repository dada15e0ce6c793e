"""Sockets on the HTTP port: a picows protocol that uvicorn hands its WebSocket upgrades to.

uvicorn calls `ws_protocol_class(config, server_state, app_state)`, then `connection_made` and
`data_received` with the request as it parsed it, and from then on the socket belongs to picows.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

from picows import WSAutoPingStrategy, WSListener, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

Accept = Callable[[WSUpgradeRequest, Any], WSListener | WSUpgradeResponse]
"""Decides on an upgrade from the request and the transport."""

_CONNECTION = re.compile(rb"(?im)^connection:[^\r\n]*")
_READ_BUFFER = 4096
_HANDSHAKE_TIMEOUT = 5.0

_log = logging.getLogger("quire.sync.upgrade")
_log.setLevel(logging.WARNING)


def protocol_class(accept: Accept, *, max_frame: int, outbound_high: int) -> type[WSProtocol]:
    """Return the class to give to `uvicorn.Config(ws=…)`.

    `max_frame` is the largest single frame in bytes (checked before buffering), `outbound_high` the outbound
    buffer in bytes at which `pause_writing` is called.
    """

    class UvicornSocket(WSProtocol):  # type: ignore[misc]
        """Adapter between uvicorn's `data_received` and picows' buffered protocol."""

        def __init__(self, config: Any, server_state: Any, app_state: Any) -> None:  # noqa: ANN401, ARG002
            self._tcp: Any = None
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
                True,
                max_frame,
                None,
                _READ_BUFFER,
            )

        def connection_made(self, transport: Any) -> None:  # noqa: ANN401
            self._tcp = transport
            super().connection_made(transport)
            transport.set_write_buffer_limits(high=outbound_high, low=outbound_high // 8)

        def data_received(self, data: bytes) -> None:
            """Feed bytes that uvicorn read; Firefox's `keep-alive, Upgrade` becomes what picows expects."""
            head, separator, rest = data.partition(b"\r\n\r\n")
            view = memoryview(_CONNECTION.sub(b"Connection: Upgrade", head) + separator + rest)
            while view:
                buffer = self.get_buffer(len(view))
                size = min(len(view), len(buffer))
                if size == 0:
                    self._tcp.abort()
                    return
                buffer[:size] = view[:size]
                self.buffer_updated(size)
                view = view[size:]

        def _listener(self, request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
            answer = accept(request, self._tcp)
            if isinstance(answer, WSUpgradeResponse):
                return WSUpgradeResponseWithListener(answer, None)
            return answer

    return UvicornSocket
