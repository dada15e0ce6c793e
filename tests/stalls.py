"""Stalling the parts of a running server, and reading from outside how it copes."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import QuireProcess


def memory(server: QuireProcess) -> int:
    """Return the server's resident bytes, its worker processes not counted."""
    assert server.process is not None
    with open(f"/proc/{server.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


async def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Wait for something that is read from the server."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


def children(server: QuireProcess, kind: str) -> list[int]:
    """Return the server's child processes whose command line contains `kind`."""
    assert server.process is not None
    found = []
    for pid in _children_of(server.process.pid):
        try:
            if kind in Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(pid)
        except OSError:
            continue
    return found


def family(server: QuireProcess) -> list[int]:
    """Return the server's process and all that descend from it."""
    assert server.process is not None
    found = [server.process.pid]
    for pid in found:
        found += _children_of(pid)
    return found


def _children_of(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            line = re.search(r"^PPid:\s+(\d+)", (path / "status").read_text(), re.MULTILINE)
        except OSError:
            continue
        if line is not None and int(line[1]) == parent:
            found.append(int(path.name))
    return found


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Hold a process up."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
