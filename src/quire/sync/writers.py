"""Who here writes with which CRDT client id."""

from __future__ import annotations

from quire.crdt.clock import Clock
from quire.crdt.updates import UpdateSummary, inspect, without_clients
from quire.sync.member import Member, Sender


class Writers:
    """CRDT clients of one document, each with the member that writes with it.

    A client's next clock values belong to its person: taken by another, the person's own edits would be invisible.
    """

    __slots__ = ("_clock", "_writers")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._writers: dict[int, Member] = {}

    def own_part(self, update: bytes, summary: UpdateSummary, sender: Sender) -> tuple[bytes, UpdateSummary]:
        """Leave out new structs in the name of a client that somebody else here writes with.

        An honest browser that gives back what others wrote loses nothing: they are here and send it themselves.
        Returns the update itself when nothing was left out.
        """
        foreign: list[int] = []
        for client, _, end in summary.ranges:
            if end > self._clock.of(client):
                writer = self._writers.get(client)
                if writer is not None and writer is not sender and writer.author != sender.author:
                    foreign.append(client)
                elif isinstance(sender, Member):
                    self._writers[client] = sender
        if not foreign:
            return update, summary
        kept = without_clients(update, summary, foreign)
        return kept, inspect(kept)

    def leave(self, member: Member) -> None:
        """Forget a member."""
        for client in [client for client, writer in self._writers.items() if writer is member]:
            del self._writers[client]
