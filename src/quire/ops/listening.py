"""The server's listening socket, and what to do where there can be none."""

from __future__ import annotations

import errno
import socket

BACKLOG = 4096


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


def advice(error: OSError) -> str:
    """Say what an operator can do about an address that cannot be listened on."""
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "Choose an address of this machine with --host or QUIRE_HOST; 0.0.0.0 is all of them."
    if error.errno in (errno.EACCES, errno.EPERM):
        return "Choose a port from 1024 on with --port, and let a proxy listen on the lower one."
    return "Choose another with --host and --port, or stop what uses it."
