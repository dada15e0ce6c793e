"""Child processes of ours: how they start, and that they end with their parent, however that ends."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PR_SET_PDEATHSIG = 1


async def start_child(module: str, *arguments: str) -> Process:
    """Start a module as a program that reads requests from its standard input and answers on its standard output."""
    # It imports what this process would, and nothing from the folder that it happens to be started in.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", module, *arguments, stdin=PIPE, stdout=PIPE, env=environment
    )


def gone(process: Process) -> bool:
    """Whether a child process ended, perhaps while nobody asked it anything: its pipe takes no request any more."""
    return process.returncode is not None or (process.stdin is not None and process.stdin.is_closing())


def cause_of_end(process: Process) -> str:
    """Say how a child process ended."""
    status = process.returncode
    if status is None or status >= 0:
        return f"exit status {status}"
    names = {-sign: sign.name for sign in signal.Signals}
    return names.get(status, f"signal {-status}")


def die_first() -> None:
    """Have the kernel end this process rather than its parent when the machine has no memory left."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")


def end_with_parent(parent: int | None = None) -> None:
    """Have the kernel kill this process when its parent ends, and leave it to the parent when that is.

    A parent that ended before the kernel knew sends no signal any more: with its process id that is noticed, too.
    """
    # A terminal or a supervisor may send them to all processes of a server, which needs its children to stop well.
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


@contextmanager
def answering() -> Iterator[None]:
    """Answer the parent; without a word when it was killed meanwhile."""
    try:
        yield
    except BrokenPipeError:
        # What Python kept of the answer must not fail once more at the end.
        os._exit(0)
