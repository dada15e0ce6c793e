"""What a room takes of an update, told from its summary before it is proved, and of presence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from quire.crdt.updates import UpdateSummary, inspect, without_deletions_beyond
from quire.sync.rooms.document import LoadedDocument
from quire.sync.rooms.member import Member
from quire.sync.rooms.neighbour import Relayed
from quire.sync.rooms.sender import Refusal, Remainder, Sender
from quire.sync.rooms.unstorable import Unstorable
from quire.sync.rooms.writers import Writers, doubt
from quire.sync.stats import SyncStats
from quire.sync.wire import PresenceEntry

MOST_WAITING: Final = 1000
"""Updates of one document that may wait for missing ones."""
MOST_WAITING_BYTES: Final = 4 * 1024 * 1024
"""Bytes of them, beside one of any size: what they delete is kept in memory until it is there."""

Part = tuple[bytes, UpdateSummary, Sender]
"""What is left of an update, and who hears what becomes of it."""


class Vetting:
    """Lets nothing into a room that can never be stored, nothing in another's name, nothing that it has no room for.

    The sender hears of what is left out. What another node accepted is only held against what can never be stored.
    """

    __slots__ = ("_full", "_limit", "_loaded", "_stats", "_unstorable", "_writers")

    def __init__(
        self,
        loaded: LoadedDocument,
        writers: Writers,
        unstorable: Unstorable,
        *,
        limit: int,
        stats: SyncStats,
        full: Callable[[Sender], None],
    ) -> None:
        """Judge by what `loaded` holds, of at most `limit` bytes; `full` hears whose update finds no room."""
        self._loaded, self._writers, self._unstorable = loaded, writers, unstorable
        self._limit, self._stats, self._full = limit, stats, full

    def part(self, update: bytes, summary: UpdateSummary, sender: Sender) -> Part | None:
        """Return what the room takes of an update, None when it is refused as a whole."""
        if self._unstorable:
            update, summary, sender = self._storable(update, summary, sender)
        if isinstance(sender, Relayed):
            return update, summary, sender
        offered = sender
        update, summary, sender = self._own(update, summary, sender)
        if ahead := self._writers.ahead(summary, sender):
            self._stats.refused += 1
            sender.refused(Refusal.TAKEN, "somebody has yet to write what this builds on; it will be asked for again")
            if isinstance(offered, Member):
                offered.withheld.add({}, ahead)
            return None
        if isinstance(offered, Member) and offered.withheld and self._loaded.clock.would_wait(summary):
            # Its deletions would not wait: others would see a block vanish long before its copy comes.
            self._stats.refused += 1
            sender.refused(Refusal.TAKEN, "it builds on what was left out; both will be asked for again")
            return None
        return (update, summary, sender) if self._fits(update, summary, sender) else None

    def people(self, entries: Iterable[PresenceEntry], member: Member) -> list[PresenceEntry]:
        """Return what is of clients that belong to nobody else, or to somebody who yields them."""
        own = []
        for entry in entries:
            owner = self._writers.owner(entry.client)
            if owner is None or owner == member.identity or self._writers.yields(entry.client):
                own.append(entry)
            elif entry.state is not None:
                doubt(self._writers.holders(entry.client, member.identity), member)
        return own

    def _storable(self, update: bytes, summary: UpdateSummary, sender: Sender) -> Part:
        """Leave out what can never be stored."""
        own = not isinstance(sender, Relayed)
        kept, summary = self._unstorable.leave_out(update, summary, self._loaded.clock, waiting=own)
        if kept is not update and own:
            self._stats.refused += 1
            sender.refused(Refusal.UNSTORABLE, self._unstorable.reason)
            sender = Remainder(sender)
        return kept, summary, sender

    def _own(self, update: bytes, summary: UpdateSummary, sender: Sender) -> Part:
        """Leave out what was written in another's name; who is honest offers it again."""
        told = sender
        update, summary, foreign = self._writers.own_part(update, summary, sender)
        if foreign:
            self._stats.foreign += 1
            for client in foreign:
                doubt(self._writers.holders(client, sender.identity), sender)
            sender.refused(Refusal.TAKEN, "somebody else here writes with this client id; it will be asked for again")
            told = Remainder(sender)
        if early := self._writers.early(summary, sender):
            clock = self._loaded.clock
            update = without_deletions_beyond(update, summary, {client: clock.of(client) for client in early})
            summary = inspect(update)
            sender.refused(Refusal.TAKEN, "somebody has yet to write what this deletes; it will be asked for again")
            told = Remainder(sender)
        if told is not sender and isinstance(sender, Member):
            sender.withheld.add(foreign, early)
        return update, summary, told

    def _fits(self, update: bytes, summary: UpdateSummary, sender: Sender) -> bool:
        """Refuse growth past the hard limit, and too much that waits for what is missing; deleting is possible."""
        clock = self._loaded.clock
        growth = summary.content_bytes
        if any(end > clock.of(client) for client, end in summary.deletes):
            growth = len(update)
        waiting = self._loaded.waiting_bytes
        crowded = clock.waiting >= MOST_WAITING or (waiting and waiting + len(update) > MOST_WAITING_BYTES)
        if crowded and clock.would_wait(summary):
            self._stats.refused += 1
            # Some of what is counted may wait no more.
            self._full(sender)
            sender.refused(Refusal.STORAGE, "too many updates wait for missing ones; this one will be asked for again")
            return False
        if growth == 0 or self._loaded.size + growth <= self._limit:
            return True
        self._stats.refused += 1
        self._full(sender)
        sender.refused(
            Refusal.DOCUMENT_FULL,
            f"the document has reached its limit of {self._limit} bytes; delete something first",
        )
        return False
