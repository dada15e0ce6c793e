"""The serving process: its port, its signals, its event loop."""

from __future__ import annotations

import asyncio
import faulthandler
import gc
import math
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
import uvicorn

from quire import __version__
from quire.concurrency.threads import NONE_LEFT, none_left, started
from quire.http.connections import check_all, connection_class
from quire.ops import descriptors, logs
from quire.ops.folder import CannotGoOn, CannotStart
from quire.ops.listening import BACKLOG, advice, bind, shown
from quire.server.composition import Server
from quire.server.limits import connection_limits
from quire.settings import Settings, unknown_variables
from quire.sync.sockets.upgrade import protocol_class

_log = structlog.get_logger("quire.server.process")
THREADS = 6
"""For what reads files and what is slow; the log, sign-ins and uploads have their own."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class _Uvicorn(uvicorn.Server):
    """uvicorn that drains our sockets, which it does not know of, before it stops."""

    def __init__(self, config: uvicorn.Config, node: Server) -> None:
        super().__init__(config)
        self._node = node
        self.stopped_by = ""

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
        _log.info("stopping", signal=self.stopped_by)
        self._end_in(self._node.settings.shutdown_timeout)
        await self._node.drain()
        await super().shutdown([])

    def _end_in(self, seconds: float) -> None:
        """End the process when the stop takes longer: a disk that hangs holds threads that nothing can interrupt."""

        def end() -> None:
            _log.error("the stop is not over in time; what is not saved stays with its senders", seconds=seconds)
            os._exit(0 if self._node.folder_watch.failure is None else 1)

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Drain on each of them, once: a second one does not cut the drain short, it has a deadline of its own."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        # A hang-up that `nohup` has put off stays so.
        before = {sign: signal.getsignal(sign) for sign in SIGNALS}
        taken = [sign for sign in SIGNALS if before[sign] is not signal.SIG_IGN]
        for sign in taken:
            signal.signal(sign, self.handle_exit)
        try:
            yield
        finally:
            for sign in taken:
                signal.signal(sign, before[sign])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's interface
        """Stop; the end is one by request, whichever signal it was."""
        if not self.should_exit:
            self.stopped_by = signal.Signals(sig).name
            self.should_exit = True


async def _run(settings: Settings, announce: bool) -> None:
    asyncio.get_running_loop().set_default_executor(started(THREADS, "quire"))
    # Before anything is made in the data folder; people are let in when all is open.
    with _address_free(settings):
        listening = bind(settings.host, settings.port)
    node = Server(settings)
    app = await node.open()
    with _address_free(settings):
        listening.listen(BACKLOG)
    config = uvicorn.Config(
        app,
        ws=protocol_class(node.gateway.accept, max_frame=settings.max_frame, outbound_high=settings.outbound_high),
        http=connection_class(connection_limits(settings, node.trusted)),
        timeout_keep_alive=math.ceil(settings.request_idle_time),
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout / 10)),
    )
    _log.info("ready", address=_address(settings, listening), data=str(settings.data.resolve()))
    if announce:
        _announce(settings, listening, node.setup_code)
    # A thread that computes gives the interpreter lock back after this long, so that sockets never wait for 5 ms.
    sys.setswitchinterval(0.001)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
    serving = _Uvicorn(config, node)
    node.folder_watch.on_failure = lambda: setattr(serving, "should_exit", True)
    try:
        await serving.serve(sockets=[listening])
    finally:
        if node.folder_watch.spoiled:
            print(node.folder_watch.failure, file=sys.stderr, flush=True)  # noqa: T201 - as the command does
            os._exit(1)
        await node.close()
        _log.info("stopped")
    if node.folder_watch.failure is not None:
        raise CannotGoOn(node.folder_watch.failure)


@contextmanager
def _address_free(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotStart(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}). {advice(error)}"
        ) from None


@contextmanager
def _threads_to_be_had() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not none_left(error):
            raise
        raise CannotStart(f"Cannot start: {NONE_LEFT}. Raise its limits (`ulimit -u`, `ulimit -v`).") from None


def serve(settings: Settings, *, announce: bool = True) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; raises `CannotStart` or `CannotGoOn`."""
    logs.configure(settings.log_level, settings.log_format)
    address = f"{settings.host}:{settings.port}"
    _log.info("start", version=__version__, address=address, data=str(settings.data.resolve()), process=os.getpid())
    for unknown in unknown_variables(os.environ):
        _log.warning("a variable is no setting and has no effect", name=unknown.name, near=unknown.near)
    # What the kernel ends in native code has no other last words.
    faulthandler.enable()
    descriptors.prepare(settings.max_sockets)
    with _threads_to_be_had():
        try:
            import uvloop
        except ImportError:
            asyncio.run(_run(settings, announce))
        else:
            uvloop.run(_run(settings, announce))


def _address(settings: Settings, listening: socket.socket) -> str:
    """Return the address that people type."""
    return settings.public_url or f"http://{shown(settings.host)}:{listening.getsockname()[1]}"


def _announce(settings: Settings, listening: socket.socket, setup_code: str | None) -> None:
    lines = [f"Quire {__version__} is running at {_address(settings, listening)}"]
    lines.append(f"Documents are kept in {settings.data.resolve()}")
    if setup_code is not None:
        lines.append(f"Set-up code for the first account: {setup_code}")
    try:
        print("\n".join(lines), flush=True)  # noqa: T201 - the command's own output
    except OSError as error:
        _log.warning("standard output cannot be written", error=error.strerror, setup_code=setup_code)
        # What Python kept of it must not fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
