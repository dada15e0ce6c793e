"""What an update is about, as the parser tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MAX_CLOCK: Final = 2**31
Id = tuple[int, int]
"""(client, clock) of one struct."""


class Kind(IntEnum):
    """What a run of structs is to the structure of a document."""

    CONTENT = 0
    TEXT = 1
    TYPE = 2
    """A shared text, of XML or not. Others can be inside any type."""
    ELEMENT = 3
    """An XML element or fragment."""
    ARRAY = 4
    """A shared array or map: no text can be inside it."""
    COLLECTED = 5
    """What was deleted together with the element around it; it stands nowhere any more."""
    DOCUMENT = 6
    """A document inside the document."""


@dataclass(slots=True)
class Run:
    """Structs of one client that follow each other and are beside the same neighbours, or one struct."""

    client: int
    start: int
    end: int
    """Clocks."""
    left: Id | None
    right: Id | None
    """What the first struct was inserted between (its origin and right origin)."""
    parent: Id | str | None
    """The element or named root it is in, when it has no neighbours."""
    key: str | None
    """The attribute or map key whose value it is, likewise."""
    kind: Kind
    source: bytes
    """The update that it is from."""
    at: int
    to: int
    """Where in the update."""
    structs: int
    pairs: list[int] | None
    """Clocks of the second halves of characters that take two clock units, if there are any."""
    long: bool
    """Whether one of its structs has several values in it that its update does not delete."""


@dataclass(frozen=True, slots=True)
class UpdateSummary:
    """What an update is about, read without applying it."""

    ranges: tuple[tuple[int, int, int], ...]
    """(client, first clock, end clock) of each client's run of structs; skips are not counted."""
    deletes: tuple[tuple[int, int], ...]
    """(client, end clock) of the furthest deletion per client in the delete set."""
    needs: tuple[tuple[int, int], ...]
    """(client, furthest clock) of the structs of each client that these build on."""
    content_bytes: int
    """Bytes of inserted content; 0 for an update that only deletes."""
    structs: int
    sections: tuple[tuple[int, int, int], ...]
    """(client, start, end) byte positions of each client's section, for `without_clients`."""
    deletes_at: int
    """Byte position of the delete set."""
    deletions: int
    """How many ranges it has."""
    runs: tuple[Run, ...]
    """Where its structs belong; empty in a summary that came from another process."""

    @property
    def empty(self) -> bool:
        """Whether the update does nothing at all."""
        return not self.ranges and not self.deletes
