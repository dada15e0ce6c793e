"""Who writes with which CRDT client id."""

from __future__ import annotations

from typing import Final

from quire.access import is_guest
from quire.crdt.clock import Clock
from quire.crdt.updates import UpdateSummary, inspect, without_clients
from quire.sync.member import Member, Sender

MOST_REMEMBERED: Final = 1000
"""Ids of one account that are remembered: every page load that writes takes one."""


class Writers:
    """CRDT clients of one document, each with the identity that writes with it.

    A client's next clock values belong to its person: taken by another, the person's own edits would be invisible.
    An id belongs to whoever first shows a cursor with it or writes its next struct. An account keeps its ids while the
    document is in memory, so that nobody can take one during a short absence; a guest's are free when it leaves.
    """

    __slots__ = ("_clock", "_here", "_ids", "_owners")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._owners: dict[int, str] = {}
        self._ids: dict[str, dict[int, None]] = {}
        self._here: dict[str, set[Member]] = {}

    def own_part(
        self, update: bytes, summary: UpdateSummary, sender: Sender
    ) -> tuple[bytes, UpdateSummary, list[tuple[int, int]]]:
        """Leave out new structs in the name of a client that belongs to somebody else who is here.

        Returns the update itself when nothing was left out, and (client, end clock) of what was. What the document
        holds already is no forgery: an honest browser gives back what others wrote.
        """
        foreign: list[tuple[int, int]] = []
        for client, start, end in summary.ranges:
            known = self._clock.of(client)
            if end <= known:
                continue
            if self.holders(client, sender.identity):
                foreign.append((client, end))
            elif start <= known and isinstance(sender, Member):
                # Structs beyond a gap prove nothing: anybody can make them for any client.
                self.claim(client, sender)
        if not foreign:
            return update, summary, foreign
        kept = without_clients(update, summary, [client for client, _ in foreign])
        return kept, inspect(kept), foreign

    def claim(self, client: int, member: Member) -> None:
        """Take an id that nobody has."""
        identity = member.identity
        if client in self._owners:
            return
        self._owners[client] = identity
        ids = self._ids.setdefault(identity, {})
        ids[client] = None
        if len(ids) > MOST_REMEMBERED:
            oldest = next(iter(ids))
            del ids[oldest], self._owners[oldest]

    def owner(self, client: int) -> str | None:
        """Return the identity that an id belongs to."""
        return self._owners.get(client)

    def holders(self, client: int, identity: str) -> frozenset[Member]:
        """Return those here to whom an id belongs, nobody when it is free or belongs to `identity`."""
        owner = self._owners.get(client)
        return frozenset() if owner is None or owner == identity else frozenset(self._here.get(owner, ()))

    def settled(self, withheld: dict[int, int], identity: str) -> bool:
        """Whether nothing of `withheld`, {client: end clock}, would be left out any more."""
        return not any(
            end > self._clock.of(client) and self.holders(client, identity) for client, end in withheld.items()
        )

    def join(self, member: Member) -> None:
        """Note that a member is here."""
        self._here.setdefault(member.identity, set()).add(member)

    def leave(self, member: Member) -> None:
        """Forget a member, and a guest's ids with it."""
        identity = member.identity
        here = self._here.get(identity, set())
        here.discard(member)
        if here:
            return
        self._here.pop(identity, None)
        if is_guest(identity):
            for client in self._ids.pop(identity, ()):
                del self._owners[client]
