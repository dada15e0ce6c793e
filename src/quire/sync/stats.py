"""Counters of the real-time core; plain integers that the metrics endpoint reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class SyncStats:
    """Totals since the start of the process."""

    received: int = 0
    """Updates received from clients."""
    refused: int = 0
    """Updates refused: malformed, too big, never to be stored, or no room for them."""
    foreign: int = 0
    """Updates of which a part was left out, because it wrote in the name of somebody else who is here."""
    ticks: int = 0
    """Fan-out rounds."""
    merged: int = 0
    """Updates sent in those rounds; merged / ticks is the coalescing factor."""
    deliveries: int = 0
    """Updates times receivers."""
    conflated: int = 0
    """Times a slow socket was switched to one diff on draining."""
    presence: int = 0
    """Presence rounds."""
    relayed: int = 0
    """Messages of other nodes."""
    asked: int = 0
    """Times another node was asked for what is missing here."""
    adopted: int = 0
    """Updates of other nodes stored here because those had not said that they were stored."""
    reread: int = 0
    """Times an open document was read from the log again."""
    saved: int = 0
    """Updates acknowledged as durable."""
    loads: int = 0
    """Documents read from the log into a room."""
    load_failures: int = 0
    resets: int = 0
    """Documents that were read anew because storage refused for good what was live."""
    evictions: int = 0
    upgrades: int = 0
    upgrades_refused: int = 0
    closed_slow: int = 0
    """Sockets closed because they stayed over the outbound mark, or passed the limit."""
    closed_dead: int = 0
    """Sockets closed because nothing was heard from them."""
    denied: int = 0
    """Documents refused to a socket."""
    errors: int = 0
    """Unexpected exceptions that were contained."""
    saved_seconds: float = 0.0
    """Sum over commits of the seconds between submitting a batch and its acknowledgement."""
    saved_batches: int = 0
