"""The contract for whoever sends updates into a room, and why one of them is not taken."""

from __future__ import annotations

import enum
from typing import Protocol

from quire.crdt.turns import Payer


class Refusal(enum.Enum):
    """Why an update was not taken; the value is the word clients get."""

    READ_ONLY = "read-only"
    MALFORMED = "malformed"
    TOO_BIG = "too-big"
    DOCUMENT_FULL = "document-full"
    STORAGE = "storage"
    TAKEN = "client-taken"
    UNSTORABLE = "unstorable"


class Sender(Payer, Protocol):
    """Whoever an update came from."""

    connection: str

    @property
    def identity(self) -> str:
        """Who this is to the others in the document (`access.identity_of`)."""
        ...

    def saved(self, count: int) -> None:
        """`count` of this sender's updates are durable now."""
        ...

    def refused(self, why: Refusal, detail: str) -> None:
        """One update was refused; nothing changed."""
        ...


class Remainder:
    """Sender of what was left of an update: its client has heard that not all was taken, and hears of no commit."""

    __slots__ = ("author", "connection", "identity")

    def __init__(self, sender: Sender) -> None:
        self.author, self.connection, self.identity = sender.author, sender.connection, sender.identity

    def saved(self, count: int) -> None:
        """Say nothing."""

    def refused(self, why: Refusal, detail: str) -> None:
        """Say nothing."""

    def charge(self, seconds: float) -> None:
        """The sender of the whole update is charged."""
