"""Who writes with which CRDT client id."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from quire.access.contract import is_guest
from quire.crdt.clock import Clock
from quire.crdt.updates import UpdateSummary, inspect, without_clients
from quire.sync.rooms.member import Member, Withheld
from quire.sync.rooms.sender import Sender

MOST_REMEMBERED: Final = 1000
"""Ids of one account that are remembered: every page load that writes takes one."""


class Writers:
    """CRDT clients of one document, each with the identity that writes with it.

    A client's next clock values belong to its person: taken by another, the person's own edits would be invisible.
    An id belongs to whoever first shows a cursor with it or writes its next struct. An account keeps its ids while the
    document is in memory, so that nobody can take one during a short absence; a guest's are free when it leaves.
    After a crash a browser may give back words of others that were never stored, before those come back themselves: who
    shows a cursor with another id yields what it only gave back to whoever shows one with it.
    """

    __slots__ = ("_clock", "_here", "_ids", "_owners", "_shown", "_visits")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._owners: dict[int, str] = {}
        self._ids: dict[str, dict[int, None]] = {}
        self._shown: set[int] = set()
        """Ids that their owner has shown a cursor with."""
        self._here: dict[str, set[Member]] = {}
        self._visits: dict[str, float] = {}
        """{identity: until when it counts as here} of those who come without a socket."""

    def own_part(
        self, update: bytes, summary: UpdateSummary, sender: Sender
    ) -> tuple[bytes, UpdateSummary, dict[int, int]]:
        """Leave out new structs in the name of a client that belongs to somebody else who is here.

        Returns the update itself when nothing was left out, and {client: end clock} of what was. What the document
        holds already is no forgery: an honest browser gives back what others wrote.
        """
        foreign: dict[int, int] = {}
        for client, start, end in summary.ranges:
            known = self._clock.of(client)
            if end <= known:
                continue
            if self._taken(client, sender.identity):
                foreign[client] = end
            elif start <= known and self._present(sender.identity):
                # Structs beyond a gap prove nothing: anybody can make them for any client.
                self.claim(client, sender)
        if not foreign:
            return update, summary, foreign
        kept = without_clients(update, summary, foreign)
        return kept, inspect(kept), foreign

    def early(self, summary: UpdateSummary, sender: Sender) -> dict[int, int]:
        """Return {client: end clock} of the deletions in an update of what others have yet to write.

        What the update brings with it is written.
        """
        return self._unwritten(summary.deletes, summary, sender)

    def ahead(self, summary: UpdateSummary, sender: Sender) -> dict[int, int]:
        """Return {client: end clock} of what the structs of an update build on and others have yet to write.

        Let in, it would be merged with their next words, and whatever is wrong with it would be charged to them.
        """
        return self._unwritten(((client, at + 1) for client, at in summary.needs), summary, sender)

    def _unwritten(self, ends: Iterable[tuple[int, int]], summary: UpdateSummary, sender: Sender) -> dict[int, int]:
        found = {
            client: end for client, end in ends if end > self._clock.of(client) and self._owned(client, sender.identity)
        }
        if found:
            for client, start, end in summary.ranges:
                if end >= found.get(client, end + 1) and start <= self._clock.of(client):
                    del found[client]
        return found

    def claim(self, client: int, sender: Sender, *, shown: bool = False) -> None:
        """Take an id that nobody has, or that is yielded; `shown` tells that there is a cursor with it."""
        identity = sender.identity
        owner = self._owners.get(client)
        if owner is None or (shown and owner != identity and self.yields(client)):
            self._free(client)
            self._owners[client] = identity
            ids = self._ids.setdefault(identity, {})
            ids[client] = None
            if len(ids) > MOST_REMEMBERED:
                self._free(next(iter(ids)))
        if shown and self._owners.get(client) == identity:
            self._shown.add(client)

    def yields(self, client: int) -> bool:
        """Whether an id's owner only gave back words of it, and writes with another."""
        owner = self._owners.get(client)
        if owner is None or client in self._shown:
            return False
        return not self._shown.isdisjoint(self._ids.get(owner, ()))

    def _free(self, client: int) -> None:
        owner = self._owners.pop(client, None)
        if owner is not None:
            self._ids[owner].pop(client, None)
        self._shown.discard(client)

    def owner(self, client: int) -> str | None:
        """Return the identity that an id belongs to."""
        return self._owners.get(client)

    def holders(self, client: int, identity: str) -> frozenset[Member]:
        """Return those on a socket to whom an id belongs, nobody when it is free or belongs to `identity`."""
        owner = self._owners.get(client)
        return frozenset() if owner is None or owner == identity else frozenset(self._here.get(owner, ()))

    def settled(self, withheld: Withheld, identity: str) -> bool:
        """Whether nothing of what was left out of somebody's updates would be left out any more."""

        def missing(ends: dict[int, int], taken: Callable[[int, str], bool]) -> bool:
            return any(end > self._clock.of(client) and taken(client, identity) for client, end in ends.items())

        return not missing(withheld.structs, self._taken) and not missing(withheld.unwritten, self._owned)

    def join(self, member: Member) -> None:
        """Note that a member is here."""
        self._here.setdefault(member.identity, set()).add(member)

    def leave(self, member: Member) -> None:
        """Forget a member, and a guest's ids with it."""
        identity = member.identity
        here = self._here.get(identity, set())
        here.discard(member)
        if not here:
            self._here.pop(identity, None)
            self._forget(identity)

    def visit(self, identity: str, until: float) -> None:
        """Note that somebody without a socket is here until then."""
        self._visits[identity] = until

    def sweep(self, now: float) -> None:
        """Forget those without a socket who did not come again in time."""
        for identity in [identity for identity, until in self._visits.items() if until < now]:
            del self._visits[identity]
            self._forget(identity)

    def _forget(self, identity: str) -> None:
        if is_guest(identity) and not self._present(identity):
            for client in list(self._ids.get(identity, ())):
                self._free(client)
            self._ids.pop(identity, None)

    def _present(self, identity: str) -> bool:
        return identity in self._here or identity in self._visits

    def _owned(self, client: int, identity: str) -> bool:
        """Whether an id belongs to somebody else."""
        return self._owners.get(client, identity) != identity

    def _taken(self, client: int, identity: str) -> bool:
        """Whether an id belongs to somebody else who is here."""
        owner = self._owners.get(client)
        return owner is not None and owner != identity and self._present(owner)


def doubt(holders: Iterable[object], sender: Sender) -> None:
    """Make sure that guests with the same link as `sender` are still there: it may be one of them, come back."""
    for holder in holders:
        if isinstance(holder, Member) and holder.author == sender.author:
            holder.socket.doubt()
