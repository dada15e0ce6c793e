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
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(re.search(r"^PPid:\s+(\d+)", (path / "status").read_text(), re.MULTILINE)[1])  # type: ignore[index]
            if parent == server.process.pid and kind in (path / "cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(int(path.name))
        except (OSError, TypeError):
            continue
    return found


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Hold a process up."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
