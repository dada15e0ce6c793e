"""Presence of one room: the lossy lane. Latest state only, never stored, expires by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from quire.access.contract import GUEST, Principal, is_guest, tab_of
from quire.sync.wire import PresenceEntry

EXPIRY = 35.0
"""Seconds without renewal after which a person is gone; clients renew every 15 s."""
ROUND_BYTES = 16 * 1024
"""Most bytes of states in one round: a crowd of moving cursors takes turns and never crowds out text."""
MOST_AHEAD = 1000
"""How far ahead of the last clock somebody else may be who takes over an id that is free."""
MOST_JUMP = 2**30
"""How far a clock may move at once, and begin: at the end of all numbers its client could say nothing any more."""
CLIENTS_PER_SOCKET = 8
"""CRDT client ids that one socket may speak for in a document, under however many addresses it has it open."""
ROOM_BYTES = 2 * 1024 * 1024
"""Bytes of states of this node's own people: what everyone who opens the document is sent."""


def own_name(state: dict[str, object], principal: Principal, identity: str) -> bool:
    """Have a state show who its sender is, and return whether it said otherwise.

    An account shows its own id and name. A guest chooses a name and is marked. An id that nobody could guess, the same
    in all tabs of a browser, stays its browser's: the others see a hash of it, which nobody can choose. Else the guest
    is known by its `identity`.
    """
    user = state.get("user")
    if not isinstance(user, dict):
        return False
    if principal.account is not None:
        own = {"id": principal.account, "name": principal.name, "guest": False}
    else:
        chosen = user.get("id")
        secret = chosen if isinstance(chosen, str) and tab_of(chosen.removeprefix(GUEST)) else identity
        own = {"id": _shown(secret), "guest": True}
    said = {key: user.get(key, False) for key in own}
    user.update(own)
    return said != own


