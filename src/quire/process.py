"""The serving process: its port, its signals, its event loop."""

from __future__ import annotations

import asyncio
import gc
import math
import signal
import socket
import sys
import time
from types import FrameType

import uvicorn

from quire import __version__
from quire.http.connections import ConnectionLimits, check_all, connection_class
from quire.ops import logs
from quire.server import Server
from quire.settings import Settings
from quire.sync.upgrade import protocol_class


class CannotGoOn(Exception):
    """The server had to stop; the text says why and what to do."""


class _Uvicorn(uvicorn.Server):
    """uvicorn that drains our sockets, which it does not know of, before it stops."""

    def __init__(self, config: uvicorn.Config, node: Server) -> None:
        super().__init__(config)
        self._node = node

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: let uvicorn do its upkeep, and once a second ours."""
        if counter % 10 == 0:
            check_all(self.server_state.connections, time.monotonic())
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or []:
            listening.close()
        await self._node.drain()
        await super().shutdown([])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A second signal does not cut the drain short: it has a deadline of its own."""
        if not self.should_exit:
            super().handle_exit(sig, frame)
        self._captured_signals = [caught for caught in self._captured_signals if caught != signal.SIGTERM]


async def _run(settings: Settings, announce: bool) -> None:
    node = Server(settings)
    app = await node.open()
    try:
        listening = _listen(settings.host, settings.port)
    except OSError:
        await node.close()
        raise
    config = uvicorn.Config(
        app,
        ws=protocol_class(node.gateway.accept, max_frame=settings.max_frame, outbound_high=settings.outbound_high),
        http=connection_class(_connection_limits(settings, node.trusted)),
        timeout_keep_alive=math.ceil(settings.request_idle_time),
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout / 10)),
    )
    if announce:
        _announce(settings, listening, node.setup_code)
    # A thread that computes gives the interpreter lock back after this long, so that sockets never wait for 5 ms.
    sys.setswitchinterval(0.001)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    serving = _Uvicorn(config, node)
    node.on_failure = lambda: setattr(serving, "should_exit", True)
    try:
        await serving.serve(sockets=[listening])
    finally:
        await node.close()
    if node.failure is not None:
        raise CannotGoOn(node.failure)


def _connection_limits(settings: Settings, trusted: frozenset[str]) -> ConnectionLimits:
    return ConnectionLimits(
        total=settings.max_connections,
        per_address=settings.max_connections_per_address,
        head_time=settings.request_head_time,
        idle_time=settings.request_idle_time,
        body_time=settings.request_body_time,
        body_rate=settings.request_body_rate,
        answer_time=settings.outbound_time,
        shared=trusted,
    )


def serve(settings: Settings, *, announce: bool = True) -> None:
    """Serve until SIGTERM or SIGINT; raises `CannotStart`, `CannotGoOn` or `OSError` (the port is taken)."""
    logs.configure(settings.log_level, settings.log_format)
    try:
        import uvloop
    except ImportError:
        asyncio.run(_run(settings, announce))
    else:
        uvloop.run(_run(settings, announce))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(4096)
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def _announce(settings: Settings, listening: socket.socket, setup_code: str | None) -> None:
    port = listening.getsockname()[1]
    host = "localhost" if settings.loopback_only else settings.host
    lines = [f"Quire {__version__} is running at {settings.public_url or f'http://{host}:{port}'}"]
    lines.append(f"Documents are kept in {settings.data.resolve()}")
    if setup_code is not None:
        lines.append(f"Set-up code for the first account: {setup_code}")
    print("\n".join(lines), flush=True)  # noqa: T201 - the command's own output
