"""A room's updates on their way to disk: who hears when they are durable, and the end when storage refuses one."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

import structlog

from quire.limits.counts import less
from quire.log.contract import Outcome, Refused
from quire.sync.rooms.sender import Refusal, Sender
from quire.sync.rooms.writebuffer import WriteBuffer

_log = structlog.get_logger("quire.sync.rooms.saving")
ANEW: Final = "the document is read anew; the update will be asked for again"


class Saving:
    """What one room has handed to the log.

    It is spoiled when storage refuses an update for good: what is live is not what is stored, so nothing that comes
    after it is called saved.
    """

    __slots__ = (
        "_answered",
        "_document",
        "_repeated",
        "_spoiled",
        "_write_buffer",
        "problem",
        "refused",
        "stored",
        "submitted",
        "unsaved",
        "unsaved_bytes",
        "unsaved_of",
    )

    def __init__(self, document: str, write_buffer: WriteBuffer, *, spoiled: Callable[[], None]) -> None:
        """Start with nothing; `spoiled` is called once, at the first update that is refused for good."""
        self._document, self._write_buffer, self._spoiled = document, write_buffer, spoiled
        self.problem: str | None = None
        """Why nothing can be saved now, None while all is well."""
        self.unsaved = self.unsaved_bytes = 0
        self.unsaved_of: Counter[str] = Counter()
        """`unsaved_bytes` by author."""
        self.submitted = self.stored = 0
        """Updates handed to the log, and how many of those it has answered for."""
        self.refused: list[tuple[bytes, str]] = []
        """Updates that storage refused for good, with the reason."""
        self._repeated: deque[tuple[int, dict[Sender, int]]] = deque()
        self._answered = asyncio.Event()
        """Set when storage has answered for another update."""

    def store(self, update: bytes, sender: Sender) -> None:
        """Hand an update to the log."""
        self.unsaved += 1
        self.unsaved_bytes += len(update)
        self.unsaved_of[sender.author] += len(update)
        self.submitted += 1
        self._write_buffer.append(self._document, update, sender, self._answer)

    def repeat(self, sender: Sender) -> None:
        """A repeated update is saved once everything before it is, wherever that came from."""
        if self.stored == self.submitted:
            sender.saved(1)
            return
        repeated = self._repeated
        if not repeated or repeated[-1][0] != self.submitted:
            repeated.append((self.submitted, {}))
        senders = repeated[-1][1]
        senders[sender] = senders.get(sender, 0) + 1

    async def finish(self) -> None:
        """Wait until storage has answered for everything."""
        while self.unsaved:
            self._answered.clear()
            await self._answered.wait()

    def _answer(self, update: bytes, sender: Sender, outcome: Outcome) -> bool:
        """The log stored (or for good refused) the oldest outstanding update; returns whether it is saved.

        What comes after a refused update may build on it, so that a restart would not show it: it is not.
        """
        self.unsaved -= 1
        self.unsaved_bytes -= len(update)
        less(self.unsaved_of, sender.author, len(update))
        self._answered.set()
        if isinstance(outcome, Refused):
            self._refuse(update, sender, outcome.reason)
            return False
        if self.refused:
            sender.refused(Refusal.STORAGE, ANEW)
            return False
        self.stored += 1
        repeated = self._repeated
        while repeated and repeated[0][0] <= self.stored:
            for repeating, count in repeated.popleft()[1].items():
                repeating.saved(count)
        return True

    def _refuse(self, update: bytes, sender: Sender, why: str) -> None:
        _log.error("update cannot be stored", document=self._document, author=sender.author, reason=why)
        reason = f"a part of what you have here cannot be stored ({why}); keep a copy and open the document anew"
        sender.refused(Refusal.UNSTORABLE, reason)
        first = not self.refused
        self.refused.append((update, reason))
        if not first:
            return
        for _, senders in self._repeated:
            for repeating in senders:
                repeating.refused(Refusal.STORAGE, ANEW)
        self._repeated.clear()
        self._spoiled()
