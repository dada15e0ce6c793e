"""The durable update log: contract.

One append-only sequence of CRDT updates per document, numbered 1..n without a gap inside the commit.
The log is the truth; snapshots, indexes and rooms are derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Update:
    """One update to append (Yjs update encoding v1): as it was received, or what the document took of it."""

    document: str
    payload: bytes
    author: str
    connection: str
    at: int
    """Server time of receipt, microseconds since the epoch, UTC. Shown to people, never used for order."""


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    """One row of the log or the archive."""

    seq: int
    payload: bytes
    author: str
    connection: str
    at: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The document at exactly `seq`: one update that contains updates 1..seq, less what waits for missing ones."""

    seq: int
    payload: bytes
    state_vector: bytes
    waiting: tuple[bytes, ...] | None = ()
    """Updates among 1..seq that wait for missing ones, as they came; None: the payload may have such in it."""

    @property
    def parts(self) -> list[bytes]:
        """All of it, as updates."""
        return [self.payload, *(self.waiting or ())]


@dataclass(frozen=True, slots=True)
class Stored:
    """All that is needed to open a document: apply `snapshot`, then `tail` in order."""

    snapshot: Snapshot | None
    tail: Sequence[StoredUpdate]
    last_seq: int

    @property
    def parts(self) -> list[bytes]:
        """Updates that together are the document, in order."""
        return [*(self.snapshot.parts if self.snapshot else ()), *(row.payload for row in self.tail)]

    def made(self) -> Stored:
        """Return this; raises `DamagedDocument` when there is nothing, although content is stored at creation."""
        if self.last_seq == 0:
            raise DamagedDocument("its text is missing from the log; restore the log from a backup")
        return self


@dataclass(frozen=True, slots=True)
class Refused:
    """The log cannot ever store this update (not a passing fault of storage)."""

    reason: str


Outcome = int | Refused
"""The sequence number that an update got, or why it was refused."""


@dataclass(frozen=True, slots=True)
class Health:
    """Whether commits succeed now. `reason` is for people: 'the disk is full', 'the database file is damaged', …"""

    ok: bool
    reason: str = ""


class LogFull(Exception):
    """The bounded queue of uncommitted updates has no room: slow down, then go read-only."""


class DamagedDocument(Exception):
    """Stored rows of this document fail their checksum and nothing older replaces them.

    The message says which sequence numbers are missing.
    """


class UpdateLog(Protocol):
    """Durable log. All methods are called on the event loop and never block it."""

    @property
    def health(self) -> Health:
        """Whether updates can be committed now, and why not."""
        ...

    @property
    def queued_bytes(self) -> int:
        """Bytes submitted and not yet committed."""
        ...

    async def open(self) -> None:
        """Make what is stored ready for work, and begin to commit."""
        ...

    async def close(self, within: float = 8.0) -> None:
        """Commit everything queued, then close; raises `StorageUnavailable` when `within` seconds are not enough."""
        ...

    def submit(self, updates: Sequence[Update], done: Callable[[Sequence[Outcome]], None]) -> None:
        """Queue updates for the next group commit; order within a document is the order of submission.

        `done` is called once on the event loop, after the commit is fsynced, with one outcome per update.
        While storage fails the batch stays queued and is retried; `done` waits. Raises `LogFull` and queues
        nothing when the queue's byte limit is reached.
        """
        ...

    async def load(self, document: str) -> Stored:
        """Return snapshot and tail (an empty `Stored` with last_seq 0 for an unknown document).

        Raises `StorageUnavailable` or `DamagedDocument`; never returns less than what was acknowledged.
        """
        ...

    async def read(self, document: str, after: int = 0, limit: int = 1000) -> Sequence[StoredUpdate]:
        """Return stored updates with seq > `after` in order, from archive and hot table alike."""
        ...

    async def erase(self, document: str) -> None:
        """Remove every row, snapshot, segment and head of the document."""
        ...

    def watch(self, listener: Callable[[Health], None]) -> Callable[[], None]:
        """Call `listener` on the event loop whenever health changes; returns the unsubscribe function."""
        ...
