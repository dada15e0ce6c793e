"""A CRDT call that never returns: the server ends itself, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import QuireProcess
from quire.sync import wire
from rawclient import connected, insertion, joined
from stalls import children, until

SPINS = """
import pycrdt
given = pycrdt.Doc.apply_update
def apply_update(doc, update):
    while b"spin for ever" in update:
        pass
    return given(doc, update)
pycrdt.Doc.apply_update = apply_update
"""
"""No update is known any more of which the CRDT library does not come back."""
CIRCLES = (
    "0101010027010764656661756c7401620600",
    "010303002400010001620678f09f9880790002450303077b2261223a317d0101010001",
    "0102010184030301612700030501610301700103010203",
    "010201030003c1010301000100",
    "01030200c4010203030161c40300010501618401040678f09f9880790103010302",
)
"""Updates of which yrs makes a circle that it walks for ever (yrs 0.28)."""


async def test_a_server_that_spins_ends_itself_and_keeps_what_was_saved(
    launch: Callable[..., QuireProcess], tmp_path: Path
) -> None:
    server = launch(watchdog="2")
    server.stop()
    shim = tmp_path / "shim"
    shim.mkdir()
    (shim / "sitecustomize.py").write_text(SPINS)
    plain = server.environment["PYTHONPATH"]
    server.environment["PYTHONPATH"] = f"{shim}:{plain}"
    await asyncio.to_thread(server.start)
    document = server.new_document()
    async with connected(server, document) as writer:
        await joined(writer, server)
        writer.send(wire.sync_update(insertion("acknowledged")))
        assert await writer.until(b"\x08") == wire.SAVED
    other = server.new_document()
    async with connected(server, other) as hostile:
        await joined(hostile, server)
        hostile.send(wire.sync_update(insertion("spin for ever")))
        assert server.process is not None
        status = await asyncio.to_thread(server.process.wait, 60)
    assert status == -signal.SIGKILL
    server.environment["PYTHONPATH"] = plain
    await asyncio.to_thread(server.start)
    async with connected(server, document) as reader:
        await joined(reader, server)
        reader.send(wire.sync_step1(b"\x00"))
        assert b"acknowledged" in await reader.until(b"\x00\x01")


async def test_updates_that_would_make_circles_are_refused_and_the_document_goes_on(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    document = server.new_document()
    async with connected(server, document) as hostile, connected(server, document) as other:
        await joined(hostile, server)
        await joined(other, server)
        for update in CIRCLES:
            hostile.send(wire.sync_update(bytes.fromhex(update)))
        assert b"in an array or a map" in await hostile.until(b"\x05")
        other.send(wire.sync_update(insertion("goes on")))
        assert await other.until(b"\x08") == wire.SAVED
    assert server.process is not None
    assert server.process.poll() is None


def test_a_server_that_was_stopped_for_a_while_goes_on(launch: Callable[..., QuireProcess]) -> None:
    server = launch(watchdog="1")
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    # Longer than the watchdog's patience: it must have looked, and found no work done.
    time.sleep(3)
    os.kill(server.process.pid, signal.SIGCONT)
    assert server.new_document()
    assert server.process.poll() is None


async def test_a_watchdog_that_was_killed_is_started_again(
    launch: Callable[..., QuireProcess], capfd: pytest.CaptureFixture[str]
) -> None:
    server = launch(log_format="json")
    [watchdog] = children(server, "watchdog.py")
    os.kill(watchdog, signal.SIGKILL)
    await until(lambda: bool(set(children(server, "watchdog.py")) - {watchdog}), "nothing watches any more")
    assert server.stop() == 0
    assert "the watchdog process ended and is started again" in capfd.readouterr().err


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_no_watchdog_outlives_its_server(launch: Callable[..., QuireProcess], signum: int) -> None:
    server = launch()
    assert server.process is not None
    pid = server.process.pid
    watching = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert watching
    server.stop(signum)
    deadline = time.monotonic() + 20
    while any(Path("/proc", child).exists() for child in watching):
        assert time.monotonic() < deadline, "a child process is left"
        time.sleep(0.05)
