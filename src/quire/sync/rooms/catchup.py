"""What members of a room lack: answers to state vectors, and one diff for whoever could not keep up."""

from __future__ import annotations

from collections.abc import Sequence

from quire.crdt.host import Unopenable
from quire.crdt.statevector import count_clients
from quire.crdt.updates import EMPTY_STATE, MalformedUpdate, encode_state_vector
from quire.sync import wire
from quire.sync.rooms.delivery import Delivery
from quire.sync.rooms.document import LoadedDocument
from quire.sync.rooms.lane import PresenceLane
from quire.sync.rooms.member import Member
from quire.sync.rooms.serialqueue import SerialQueue
from quire.sync.stats import SyncStats

MORE_CLIENTS = 100_000
"""Clients that a state vector may have beyond twice those of the document."""


class CatchUp:
    """Brings the members of one room up to date, each at the pace of its socket."""

    __slots__ = ("_delivery", "_loaded", "_presence", "_queue", "_stats")

    def __init__(
        self,
        loaded: LoadedDocument,
        delivery: Delivery,
        presence: PresenceLane,
        *,
        queue: SerialQueue,
        stats: SyncStats,
    ) -> None:
        """Answer from `loaded`, in order with the room's other work in `queue`."""
        self._loaded, self._delivery, self._presence = loaded, delivery, presence
        self._queue, self._stats = queue, stats

    def start(self, member: Member) -> None:
        """Give a member every increment from here on, or what it missed once its socket has drained."""
        if member.socket.blocked_since is None:
            self._delivery.add(member)
        else:
            member.behind = dict(self._loaded.clock.known)
            member.told_people = self._presence.rounds

    def hold(self, member: Member) -> None:
        """Stop sending increments to a member whose socket is blocked; remember what it has."""
        if member.behind is not None:
            return
        self._delivery.remove(member)
        known = dict(self._loaded.clock.known)
        for queued in self._delivery.outbox:
            for client, start, _ in queued.since:
                if start < known.get(client, 0):
                    known[client] = start
        member.behind = known
        member.told_people = self._presence.rounds
        self._stats.conflated += 1

    def release(self, member: Member) -> None:
        """Give a drained member one diff against what it had and what it asked for, then increments again."""
        if member.behind is None:
            return

        async def work() -> None:
            known = member.behind
            if known is None or not _reachable(member):
                return
            missing = await self._missing(encode_state_vector(known), member)
            if not _reachable(member):
                return
            people = member.asked_people or member.told_people != self._presence.rounds
            member.behind = None
            self._delivery.add(member)
            # Each of these may block the socket again, which takes the member out once more.
            for update in missing or self._whole():
                member.send(wire.sync_update(update))
            if people:
                self.tell_people(member)
            if member.asked_state is not None:
                self._queue.add(lambda: self._answer(member), member.start_anew, of=member.author)

        self._queue.add(work, member.start_anew, of=member.author)

    def tell_people(self, member: Member) -> None:
        """Tell a member who is here, once its socket takes it."""
        member.asked_people = member.socket.blocked_since is not None
        if not member.asked_people:
            member.send(self._presence.everyone())

    def step1(self, member: Member, state_vector: bytes) -> None:
        """Answer a client's state vector: our own first, then all that it lacks."""
        try:
            self.check_state(state_vector)
        except MalformedUpdate as error:
            raise wire.MalformedMessage(f"state vector: {error}") from None
        waiting = member.asked_state is not None
        if member.socket.blocked_since is not None or waiting:
            # One answer is enough, for the last question. A blocked socket gets it when it has drained.
            member.asked_state = state_vector
        elif state_vector == EMPTY_STATE and not self._queue and self._loaded.quick:
            self._send_answer(member, self._whole())
        else:
            member.asked_state = state_vector
            self._queue.add(lambda: self._answer(member), member.start_anew, of=member.author)

    def check_state(self, state_vector: bytes) -> None:
        """Refuse what is no state vector, or one of far more clients than the document has; raises `MalformedUpdate`.

        A browser may have clients that this node lacks, of what was written offline.
        """
        most = 2 * len(self._loaded.clock.known) + MORE_CLIENTS
        clients = count_clients(state_vector)
        if clients > most:
            raise MalformedUpdate(f"it has {clients} clients, where at most {most} are expected")

    async def _answer(self, member: Member) -> None:
        state_vector = member.asked_state
        if state_vector is None or not _reachable(member):
            return
        missing = await self._missing(state_vector, member)
        if not _reachable(member):
            return
        if member.asked_state == state_vector:
            member.asked_state = None
        else:
            self._queue.add(lambda: self._answer(member), member.start_anew, of=member.author)
        self._send_answer(member, missing or self._whole())

    async def _missing(self, state_vector: bytes, member: Member) -> list[bytes]:
        """Return what the holder of a state vector lacks; nothing where only the whole is to be had."""
        try:
            return [await self._loaded.diff(state_vector, member)]
        except Unopenable:
            if not self._loaded.quick:
                raise
            return []

    def _whole(self) -> list[bytes]:
        """Return the document; whoever has some of it takes nothing twice."""
        first, rest = self._loaded.whole()
        return [rest] if first is None else [first, rest]

    def _send_answer(self, member: Member, updates: Sequence[bytes]) -> None:
        """Answer a question with our own first, then all that its sender lacks."""
        *before, last = updates
        own = wire.sync_step1(self._loaded.clock.encode())
        messages = [own, *map(wire.sync_update, before), wire.sync_step2(last)]
        member.socket.write(b"".join(wire.binary_frame(member.prefix + message) for message in messages))


def _reachable(member: Member) -> bool:
    """Whether the member is still in its room and its socket takes something."""
    return member.here and member.socket.blocked_since is None
