"""The clock of a room: which structs of each CRDT client it holds."""

from __future__ import annotations

from quire.crdt.replica import Applied
from quire.crdt.updates import UpdateSummary, advance, encode_state_vector, stands_on


class Clock:
    """A state vector that never claims what waits for missing updates: whoever has those would keep them back."""

    __slots__ = ("exact", "known", "waiting")

    def __init__(self, known: dict[int, int], *, exact: bool = True) -> None:
        """Start from a state vector."""
        self.known = known
        """{client: end clock} of what is whole."""
        self.exact = exact
        """Whether that is all that is whole, and the bytes at hand bring nothing else and nothing twice.

        Of updates that waited for one another, or tell of the same structs, only a replica knows what was taken.
        """
        self.waiting = 0
        """Updates that wait for missing ones."""

    def read(self, summary: UpdateSummary) -> None:
        """Go on by the next update, told from its summary alone."""
        known = self.known
        if any(start < known.get(client, 0) for client, start, _ in summary.ranges):
            self.exact = False
        if stands_on(known, summary):
            advance(known, summary)
        else:
            self.exact = False

    def follow(self, applied: Applied) -> None:
        """Take over what a replica integrated."""
        self.known.update(applied.clocks)
        self.waiting = applied.waiting

    def would_wait(self, summary: UpdateSummary) -> bool:
        """Whether an update would wait for something that is missing."""
        return not stands_on(self.known, summary)

    def of(self, client: int) -> int:
        """Return the end clock of one client."""
        return self.known.get(client, 0)

    def encode(self) -> bytes:
        """Return the state vector."""
        return encode_state_vector(self.known)
