"""Where a live document lives: in this process, or in one of the worker processes that the host keeps.

A room asks `ReplicaHost` for a replica and moves to a worker when it grows.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import Final

import structlog

from quire.crdt.pauses import Pauses
from quire.crdt.pieces import Effort, TooSlow
from quire.crdt.remote import RemoteReplica, Worker, WorkerKilled, insist
from quire.crdt.replica import LocalReplica, Replica, ReplicaCorrupt, ReplicaLost
from quire.crdt.rpc import Operation, decode_summary
from quire.crdt.turns import Payer, charged
from quire.crdt.updates import UpdateSummary, encode_parts

_log = structlog.get_logger("quire.crdt")
USUAL, ONCE = 5e-6, 0.1
"""Processor seconds for a struct or deletion, and beyond that for one update: what takes longer here goes to a worker
process."""
SUSPECTED: Final = 600.0
"""Seconds for which documents and authors of whom a worker died are kept apart from the others."""
MOST_KILLED: Final = 3
"""Times that an author's work on a document may end in killed processes before that counts as its fault: the kernel,
which ends a process for want of memory, sends the same signal as an operator."""
UNOPENABLE: Final = "checking the document takes more memory or time than the server gives it"


class Unopenable(ReplicaLost):
    """No live copy can be made of what is stored now: the processes that tried it died, or it cannot be read."""


class ReplicaHost:
    """Gives rooms their live copies and keeps the worker processes.

    The document and the author of whom a worker died are from then on, and for a while, in a worker of their own: when
    it was their fault, nobody else suffers from it a second time.
    """

    def __init__(self, workers: int = 1) -> None:
        self._shared = [Worker(self._suspect) for _ in range(workers)]
        self._apart = Worker(self._suspect)
        self._pauses = Pauses()
        self._suspects: dict[str, float] = {}
        """{document or author: until when}."""
        self._killed: dict[tuple[str, str], tuple[int, float]] = {}
        """{(document, author): how often its work ended in killed processes, until when that counts}."""
        self._numbers = 0

    @property
    def workers(self) -> Sequence[Worker]:
        """The worker processes."""
        return (*self._shared, self._apart)

    @property
    def requests(self) -> int:
        """Requests to worker processes that wait for their answer."""
        return sum(worker.requests for worker in self.workers)

    @property
    def deaths(self) -> int:
        """Worker processes that have died."""
        return sum(worker.generation for worker in self.workers)

    @property
    def unopenable(self) -> int:
        """Documents that worker processes died of when they were opened last."""
        return len(self._pauses)

    def paused(self, document: str) -> bool:
        """Whether a document is not tried again yet."""
        return self._pauses.left(document) > 0

    async def open(self, document: str, parts: Sequence[bytes], *, heavy: bool, payer: Payer | None = None) -> Replica:
        """Build a live copy from updates that together are the document, on the account of whoever needs it.

        Raises `ReplicaLost`, as `Unopenable` where what is stored is at fault: it is never what is offered to it.
        """
        with self._trying(document):
            replica = await self._build(document, parts, heavy=heavy, payer=payer)
        self._pauses.opened(document)
        return replica

    async def _build(self, document: str, parts: Sequence[bytes], *, heavy: bool, payer: Payer | None) -> Replica:
        """Build a copy here, or in a worker process where that would hold this one up."""
        if not heavy:
            effort = Effort(usual=USUAL, once=ONCE)
            effort.begin()
            with charged(payer), suppress(TooSlow):
                return LocalReplica(parts, effort=effort)
        self._numbers += 1
        worker, number = self._worker(document, payer), self._numbers
        await worker.call(Operation.OPEN, number, encode_parts(parts), document=document, payer=payer)
        return RemoteReplica(worker, document, number)

    @contextmanager
    def _trying(self, document: str) -> Iterator[None]:
        """Read what is stored of a document, unless that failed again and again a short time ago."""
        if self.paused(document):
            raise Unopenable(UNOPENABLE)
        try:
            yield
        except ReplicaLost:
            raise
        except ReplicaCorrupt as error:
            seconds = self._pauses.died(document, killed=isinstance(error, WorkerKilled))
            if seconds:
                _log.error("a document cannot be opened", document=document, reason=str(error), next_try_in=seconds)
            raise Unopenable(UNOPENABLE) from error

    def endangers_others(self, replica: Replica, payer: Payer | None) -> bool:
        """Whether `payer` is a suspect, and the copy in a worker with those of others."""
        shared = isinstance(replica, RemoteReplica) and replica.worker is not self._apart
        return shared and payer is not None and self._suspected(payer.author)

    def killed_too_often(self, document: str, payer: Payer) -> bool:
        """Note that this author's work on a document ended in killed processes; whether that is no chance any more."""
        now = time.monotonic()
        self._killed = {whose: noted for whose, noted in self._killed.items() if noted[1] > now}
        times = self._killed.get((document, payer.author), (0, 0.0))[0] + 1
        self._killed[document, payer.author] = times, now + SUSPECTED
        return times >= MOST_KILLED

    async def inspect(
        self, document: str, update: bytes, payer: Payer | None = None, *, stored: bool = False
    ) -> UpdateSummary:
        """Parse a large update in a worker process.

        Raises `MalformedUpdate`, `WorkerDied`, and `Unopenable` of one that is stored.
        """
        operation = Operation.READ if stored else Operation.INSPECT

        async def work() -> bytes:
            with self._trying(document) if stored else nullcontext():
                worker = self._worker(document, payer)
                return await worker.call(operation, 0, update, document=document, payer=payer)

        answer = await insist(work)
        with charged(payer):
            return decode_summary(answer)

    def _worker(self, document: str, payer: Payer | None) -> Worker:
        names = (document,) if payer is None else (document, payer.author)
        if document in self._pauses or any(map(self._suspected, names)):
            return self._apart
        return self._shared[self._numbers % len(self._shared)]

    def _suspect(self, document: str, payer: Payer | None) -> None:
        now = time.monotonic()
        self._suspects = {name: until for name, until in self._suspects.items() if until > now}
        for name in (document,) if payer is None else (document, payer.author):
            self._suspects[name] = now + SUSPECTED

    def _suspected(self, name: str) -> bool:
        return self._suspects.get(name, 0.0) > time.monotonic()

    async def close(self) -> None:
        """Stop the worker processes."""
        for worker in self.workers:
            await worker.close()
