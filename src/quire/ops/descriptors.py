"""File descriptors: each socket takes one, and a process that has none left can accept nobody."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Callable

import structlog

from quire.limits.throttle import Throttle

_log = structlog.get_logger("quire.ops.descriptors")
BESIDE_SOCKETS = 500
"""What databases, blobs, child processes and plain requests may have open."""


def needed(max_sockets: int) -> int:
    """Return how many files a node with so many sockets may have to open."""
    return max_sockets + BESIDE_SOCKETS


def limit() -> int:
    """Return how many files a process that this user starts can open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 2**31 if hard == resource.RLIM_INFINITY else hard


def advice(wanted: int) -> str:
    """Say what an operator can do about a limit that is too low."""
    return (
        f"{wanted} are needed: `ulimit -Hn {wanted}` as root, LimitNOFILE={wanted} in the systemd unit, "
        "or a lower QUIRE_MAX_SOCKETS"
    )


def prepare(max_sockets: int) -> None:
    """Take what the settings need as far as this user may; say so when that is too little."""
    wanted = needed(max_sockets)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, limit()), hard))
    if limit() < wanted:
        _log.warning("too few files may be open for QUIRE_MAX_SOCKETS", limit=limit(), advice=advice(wanted))


class Exhaustion:
    """Notices that no file descriptor is left: the event loop then refuses new connections without a word."""

    def __init__(self, report: Callable[[str | None], None]) -> None:
        """`report` hears the reason once a second while it lasts, else None."""
        self._report, self._throttle = report, Throttle(60)

    async def check(self) -> None:
        """Try to open one."""
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                return
            self._report("no file descriptor is left")
            if self._throttle("descriptors"):
                _log.error("no file descriptor is left; new connections are refused", limit=limit())
        else:
            self._report(None)
