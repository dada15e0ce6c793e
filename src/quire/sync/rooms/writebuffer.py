"""The way from rooms to the log: few submissions of many updates, outcomes back to where each came from."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from quire.limits.counts import less
from quire.log.contract import LogFull, Outcome, Update, UpdateLog
from quire.sync.limits import fits
from quire.sync.rooms.sender import Sender
from quire.sync.stats import SyncStats

RESUBMIT_SECONDS = 0.05
GATHER_SECONDS = 0.015
"""Least time between submissions: under load updates gather for one commit, after a quiet time they go at once."""

Answered = Callable[[bytes, Sender, Outcome], bool]
Entry = tuple[Answered, Sender, Update]


class WriteBuffer:
    """What waits for its turn at the log; shared by all rooms of this node."""

    def __init__(self, log: UpdateLog, stats: SyncStats, *, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._log, self._stats, self._limit, self._clock = log, stats, limit, clock
        self._loop = asyncio.get_running_loop()
        self._batch: list[Entry] = []
        self._batch_bytes = 0
        self._unsaved_of: Counter[str] = Counter()
        """Bytes that are not durable yet, by author."""
        self._scheduled = False
        self._submitted_at = 0.0
        self._on_stored: Callable[[Iterable[str]], None] = lambda _: None

    def on_stored(self, listener: Callable[[Iterable[str]], None]) -> None:
        """Set the function that hears which documents have new durable updates."""
        self._on_stored = listener

    @property
    def _unsaved(self) -> int:
        return self._log.queued_bytes + self._batch_bytes

    def fits(self, size: int, *, of: str | None) -> bool:
        """Whether an author (None: nobody of this node) may have `size` more bytes unsaved on this node."""
        mine = 0 if of is None else self._unsaved_of[of]
        return fits(size, most=self._limit, waiting=self._unsaved, mine=mine)

    @property
    def relieved(self) -> bool:
        """Whether at most half of the limit is used."""
        return self._unsaved <= self._limit // 2

    def append(self, document: str, payload: bytes, sender: Sender, answered: Answered) -> None:
        """Queue one update for the log; `answered` hears the outcome, in order, and says whether it is saved."""
        update = Update(document, payload, sender.author, sender.connection, int(self._clock() * 1_000_000))
        self._batch.append((answered, sender, update))
        self._batch_bytes += len(payload)
        self._unsaved_of[sender.author] += len(payload)
        if not self._scheduled:
            self._scheduled = True
            wait = self._submitted_at + GATHER_SECONDS - self._loop.time()
            if wait > 0:
                self._loop.call_later(wait, self._submit)
            else:
                self._loop.call_soon(self._submit)

    def flush(self) -> None:
        """Hand everything to the log now."""
        self._submit()

    def _submit(self) -> None:
        self._scheduled = False
        batch, self._batch = self._batch, []
        size, self._batch_bytes = self._batch_bytes, 0
        if not batch:
            return
        submitted = self._submitted_at = self._loop.time()

        def done(outcomes: Sequence[Outcome]) -> None:
            self._stats.saved_batches += 1
            self._stats.saved_seconds += self._loop.time() - submitted
            self._deliver(batch, outcomes)

        try:
            self._log.submit([update for _, _, update in batch], done)
        except LogFull:
            # Rooms ask `fits` before they accept, so this is the remainder of a race: keep and try again.
            self._batch[:0] = batch
            self._batch_bytes += size
            self._scheduled = True
            self._loop.call_later(RESUBMIT_SECONDS, self._submit)

    def _deliver(self, batch: Sequence[Entry], outcomes: Sequence[Outcome]) -> None:
        counts: dict[Sender, int] = {}
        documents: set[str] = set()
        for (answered, sender, update), outcome in zip(batch, outcomes, strict=True):
            less(self._unsaved_of, sender.author, len(update.payload))
            if answered(update.payload, sender, outcome):
                counts[sender] = counts.get(sender, 0) + 1
                documents.add(update.document)
        for sender, count in counts.items():
            sender.saved(count)
        self._stats.saved += sum(counts.values())
        self._on_stored(documents)
