"""What storage refused for good in one document, and how it is kept from being taken again.

Everybody who saw a refused update offers it again. Taken once more, it would be refused once more; and what builds on
it would be called saved, although no restart shows it.
"""

from __future__ import annotations

from dataclasses import replace

from quire.crdt.clock import Clock
from quire.crdt.updates import UpdateSummary, inspect, without_clients


class Unstorable:
    """The runs of structs that were refused. Without them nothing that their clients write later is ever whole."""

    __slots__ = ("_ends", "reason")

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        """{client: end clock} of what was refused."""
        self.reason = ""
        """Why, for people."""

    def __bool__(self) -> bool:
        return bool(self._ends)

    def add(self, refused: UpdateSummary, reason: str) -> None:
        """Remember an update that was refused."""
        self.reason = reason
        for client, _, end in refused.ranges:
            self._ends[client] = max(end, self._ends.get(client, 0))

    def leave_out(
        self, update: bytes, summary: UpdateSummary, clock: Clock, *, waiting: bool
    ) -> tuple[bytes, UpdateSummary]:
        """Leave out what was refused; `waiting`: also what builds on it or on anything else that is missing.

        Returns the update itself when that is nothing. What the document holds (`clock`) is no part of it. Deletions
        stay: of what is not there they change nothing.
        """
        refused = [
            client
            for client, _, end in summary.ranges
            if end > clock.of(client) and self._ends.get(client, 0) > clock.of(client)
        ]
        if refused:
            update = without_clients(update, summary, refused)
            summary = inspect(update)
        if waiting and clock.would_wait(replace(summary, deletes=())):
            update = without_clients(update, summary, [client for client, _, _ in summary.ranges])
            summary = inspect(update)
        return update, summary
