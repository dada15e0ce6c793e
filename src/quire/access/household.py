"""What limits take for one visitor's network."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=10_000)
def household(address: str) -> str:
    """Return what stands for one household: an IPv4 address, or the /64 of an IPv6 address, any of which it may use."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    # A socket for both families shows an address of IPv4 as one of IPv6.
    known = getattr(known, "ipv4_mapped", None) or known
    return str(known) if known.version == 4 else str(ipaddress.ip_network((int(known), 64), strict=False))
