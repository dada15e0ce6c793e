"""The server's listening socket, and what to do where there can be none."""

from __future__ import annotations

import errno
import socket

BACKLOG = 4096
OUTSIDE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1"), "::": (socket.AF_INET6, "2001:db8::1")}  # noqa: S104 - compared
"""For each name of all addresses, one outside that is nobody's (RFC 5737, RFC 3849): nothing is sent to it."""


def bind(host: str, port: int) -> socket.socket:
    """Take an address; raises `OSError`, for which `advice` knows what to do."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.setblocking(False)
    return listening


def listen(host: str, port: int) -> socket.socket:
    """Listen there; raises what `bind` raises."""
    listening = bind(host, port)
    try:
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def shown(host: str) -> str:
    """Return the host that people type to reach what listens on `host`: of all addresses, the one of the way out."""
    # `localhost` may be another address than the one of IPv6, or none of 127.0.0.0/8 but the first.
    if host in ("127.0.0.1", "localhost"):
        return "localhost"
    if host in OUTSIDE:
        family, outside = OUTSIDE[host]
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as way:
                way.connect((outside, 9))
                host = str(way.getsockname()[0])
        except OSError:  # without a network only this machine reaches it
            return "localhost"
    return f"[{host}]" if ":" in host else host


def advice(error: OSError) -> str:
    """Say what an operator can do about an address that cannot be listened on."""
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "Choose an address of this machine with --host or QUIRE_HOST; 0.0.0.0 is all of them."
    if error.errno in (errno.EACCES, errno.EPERM):
        return "Choose a port from 1024 on with --port, and let a proxy listen on the lower one."
    return "Choose another with --host and --port, or stop what uses it."
