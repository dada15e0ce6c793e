"""The clock of a room: which structs of each CRDT client it holds, told from summaries alone."""

from __future__ import annotations

from collections.abc import Mapping

from quire.crdt.updates import UpdateSummary, advance, encode_state_vector


class Clock:
    """A state vector that never claims what waits for missing updates: whoever has those would keep them back."""

    __slots__ = ("_waiting", "known")

    def __init__(self, known: Mapping[int, int]) -> None:
        self.known = dict(known)
        """{client: end clock} of what is whole."""
        self._waiting: list[UpdateSummary] = []

    def add(self, summary: UpdateSummary) -> None:
        """Count an update in, and all that waited for it."""
        if not self._advance(summary):
            self._waiting.append(summary)
            return
        ready = bool(self._waiting)
        while ready:
            waiting = [about for about in self._waiting if not self._advance(about)]
            ready, self._waiting = 0 < len(waiting) < len(self._waiting), waiting

    @property
    def waits(self) -> bool:
        """Whether something was counted that could not be told whole from its summary."""
        return bool(self._waiting)

    @property
    def waiting(self) -> int:
        """How many updates wait."""
        return len(self._waiting)

    def would_wait(self, summary: UpdateSummary) -> bool:
        """Whether an update would wait for something that is missing."""
        return not advance(dict(self.known), summary)

    def settle(self, known: Mapping[int, int]) -> None:
        """Take over what the live copy holds: updates that wait for one another become whole together."""
        self.known = dict(known)
        self._waiting = [
            about
            for about in self._waiting
            if any(end > known.get(client, 0) for client, _, end in about.ranges)
            or any(end > known.get(client, 0) for client, end in about.deletes)
        ]

    def of(self, client: int) -> int:
        """Return the end clock of one client."""
        return self.known.get(client, 0)

    def encode(self) -> bytes:
        """Return the state vector."""
        return encode_state_vector(self.known)

    def _advance(self, summary: UpdateSummary) -> bool:
        known = self.known
        before = [(client, known.get(client, 0)) for client, _, _ in summary.ranges]
        if advance(known, summary):
            return True
        for client, end in before:
            if end:
                known[client] = end
            else:
                known.pop(client, None)
        return False
