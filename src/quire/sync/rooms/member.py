"""Somebody in a room: on which socket, who it is, what it may do, and what it has of the document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from quire.access.contract import Action, Principal, Role, allows, identity_of, person_of
from quire.crdt.host import Unopenable
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.rooms.sender import Refusal
from quire.sync.sockets.socket import Socket

MOST_WITHHELD: Final = 1000
"""Clients of whom it is remembered that something of theirs was left out."""


@dataclass(slots=True)
class Withheld:
    """What was left out of somebody's updates, and may be taken when it is offered again."""

    structs: dict[int, int] = field(default_factory=dict)
    """{client: end clock} of structs in the name of a client that belongs to somebody else who is here."""
    unwritten: dict[int, int] = field(default_factory=dict)
    """{client: end clock} of what somebody else has yet to write, or has written to another node: it was to be deleted
    or built on."""

    def __bool__(self) -> bool:
        return bool(self.structs or self.unwritten)

    def add(self, structs: Mapping[int, int], unwritten: Mapping[int, int]) -> None:
        """Take note of what was left out, as far as there is room."""
        for held, new in ((self.structs, structs), (self.unwritten, unwritten)):
            held.update(islice(new.items(), max(0, MOST_WITHHELD - len(held))))

    def clear(self) -> None:
        """Forget it: it is asked for again."""
        self.structs.clear()
        self.unwritten.clear()


class Member:
    """One socket in one room."""

    __slots__ = (
        "asked_people",
        "asked_state",
        "author",
        "behind",
        "connection",
        "here",
        "identity",
        "person",
        "prefix",
        "principal",
        "refusals",
        "role",
        "socket",
        "told_people",
        "withheld",
    )

    def __init__(self, socket: Socket, prefix: bytes, principal: Principal, role: Role) -> None:
        self.socket = socket
        self.prefix = prefix
        """Bytes in front of every message: the encoded Hocuspocus address, empty for y-websocket."""
        self.connection = socket.id
        self.become(principal)
        self.role = role
        self.here = False
        """Whether it is in its room."""
        self.behind: dict[int, int] | None = None
        """While the socket is blocked: the state vector of what it was given."""
        self.asked_state: bytes | None = None
        """The state vector whose answer is due: the last one that came."""
        self.asked_people = False
        """Whether an answer is due to the question of who is here."""
        self.told_people = 0
        """The round of presence up to which it was told, while the socket is blocked."""
        self.refusals = 0
        """Updates that were refused for want of storage and that the client still has."""
        self.withheld = Withheld()

    def become(self, principal: Principal) -> None:
        """Be this person from here on."""
        self.principal = principal
        self.author = principal.author
        self.person = person_of(principal, self.socket.credentials.address)
        self.identity = identity_of(self.author, self.socket.credentials.tab or self.socket.id)

    @property
    def writable(self) -> bool:
        """Whether updates of this member are taken now."""
        return allows(self.role, Action.WRITE)

    def send(self, body: bytes) -> None:
        """Send one message body under this member's address."""
        self.socket.write(wire.binary_frame(self.prefix + body))

    def saved(self, count: int) -> None:
        """Tell a Hocuspocus client that `count` updates are durable; y-websocket has no such message."""
        if self.prefix:
            self.socket.write(wire.binary_frame(self.prefix + wire.SAVED) * count)

    def refused(self, why: Refusal, detail: str) -> None:
        """Tell the client that an update was refused, in the words that its protocol has.

        A y-websocket client hears of a missing right by a message; for the rest its socket closes with the reason.
        """
        if self.prefix:
            self.send(wire.NOT_SAVED)
            self.notify({"type": "refused", "reason": why.value, "detail": detail})
        elif why is Refusal.READ_ONLY:
            self.send(wire.yjs_permission_denied(detail))
        elif why not in (Refusal.STORAGE, Refusal.TAKEN):
            for_good = why in (Refusal.MALFORMED, Refusal.UNSTORABLE)
            self.socket.close(CloseCode.MALFORMED if for_good else CloseCode.TOO_BIG, detail)
        if why is Refusal.STORAGE:
            self.refusals += 1

    def charge(self, seconds: float) -> None:
        """Count time that was worked for this member with all that its person takes."""
        self.socket.charge(seconds)

    def start_anew(self, error: Exception) -> None:
        """The member cannot be brought up to date here: a new connection starts with an exchange of state vectors."""
        if isinstance(error, Unopenable):
            self.notify({"type": "storage", "ok": False, "reason": str(error)})
        self.socket.close(CloseCode.TRY_LATER, "the document cannot be read now; connect again")

    def notify(self, message: dict[str, object]) -> None:
        """Send an application message (Hocuspocus stateless); other protocols have no lane for it."""
        if self.prefix:
            self.send(wire.stateless(json.dumps(message, ensure_ascii=False, separators=(",", ":"))))
