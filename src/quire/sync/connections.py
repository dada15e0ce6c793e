"""All open sockets of a node: deadlines, liveness, what they may gather together, and their end."""

from __future__ import annotations

import asyncio
import secrets

from quire.limits.overload import excess
from quire.sync.closecode import CloseCode
from quire.sync.limits import GatewayLimits
from quire.sync.sockets.socket import Socket
from quire.sync.stats import SyncStats

DOUBT_PATIENCE = 5.0
"""Seconds within which a peer must show that it is there, when somebody else may be it on a new connection."""
CLOSES_PER_SECOND = 500
"""Least pace of a stop: fewer sockets than this need no second at all."""


class Connections:
    """The open sockets, each with the person (`person_of`) that it is bound to once that is known."""

    def __init__(self, limits: GatewayLimits, stats: SyncStats) -> None:
        """Hold none yet."""
        self._limits, self._stats = limits, stats
        self._sockets: dict[Socket, str | None] = {}
        self._uncounted = 0
        """Bytes that came in since what all sockets gather was summed up."""
        self._headroom = limits.inbound_budget
        """Of how many it is summed up again."""

    def __len__(self) -> int:
        return len(self._sockets)

    def __contains__(self, socket: Socket) -> bool:
        return socket in self._sockets

    def add(self, socket: Socket) -> None:
        """Take in a socket that has opened."""
        self._sockets[socket] = None
        # Sockets that came together are pinged apart.
        socket.next_check = socket.opened + secrets.randbelow(1000) / 1000 * self._limits.ping_interval

    def remove(self, socket: Socket) -> str | None:
        """Let a socket that has closed go; return whose it was."""
        return self._sockets.pop(socket)

    def bind(self, socket: Socket, person: str) -> None:
        """Remember whose socket this is."""
        self._sockets[socket] = person

    def person(self, socket: Socket) -> str | None:
        """Return whose socket this is; None until that is known."""
        return self._sockets.get(socket)

    @property
    def outbound_bytes(self) -> int:
        """Bytes in the outbound buffers of all sockets."""
        return sum(socket.buffered for socket in self._sockets)

    @property
    def blocked(self) -> int:
        """Sockets over the outbound mark, which get no increments."""
        return sum(socket.blocked_since is not None for socket in self._sockets)

    @property
    def pending_bytes(self) -> int:
        """Bytes of messages that came before their document was open."""
        sessions = (socket.session for socket in self._sockets)
        return sum(session.pending_bytes for session in sessions if session is not None)

    def sweep(self, now: float) -> None:
        """Once a second: deadlines for all, pings for those whose turn it is."""
        limits = self._limits
        for socket in list(self._sockets):
            if socket.blocked_since is not None and (
                now - socket.blocked_since > limits.outbound_time or socket.buffered > limits.outbound_limit
            ):
                self._stats.closed_slow += 1
                socket.abort()
            elif socket.doubted_at is not None and now - socket.doubted_at > DOUBT_PATIENCE:
                self._stats.closed_dead += 1
                socket.abort()
            elif not socket.authenticated:
                if now - socket.opened > limits.auth_timeout:
                    socket.close(
                        CloseCode.TIMEOUT,
                        f"no token came within {limits.auth_timeout:g} s; connect again and send one first",
                    )
            elif now >= socket.next_check:
                socket.next_check = now + limits.ping_interval
                self._check(socket, now)
        self._shed()

    def _shed(self) -> None:
        """Drop sockets that do not read, or do not come to an end, when all together keep too much waiting."""
        waiting = (
            (person or "", socket.buffered, socket)
            for socket, person in self._sockets.items()
            if socket.blocked_since is not None
        )
        for socket in excess(waiting, self._limits.outbound_budget):
            self._stats.closed_slow += 1
            socket.abort()
        self._shed_inbound()

    def arrived(self, size: int) -> None:
        """Count bytes that came in, so that the sum is looked at before they could pass the budget."""
        self._uncounted += size
        if self._uncounted > self._headroom:
            self._shed_inbound()

    def _shed_inbound(self) -> None:
        budget = self._limits.inbound_budget
        coming = [(person or "", socket.gathered, socket) for socket, person in self._sockets.items()]
        for socket in excess(coming, budget):
            socket.close(CloseCode.TRY_LATER, "too many large messages are coming in at once; connect again later")
        self._uncounted = 0
        # Near the budget not every piece is worth a look at all sockets.
        self._headroom = max(budget - sum(socket.gathered for socket in self._sockets), budget // 16)

    def _check(self, socket: Socket, now: float) -> None:
        if socket.paused:
            return
        if now - socket.heard > self._limits.pong_timeout:
            self._stats.closed_dead += 1
            socket.abort()
            return
        if socket.blocked_since is None:
            socket.ping()
            if socket.session is not None:
                socket.session.keep_alive()

    async def drain(self, window: float, patience: float) -> None:
        """Close every socket with 1012, spread over `window` seconds at most; drop what is left `patience` later."""
        sockets = list(self._sockets)
        pause = min(window, len(sockets) / CLOSES_PER_SECOND) / max(1, len(sockets))
        for socket in sockets:
            socket.close(CloseCode.RESTART, "the server restarts; connect again")
            if pause:
                await asyncio.sleep(pause)
        for _ in range(round(patience * 100)):
            if not self._sockets:
                break
            await asyncio.sleep(0.01)
        for socket in list(self._sockets):
            socket.abort()
