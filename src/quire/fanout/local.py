"""Fan-out inside one process: a bus that its nodes share. A node alone on its bus pays one look-up a tick."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

_log = structlog.get_logger("quire.fanout.local")
_Listener = Callable[[bytes], None]


class LocalBus:
    """Who listens to which channel."""

    def __init__(self) -> None:
        self.channels: dict[str, dict[LocalFanout, list[_Listener]]] = {}


class LocalFanout:
    """`Fanout` of one node on a bus of this process."""

    def __init__(self, bus: LocalBus | None = None) -> None:
        self._channels = (bus or LocalBus()).channels
        self._closed = False

    async def open(self) -> None:
        return None

    async def close(self) -> None:
        self._closed = True
        for channel in [name for name, nodes in self._channels.items() if self in nodes]:
            self._leave(channel)

    def heard(self, channel: str) -> bool:
        nodes = self._channels.get(channel)
        return nodes is not None and (len(nodes) > 1 or self not in nodes)

    def publish(self, channel: str, message: bytes) -> None:
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        for node, listeners in self._channels.get(channel, {}).items():
            if node is not self:
                for listener in listeners:
                    loop.call_soon(self._deliver, node, listeners, listener, message)

    def subscribe(self, channel: str, listener: _Listener) -> Callable[[], None]:
        if self._closed:
            raise RuntimeError("this node has left the bus")
        listeners = self._channels.setdefault(channel, {}).setdefault(self, [])
        listeners.append(listener)

        def unsubscribe() -> None:
            if listener in listeners:
                listeners.remove(listener)
                if not listeners:
                    self._leave(channel)

        return unsubscribe

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002 - this bus is never away
        return lambda: None

    def _leave(self, channel: str) -> None:
        nodes = self._channels.get(channel)
        if nodes is not None:
            nodes.pop(self, None)
            if not nodes:
                del self._channels[channel]

    @staticmethod
    def _deliver(node: LocalFanout, listeners: list[_Listener], listener: _Listener, message: bytes) -> None:
        if node._closed or listener not in listeners:
            return
        try:
            listener(message)
        except Exception:  # noqa: BLE001 - one listener must not stop the others
            _log.exception("a listener failed")