@lru_cache(maxsize=10_000)
def _shown(secret: str) -> str:
    """Return the id of a guest that others see."""
    return GUEST + sha256(secret.encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Client:
    owner: Hashable
    identity: str
    clock: int
    state: str | None
    seen: float
    here: bool
    """Whether its connection is on this node."""
    socket: Hashable
    person: Hashable


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Who says something of clients; the parameters of `Presence.receive`."""

    owner: Hashable
    identity: str
    here: bool
    socket: Hashable
    person: Hashable


@dataclass(slots=True)
class _Share:
    """What one socket of this node has of the presence of a document."""

    clients: int = 0
    size: int = 0


class Presence:
    """Who is here, by CRDT client id; each id belongs to the connection that introduced it.

    A connection can change only its own ids, so nobody can silence or impersonate a cursor. The same
    account on a new connection takes its ids over, which is what a reconnect looks like while the old
    socket is still half open; so does a guest whose tab has a name. Guests without one cannot be told from one
    another: theirs are free once the old socket is gone, and a socket whose place is wanted by a guest with the same
    link is asked for a sign of life.
    """

    __slots__ = ("_clients", "_dirty", "_per_person", "_persons", "_shares", "_size", "dropped")

    def __init__(self, per_person: int) -> None:
        """Start with nobody; one person of this node may have `per_person` states at once, however many sockets."""
        self._per_person = per_person
        self._persons: Counter[Hashable] = Counter()
        self._clients: dict[int, _Client] = {}
        self._shares: dict[Hashable, _Share] = {}
        self._size = 0
        self.dropped = 0
        """States that were left out because all together were too large."""
        self._dirty: dict[int, None] = {}
        """Clients with news, in the order in which it came."""

    def __len__(self) -> int:
        return sum(1 for client in self._clients.values() if client.state is not None)

    @property
    def dirty(self) -> bool:
        """Whether something changed since the last `changes`."""
        return bool(self._dirty)

    def receive(
        self,
        owner: Hashable,
        identity: str,
        entries: Iterable[PresenceEntry],
        now: float,
        *,
        here: bool = True,
        socket: Hashable = None,
        person: Hashable = None,
    ) -> set[Hashable]:
        """Take over what `owner` says of its own clients; entries about others are ignored, and those returned.

        An owner that is not `here` is another node, which speaks for as many as it has. Several owners may be on one
        `socket`, several sockets of one `person` (`access.person_of`).
        """
        speaker = _Speaker(
            owner, identity, here, owner if socket is None else socket, owner if person is None else person
        )
        others: set[Hashable] = set()
        for entry in entries:
            known = self._clients.get(entry.client)
            if known is None:
                self._introduce(speaker, entry, now)
            elif self._renew(known, speaker, entry, now):
                others.add(known.owner)
        while self._size > ROOM_BYTES:
            self._drop()
        return others

    def _introduce(self, speaker: _Speaker, entry: PresenceEntry, now: float) -> None:
        """Take in a client that nobody knows yet."""
        if (
            entry.state is None
            or entry.clock > MOST_JUMP
            or (speaker.here and (self._full(speaker.socket) or self._crowded(speaker.person)))
        ):
            return
        client = self._clients[entry.client] = _Client(
            speaker.owner,
            speaker.identity,
            entry.clock,
            entry.state,
            now,
            speaker.here,
            speaker.socket,
            speaker.person,
        )
        self._count(client)
        self._dirty[entry.client] = None

    def _renew(self, known: _Client, speaker: _Speaker, entry: PresenceEntry, now: float) -> bool:
        """Take over what is said of a known client; return whether it is somebody else's, and stays so."""
        if entry.clock < known.clock:
            if known.state is None and entry.state is not None:
                # Told once more at which clock it went, its client goes on from there (y-protocols).
                self._dirty[entry.client] = None
            return False
        if entry.clock > known.clock + MOST_JUMP:
            return False
        comes = entry.state is not None and (known.state is None or speaker.person != known.person)
        if speaker.here and comes and self._crowded(speaker.person):
            return False
        if known.owner is not speaker.owner:
            if known.identity != speaker.identity and known.state is not None:
                return True
            if not self._may_take_over(known, speaker, entry):
                return False
            self._count(known, -1)
            known.owner, known.here = speaker.owner, speaker.here
            known.socket, known.person = speaker.socket, speaker.person
            self._count(known)
        elif entry.clock == known.clock and entry.state is not None and known.state is not None:
            known.seen = now
            return False
        known.identity = speaker.identity
        if entry.state != known.state:
            self._dirty[entry.client] = None
        known.clock, known.seen = entry.clock, now
        self._set(known, entry.state)
        return False

    def _may_take_over(self, known: _Client, speaker: _Speaker, entry: PresenceEntry) -> bool:
        if known.identity != speaker.identity:
            # With a clock far ahead, whoever comes back with it would not be seen again.
            if not is_guest(known.identity) or entry.clock > known.clock + MOST_AHEAD:
                return False
        elif known.state is not None and entry.clock == known.clock:
            return False
        return not (speaker.here and speaker.socket != known.socket and self._full(speaker.socket))

    def speaks(self, owner: Hashable, client: int) -> bool:
        """Whether a client is here and is `owner`'s."""
        known = self._clients.get(client)
        return known is not None and known.owner is owner and known.state is not None

    def leave(self, owner: Hashable, now: float) -> None:
        """Mark every client of `owner` as gone.

        The clock stays: y-protocols accepts a removal at the clock it knows, and the client comes back with it.
        """
        self.keep_only(owner, (), now)

    def keep_only(self, owner: Hashable, clients: Container[int], now: float) -> None:
        """Mark every client of `owner` as gone that is not among `clients`."""
        for client_id, client in self._clients.items():
            if client.owner is owner and client.state is not None and client_id not in clients:
                self._gone(client_id, client, now)

    def expire(self, now: float) -> None:
        """Mark clients as gone that stopped renewing, forget those gone for long."""
        for client_id, client in list(self._clients.items()):
            if now - client.seen < EXPIRY:
                continue
            if client.state is not None:
                self._gone(client_id, client, now)
            elif client_id not in self._dirty:
                self._count(client, -1)
                del self._clients[client_id]

    def changes(self, most: int = ROUND_BYTES) -> list[PresenceEntry]:
        """Return what changed and was not returned yet: people who left, then the oldest news up to `most` bytes.

        The rest waits for the next call, at its latest state by then.
        """
        dirty, clients = self._dirty, self._clients
        chosen = [client for client in dirty if clients[client].state is None]
        size = 0
        for client in dirty:
            state = clients[client].state
            if state is None:
                continue
            if size and size + len(state) > most:
                break
            size += len(state)
            chosen.append(client)
        for client in chosen:
            del dirty[client]
        return [PresenceEntry(client, clients[client].clock, clients[client].state) for client in chosen]

    def everyone(self) -> list[PresenceEntry]:
        """Return the states of all who are here now."""
        return [
            PresenceEntry(i, client.clock, client.state)
            for i, client in self._clients.items()
            if client.state is not None
        ]

    def here(self) -> list[tuple[str, PresenceEntry]]:
        """Return the states of this node's own people, each with its identity."""
        return self.of_here(self.everyone())

    def of_here(self, entries: Iterable[PresenceEntry]) -> list[tuple[str, PresenceEntry]]:
        """Return those of `entries` that are about this node's own people, each with its identity."""
        clients = self._clients
        return [
            (clients[entry.client].identity, entry)
            for entry in entries
            if entry.client in clients and clients[entry.client].here
        ]

    def _full(self, socket: Hashable) -> bool:
        share = self._shares.get(socket)
        return share is not None and share.clients >= CLIENTS_PER_SOCKET

    def _crowded(self, person: Hashable) -> bool:
        return self._persons[person] >= self._per_person

    def _gone(self, client_id: int, client: _Client, now: float) -> None:
        self._set(client, None)
        client.seen = now
        self._dirty[client_id] = None

    def _set(self, client: _Client, state: str | None) -> None:
        self._count(client, -1)
        client.state = state
        self._count(client)

    def _count(self, client: _Client, sign: int = 1) -> None:
        """Count a client in, or out with -1; other nodes count their own."""
        if not client.here:
            return
        size = sign * len(client.state or "")
        share = self._shares.setdefault(client.socket, _Share())
        share.clients += sign
        share.size += size
        self._size += size
        if share.clients == 0:
            del self._shares[client.socket]
        if client.state is not None:
            self._persons[client.person] += sign
            if not self._persons[client.person]:
                del self._persons[client.person]

    def _drop(self) -> None:
        """Leave out the oldest state of the socket that has most: many people with a cursor each lose none."""
        socket = max(self._shares, key=lambda key: self._shares[key].size)
        client_id, client = min(
            (
                (i, client)
                for i, client in self._clients.items()
                if client.here and client.socket == socket and client.state is not None
            ),
            key=lambda found: found[1].seen,
        )
        self._set(client, None)
        self._dirty[client_id] = None
        self.dropped += 1
