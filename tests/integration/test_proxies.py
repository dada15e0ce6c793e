"""Behind nginx and HAProxy, with the files in deploy/."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from itertools import product
from pathlib import Path

import pytest

from conftest import PROVE, QuireProcess
from person import Person
from proxies import program, proxied
from quire.sync import wire
from rawclient import Client, connected, insertion, joined

LIMIT = 16 * 1024 * 1024 if PROVE else 512 * 1024
"""Largest message; the default in the full run, less for every day."""
PIECE = 128 * 1024
"""Chromium cuts messages into fragments of this size."""
PROXIES = ("nginx", "haproxy")
BEHIND = [
    pytest.param(name, marks=pytest.mark.skipif(program(name) is None, reason=f"needs Debian's package {name}"))
    for name in PROXIES
]
WAYS = ["straight", *BEHIND]


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[QuireProcess, dict[str, int]]]:
    """A server with a small limit, and the port of each way to it."""
    with ExitStack() as stack:
        server = QuireProcess(
            tmp_path_factory.mktemp("data"), max_frame=str(LIMIT), max_update=str(LIMIT), heavy_update=str(128 * 1024)
        )
        stack.callback(server.discard)
        server.start()
        ports = {"straight": server.port}
        for name in filter(program, PROXIES):
            ports[name] = stack.enter_context(proxied(name, server.port, tmp_path_factory.mktemp(name)))
        yield server, ports


def peak(server: QuireProcess, *, reset: bool = False) -> int:
    """Return the most memory that the server has had since the last reset."""
    assert server.process is not None
    folder = Path(f"/proc/{server.process.pid}")
    if reset:
        (folder / "clear_refs").write_text("5")
    return next(
        int(line.split()[1]) * 1024 for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM")
    )


@asynccontextmanager
async def typing(server: QuireProcess, port: int) -> AsyncIterator[list[float]]:
    """Two people write in another document; the list fills with the times until each word is seen."""
    document = server.new_document()
    one, two = Person("one", server, document), Person("two", server, document)
    delays: list[float] = []

    async def write() -> None:
        for number in range(10_000):
            started = time.monotonic()
            one.insert(0, f"w{number} ")
            await two.until(lambda number=number: f"w{number} " in two.text, "a word of the calm document")
            delays.append(time.monotonic() - started)
            await asyncio.sleep(0.02)

    async with one.online(port=port):
        await one.start("calm ")
        async with two.online(port=port):
            await two.until(lambda: two.ready, "the calm document")
            writing = asyncio.create_task(write())
            yield delays
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)


def page_status(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
        return int(page.status)


def worst(delays: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(delays)[int(len(delays) * 0.99)]


async def upload(client: Client, size: int, *, fragments: bool) -> tuple[int, str]:
    """Send one message of `size` bytes as a browser does: go on sending, and listen. Return how it was closed."""
    closed = asyncio.create_task(client.closed())

    async def send() -> None:
        piece = b"x" * PIECE
        if not fragments:
            client.head(size)
        for start in range(0, size, PIECE):
            part = piece[: min(PIECE, size - start)]
            if fragments:
                client.frame(part, opcode=0 if start else 2, fin=start + PIECE >= size)
            else:
                client.writer.write(part)
            await client.writer.drain()

    sending = asyncio.create_task(send())
    try:
        return await asyncio.wait_for(closed, 120)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


@pytest.mark.fm("FM-168", size="frames of up to 1.6 GB, a limit of 16 MiB")
@pytest.mark.parametrize("way", WAYS)
async def test_frames_up_to_a_hundred_times_the_limit_are_taken_or_refused_with_a_reason(
    ways: tuple[QuireProcess, dict[str, int]], way: str
) -> None:
    server, ports = ways
    port, document = ports[way], server.new_document()
    async with typing(server, port) as delays:
        async with connected(server, document, port=port) as client:
            await joined(client, server)
            update = insertion("x" * (LIMIT - 1000))
            for fragments in (False, True):
                message = client.prefix + wire.sync_update(update)
                assert LIMIT - 1000 < len(message) <= LIMIT
                if fragments:
                    for start in range(0, len(message), PIECE):
                        last = start + PIECE >= len(message)
                        client.frame(message[start : start + PIECE], opcode=0 if start else 2, fin=last)
                else:
                    client.frame(message)
                assert await client.until(b"\x08") == wire.SAVED
        # Bytes of refused messages are never gathered: a hundred times the limit takes no more than the limit.
        before, empty = peak(server, reset=True), server.new_document()
        while len(delays) < 40:
            await asyncio.sleep(0.05)
        calm = worst(delays)
        delays.clear()
        while len(delays) < 40:
            for factor, fragments in product((1.01, 2, 10, 100), (False, True)):
                async with connected(server, empty, port=port) as client:
                    await joined(client, server)
                    code, reason = await upload(client, int(LIMIT * factor), fragments=fragments)
                    assert code in (1009, 4413)
                    assert str(LIMIT) in reason
        assert peak(server) - before < 4 * LIMIT + 32 * 1024 * 1024
    # The documented bound is a quarter of a second; test machines get four times that, and busy ones more.
    assert worst(delays) < 1.0 + 3 * calm, (calm, sorted(delays)[-5:])


async def test_whoever_sends_on_before_it_reads_learns_why_it_is_closed(
    ways: tuple[QuireProcess, dict[str, int]],
) -> None:
    server, _ = ways
    before = peak(server, reset=True)
    async with connected(server, server.new_document()) as client:
        await joined(client, server)
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.head(LIMIT * 200)
        for _ in range(0, LIMIT * 200, PIECE):
            client.writer.write(b"x" * PIECE)
            await client.writer.drain()
        client.reader._transport.resume_reading()  # type: ignore[attr-defined]
        code, reason = await client.closed()
    assert code == 1009
    assert str(LIMIT) in reason
    assert peak(server) - before < 4 * LIMIT + 32 * 1024 * 1024


@pytest.mark.parametrize("way", BEHIND)
async def test_the_examples_carry_pages_attachments_and_the_address_of_the_person(
    launch: Callable[..., QuireProcess], tmp_path: Path, way: str
) -> None:
    server = launch(max_sockets_per_address="1", limits="on")
    with proxied(way, server.port, tmp_path) as port:
        assert page_status(port) == 200
        document = server.new_document()
        # The limit for one address holds: the proxy says who asks, and everybody is not one person.
        async with connected(server, document, port=port) as client:
            await joined(client, server)
            with pytest.raises(ConnectionRefusedError, match="429"):
                async with connected(server, document, port=port):
                    pass


@pytest.mark.parametrize("way", WAYS)
async def test_nobody_chooses_an_address(launch: Callable[..., QuireProcess], tmp_path: Path, way: str) -> None:
    server = launch(max_sockets_per_address="1", limits="on")
    document = server.new_document()
    with ExitStack() as stack:
        port = server.port
        lines = {"X-Forwarded-For": "203.0.113.1\r\nX-Forwarded-For: 192.0.2.1"}
        if way != "straight":
            port, lines = stack.enter_context(proxied(way, server.port, tmp_path)), {"X-Forwarded-For": "203.0.113.1"}
        async with connected(server, document, port=port, **lines) as client:
            await joined(client, server)
            lines = {name: value.replace("203.0.113.1", "203.0.113.2") for name, value in lines.items()}
            with pytest.raises(ConnectionRefusedError, match="429"):
                async with connected(server, document, port=port, **lines):
                    pass
