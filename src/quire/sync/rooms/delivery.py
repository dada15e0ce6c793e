"""Fan-out inside a room: queued updates leave once a tick, as one merged frame for all who sent none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from quire.crdt.updates import EMPTY_UPDATE, merge
from quire.sync import wire
from quire.sync.rooms.member import Member
from quire.sync.rooms.sender import Sender
from quire.sync.stats import SyncStats

SEPARATE_FRAMES: Final = 8
"""Updates in a tick up to which each of its senders gets exactly the others' frames."""

QUIET: Final = 2
"""Windows without a tick after which an update does not wait."""


class Queued(NamedTuple):
    """One update on its way to the members."""

    told: bytes
    """What the members are told: what the CRDT was given of it."""
    sender: Sender
    echoed: bool
    """Whether its sender is told, too, because that is not what it sent."""
    since: tuple[tuple[int, int, int], ...]
    """(client, first clock, end clock) of what it brings."""
    stored: bytes
    """What other nodes are told, and the log."""


class Delivery:
    """The members that take increments, and the tick at which they get them.

    After a quiet time an update leaves at once. While more keep coming, the first of each tick waits for a window,
    counted from its own arrival: of all ways to save the same writes that one makes the longest wait shortest.
    `window` gives its length in seconds and grows with the audience.
    """

    __slots__ = ("_flushed_at", "_groups", "_handle", "_loop", "_outbox", "_stats", "_told", "_window")

    def __init__(
        self, stats: SyncStats, *, window: Callable[[], float], told: Callable[[Sequence[Queued]], None]
    ) -> None:
        """Start without members; `told` hears what has left."""
        self._loop = asyncio.get_running_loop()
        self._stats, self._window, self._told = stats, window, told
        self._groups: dict[bytes, dict[Member, None]] = {}
        """Members by the bytes in front of their messages: each group shares one frame."""
        self._outbox: list[Queued] = []
        self._handle: asyncio.Handle | None = None
        self._flushed_at = 0.0

    @property
    def outbox(self) -> Sequence[Queued]:
        """What waits for the tick."""
        return self._outbox

    def add(self, member: Member) -> None:
        """Give a member every increment from here on, what waits included."""
        self._groups.setdefault(member.prefix, {})[member] = None

    def remove(self, member: Member) -> None:
        """Stop giving a member increments."""
        group = self._groups.get(member.prefix)
        if group is not None:
            group.pop(member, None)
            if not group:
                del self._groups[member.prefix]

    def queue(self, queued: Queued) -> None:
        """Send an update to everyone who has to be told, at once or with the next tick."""
        self._outbox.append(queued)
        if self._handle is None:
            window = self._window()
            if self._loop.time() - self._flushed_at >= QUIET * window:
                self.flush()
            else:
                self._handle = self._loop.call_later(window, self.flush)

    def flush(self) -> None:
        """Send everything queued now."""
        self._handle = None
        self._flushed_at = self._loop.time()
        batch, self._outbox = self._outbox, []
        if not batch:
            return
        merged = batch[0].told if len(batch) == 1 else merge([queued.told for queued in batch])
        senders: dict[Any, None] = {queued.sender: None for queued in batch if not queued.echoed}
        if merged == EMPTY_UPDATE:
            self._told(batch)
            return
        body = wire.sync_update(merged)
        deliveries = 0
        for prefix, group in list(self._groups.items()):
            frame = wire.binary_frame(prefix + body)
            # A write may block its socket at once, which takes the member out of the group.
            for member in list(group):
                if member not in senders:
                    member.socket.write(frame)
            deliveries += len(group)
        if len(senders) > 1 or (senders and any(queued.echoed for queued in batch)):
            self._send_others(batch, senders, body)
        self._told(batch)
        self._stats.ticks += 1
        self._stats.merged += len(batch)
        self._stats.deliveries += deliveries * len(batch)

    def broadcast(self, body: bytes) -> None:
        """Send a message that may be lost to every member whose socket has nothing waiting."""
        for prefix, group in list(self._groups.items()):
            frame = wire.binary_frame(prefix + body)
            for member in list(group):
                if member.socket.buffered == 0:
                    member.socket.write(frame)

    def close(self) -> None:
        """Stop the tick."""
        if self._handle is not None:
            self._handle.cancel()

    def _send_others(self, batch: Sequence[Queued], senders: dict[Any, None], merged: bytes) -> None:
        """Give each sender of a shared tick what the others sent."""
        frames: dict[bytes, list[bytes]] = {}
        for member in senders:
            if member not in self._groups.get(getattr(member, "prefix", None), ()):  # type: ignore[arg-type]
                continue
            if len(batch) > SEPARATE_FRAMES:
                member.socket.write(wire.binary_frame(member.prefix + merged))
                continue
            own = frames.get(member.prefix)
            if own is None:
                own = [wire.binary_frame(member.prefix + wire.sync_update(queued.told)) for queued in batch]
                frames[member.prefix] = own
            member.socket.write(
                b"".join(
                    frame
                    for frame, queued in zip(own, batch, strict=True)
                    if queued.echoed or queued.sender is not member
                )
            )
