"""What sockets and rooms may use; the settings say how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHARE: Final = 7
"""How many times of what is left for others one author may have waiting: at most seven eighths of all."""


def fits(size: int, *, most: int, waiting: int, mine: int) -> bool:
    """Whether one more of `size` bytes may wait beside `waiting`, of which `mine` are of its author.

    The first fits whatever its size.
    """
    left = most - waiting - size
    return (left >= 0 or not waiting) and (mine + size <= SHARE * left or not mine)


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """Limits and timing of rooms; bytes and seconds."""

    tick_base: float
    tick_per_socket: float
    tick_max: float
    max_update: int
    document_warn: int
    document_limit: int
    unsaved_room: int
    heavy_document: int
    heavy_update: int
    max_cursors: int
    beacon: float


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """Limits of sockets; times in seconds, sizes in bytes. Rates do not apply when `rates` is false."""

    rates: bool
    max_message: int
    max_presence: int
    max_sockets: int
    max_per_account: int
    max_per_address: int
    max_documents: int
    messages_per_second: int
    bytes_per_second: int
    bytes_per_hour: int
    connects_per_minute: int
    outbound_time: float
    outbound_limit: int
    outbound_budget: int
    inbound_budget: int
    ping_interval: float
    pong_timeout: float
    auth_timeout: float
    access_review: float
