"""Whose request it is that a proxy passes on."""

from __future__ import annotations

import ipaddress
from collections.abc import Container


def client_address(peer: str, forwarded: str | None, trusted: Container[str]) -> str:
    """Return the client's address: the last hop in X-Forwarded-For (all its lines) that is no trusted proxy."""
    address = peer
    for hop in reversed([part.strip() for part in (forwarded or "").split(",") if part.strip()]):
        if address not in trusted:
            break
        try:
            address = str(ipaddress.ip_address(_without_port(hop)))
        except ValueError:
            break
    return address


def _without_port(hop: str) -> str:
    """Some proxies add the port: `192.0.2.1:5678`, `[2001:db8::1]:5678`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    host, colon, port = hop.rpartition(":")
    return host if colon and port.isdecimal() and ":" not in host else hop
