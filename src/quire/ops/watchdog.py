"""A small process beside the server that ends it when it spins.

A CRDT call cannot be interrupted from inside the process: one that never returns would keep the port open and answer
nobody for ever. The watchdog hears a beat every second. When the beats stop and the server goes on burning processor
time, it is killed; what started it (systemd, a container runtime) starts it again. A server that is merely stopped or
starved burns nothing and is left alone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress


class Watchdog:
    """The server's end: start it, beat about once a second, close it."""

    def __init__(self, patience: float, *, ended: Callable[[int], None]) -> None:
        """End the server after `patience` seconds of processor time without a beat; 0: never.

        `ended` hears the exit status of a process that somebody ended; another takes its place.
        """
        self._patience, self._ended = patience, ended
        self._process: subprocess.Popen[bytes] | None = None
        self._beats = -1

    def start(self) -> None:
        """Start the process; Linux only, elsewhere nothing watches."""
        if self._patience <= 0 or sys.platform != "linux":
            return
        heard, beats = os.pipe()
        os.set_blocking(beats, False)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program with two numbers
                [sys.executable, "-S", "-E", __file__, str(os.getpid()), str(self._patience)],
                stdin=heard,
                stdout=subprocess.DEVNULL,
            )
        except OSError:
            os.close(beats)
            raise
        finally:
            os.close(heard)
        self._process, self._beats = process, beats

    async def beat(self) -> None:
        """Say that the event loop turns."""
        if self._process is None:
            return
        if (status := self._process.poll()) is not None:
            self._ended(status)
            broken = self._beats
            # Where there is no process to be had now, there may be with the next beat.
            with suppress(OSError):
                self.start()
                os.close(broken)
        # A watchdog that is gone or slow is no reason to stop serving.
        with suppress(OSError):
            os.write(self._beats, b".")

    def close(self) -> None:
        """Let it go."""
        process, self._process = self._process, None
        if process is not None:
            os.close(self._beats)
            process.wait()


def _processor_seconds(process: int) -> float:
    """Return the processor time that all threads of a process have used; raises `OSError` when it is gone."""
    with open(f"/proc/{process}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(process: int, patience: float, beats: int) -> bool:
    """Watch until the beats end; returns whether the process had to be killed."""
    spent = _processor_seconds(process)
    while True:
        ready, _, _ = select.select([beats], [], [], 1.0)
        if ready:
            if not os.read(beats, 4096):
                return False
            spent = _processor_seconds(process)
        elif _processor_seconds(process) - spent >= patience:
            os.kill(process, signal.SIGKILL)
            return True


def main() -> None:
    """Run as a program with the server's process id and the patience in seconds; beats come on standard input."""
    process, patience = int(sys.argv[1]), float(sys.argv[2])
    # Those that stop a server are for the server, which ends this process by closing its input.
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
    try:
        killed = watch(process, patience, sys.stdin.fileno())
    except OSError:
        return
    if killed:
        event = (
            f"the server worked for {patience:g} s without coming back and was ended; "
            "start it again, or let a supervisor do so. Nothing that was acknowledged is lost."
        )
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = {"event": event, "level": "critical", "logger": "quire.ops.watchdog", "timestamp": stamp}
        sys.stderr.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
