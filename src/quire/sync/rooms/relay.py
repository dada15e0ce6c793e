"""What nodes say to each other about one document: the message format on the fan-out bus.

version 1, kind, node, boot, number, durable, addressee, body. `number` counts a sender's messages that carry text,
per document; other kinds repeat the last one, so that a lost message is noticed at the next of any kind.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from quire.sync.wire import (
    MalformedMessage,
    PresenceEntry,
    read_var_bytes,
    read_var_string,
    read_var_uint,
    var_bytes,
    var_string,
    var_uint,
)

VERSION: Final = 1


class Kind(enum.IntEnum):
    """What a message is."""

    UPDATES = 0
    """New text. Body: `pack_updates`."""
    ANSWER = 1
    """What the addressee lacked. Body: the number up to which it holds everything, and one update."""
    ASK = 2
    """'Send me what I lack.' Body: state vector; no addressee: everybody answers."""
    BEACON = 3
    """Said regularly. Body: state vector, then all of the sender's own people (`pack_presence`)."""
    PRESENCE = 4
    """Changes of the sender's own people. Body: `pack_presence`."""
    BYE = 5
    """The sender has closed the document. No body."""


def run_of(node: str, boot: str) -> str:
    """Name one run of a node, as an addressee."""
    return f"{node}/{boot}"


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `counted` kinds carry text."""

    kind: Kind
    node: str
    boot: str
    number: int
    durable: int
    """Everything in the sender's messages up to this number is in the log."""
    to: str
    """The addressee's run, empty for everybody."""
    body: bytes

    def encode(self) -> bytes:
        """Return the bytes for the bus."""
        return b"".join(
            (
                bytes((VERSION, self.kind)),
                var_string(self.node),
                var_string(self.boot),
                var_uint(self.number),
                var_uint(self.durable),
                var_string(self.to),
                self.body,
            )
        )

    @property
    def counted(self) -> bool:
        """Whether this message took a number of its own."""
        return self.kind <= Kind.ANSWER

    @property
    def sender(self) -> str:
        """The sender's run (`run_of`)."""
        return run_of(self.node, self.boot)


def decode(message: bytes) -> Message:
    """Parse a message; raises `MalformedMessage`, also for a version that this release does not know."""
    if len(message) < 2 or message[0] != VERSION or message[1] > max(Kind):
        raise MalformedMessage("a message of another release")
    node, at = read_var_string(message, 2)
    boot, at = read_var_string(message, at)
    number, at = read_var_uint(message, at)
    durable, at = read_var_uint(message, at)
    to, at = read_var_string(message, at)
    return Message(Kind(message[1]), node, boot, number, durable, to, message[at:])


@dataclass(frozen=True, slots=True)
class Written:
    """One update with whoever wrote it."""

    author: str
    connection: str
    update: bytes


def pack_updates(updates: Iterable[Written]) -> bytes:
    """Encode updates one by one: whoever must store them needs each with its author."""
    return b"".join(
        var_string(written.author) + var_string(written.connection) + var_bytes(written.update) for written in updates
    )


def unpack_updates(body: bytes) -> list[Written]:
    """Decode what `pack_updates` made."""
    found, at = [], 0
    while at < len(body):
        author, at = read_var_string(body, at)
        connection, at = read_var_string(body, at)
        update, at = read_var_bytes(body, at)
        found.append(Written(author, connection, update))
    return found


def pack_presence(people: Sequence[tuple[str, PresenceEntry]]) -> bytes:
    """Encode presence entries, each with the identity it belongs to."""
    out = []
    for identity, entry in people:
        out += [var_string(identity), var_uint(entry.client), var_uint(entry.clock), var_string(entry.state or "")]
    return b"".join(out)


def unpack_presence(body: bytes, at: int = 0) -> list[tuple[str, PresenceEntry]]:
    """Decode what `pack_presence` made."""
    found = []
    while at < len(body):
        identity, at = read_var_string(body, at)
        client, at = read_var_uint(body, at)
        clock, at = read_var_uint(body, at)
        state, at = read_var_string(body, at)
        found.append((identity, PresenceEntry(client, clock, state or None)))
    return found
