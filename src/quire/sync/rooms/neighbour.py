"""Another node that has the same document open, and who sends updates by way of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from quire.sync.rooms.sender import Refusal

MOST_AHEAD: Final = 10_000


@dataclass(slots=True, eq=False)
class Neighbour:
    """One run of another node that has the document open."""

    node: str
    run: str
    heard: float
    number: int
    """Every text message up to this number has come."""
    top: int = 0
    """The highest number known of."""
    ahead: set[int] = field(default_factory=set)
    behind: bool = True
    """Whether it is known to have more than its numbers tell; so at the first contact."""
    asked: float = float("-inf")
    durable: int = 0
    unconfirmed: list[tuple[int, Relayed, bytes]] = field(default_factory=list)
    """What came from it and is not known to be in the log."""

    @property
    def lacking(self) -> bool:
        """Whether it has something that is not here."""
        return self.behind or self.top > self.number

    def count(self, number: int) -> None:
        """Take note that a numbered message came."""
        self.top = max(self.top, number)
        if number > self.number:
            self.ahead.add(number)
        while self.number + 1 in self.ahead:
            self.number += 1
            self.ahead.discard(self.number)
        if len(self.ahead) > MOST_AHEAD:
            self.ahead.clear()

    def confirm(self, durable: int) -> None:
        """Everything in its messages up to `durable` is in the log."""
        if durable > self.durable:
            self.durable = durable
            if self.unconfirmed:
                self.unconfirmed = [entry for entry in self.unconfirmed if entry[0] > durable]


@dataclass(slots=True, eq=False)
class Relayed:
    """Sender of an update that came from another node, or from the log (`source` is None); nobody to answer."""

    author: str
    connection: str
    source: Neighbour | None
    number: int = 0

    @property
    def identity(self) -> str:
        return self.author

    def saved(self, count: int) -> None:  # noqa: ARG002
        return None

    def refused(self, why: Refusal, detail: str) -> None:  # noqa: ARG002 - the room has logged it
        if why is Refusal.STORAGE and self.source is not None:
            self.source.behind = True

    def charge(self, seconds: float) -> None:  # noqa: ARG002 - its sender was charged there
        return None

    def keep(self, update: bytes) -> None:
        """Remember the update until its node says that it is in the log."""
        if self.source is not None and self.number > self.source.durable:
            self.source.unconfirmed.append((self.number, self, update))
