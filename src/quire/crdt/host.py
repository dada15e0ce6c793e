"""Live documents in worker processes, and the host that decides where a document lives.

pycrdt holds the interpreter lock while it applies or encodes, so a large document or update would stall every
socket of the process. A room asks `ReplicaHost` for a replica and moves to a worker when it grows.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from quire.concurrency.processes import cause_of_end, start_child
from quire.crdt.pauses import Pauses
from quire.crdt.pieces import Effort, TooSlow
from quire.crdt.replica import Applied, Encoded, LocalReplica, Replica, ReplicaCorrupt, ReplicaLost
from quire.crdt.rpc import ANSWER, REQUEST, Operation, Status, decode_applied, decode_summary
from quire.crdt.turns import Payer, Turns, charged
from quire.crdt.updates import MalformedUpdate, UpdateSummary, decode_parts, encode_parts
from quire.crdt.worker import DEADLINE
from quire.limits.throttle import Throttle

_log = structlog.get_logger("quire.crdt")
USUAL, ONCE = 5e-6, 0.1
"""Processor seconds for a struct or deletion, and beyond that for one update: what takes longer here goes to a worker
process."""
PATIENCE: Final = DEADLINE + 5
"""Seconds for an answer: a process that was stopped from outside keeps no deadline of its own."""
SUSPECTED: Final = 600.0
"""Seconds for which documents and authors of whom a worker died are kept apart from the others."""
MOST_KILLED: Final = 3
"""Times that an author's work on a document may end in killed processes before that counts as its fault: the kernel,
which ends a process for want of memory, sends the same signal as an operator."""
UNOPENABLE: Final = "checking the document takes more memory or time than the server gives it"
MOST_LOST: Final = 5
"""Times that a replica may be lost through others while something is asked of it."""
_Answer = TypeVar("_Answer")


@dataclass(slots=True, eq=False)
class _Request:
    operation: Operation
    replica: int
    body: bytes
    generation: int | None
    document: str
    payer: Payer | None
    answer: asyncio.Future[bytes]


class Worker:
    """One child process that holds heavy documents; it has one request at a time, in fair turns."""

    def __init__(self, died_of: Callable[[str, Payer | None], None] = lambda *_: None) -> None:
        """`died_of` hears of the document and the payer of the request that the process died of."""
        self._died_of = died_of
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._turns: Turns[_Request] = Turns()
        self._asking: asyncio.Task[None] | None = None
        self._under_way: _Request | None = None
        self._closed = False
        self._not_started = Throttle(10)
        self.asked = 0
        """Requests that the process was given."""
        self.generation = 0
        """How many processes have ended: what an earlier one held is gone."""

    @property
    def under_way(self) -> int | None:
        """The number of the request that the process works on; None while there is none."""
        return self.asked if self._under_way is not None else None

    @property
    def requests(self) -> int:
        """Requests without an answer yet."""
        return len(self._turns) + (self._asking is not None)

    async def call(
        self,
        operation: Operation,
        replica: int,
        body: bytes,
        *,
        document: str,
        payer: Payer | None,
        generation: int | None = None,
    ) -> bytes:
        """Have one request answered; raises `ReplicaLost` if the worker died since `generation`.

        The turn is that of its document and of the author who pays. Raises `WorkerDied` when it dies in the middle.
        """
        loop = asyncio.get_running_loop()
        request = _Request(operation, replica, body, generation, document, payer, loop.create_future())
        self._turns.add(request, (document,) if payer is None else (document, payer.author))
        if self._asking is None:
            self._asking = loop.create_task(self._ask_all())
        return await request.answer

    async def _ask_all(self) -> None:
        try:
            while self._turns:
                request, keys = self._turns.take()
                started = time.monotonic()
                seconds = 0.0
                try:
                    status, seconds, body = await self._ask(request)
                except ReplicaCorrupt as error:
                    seconds = time.monotonic() - started
                    _fail(request, error)
                except Exception as error:  # noqa: BLE001 - handed to who asked
                    _fail(request, error)
                else:
                    _settle(request, status, body)
                finally:
                    self._turns.took(keys, seconds)
                    if request.payer is not None:
                        request.payer.charge(seconds)
        finally:
            self._asking = None

    async def _ask(self, request: _Request) -> tuple[int, float, bytes]:
        if self._closed:
            raise ReplicaLost("the worker process has ended")
        process = self._process or await self._start()
        if request.generation is not None and request.generation != self.generation:
            raise ReplicaLost("the worker process was restarted")
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        self.asked += 1
        self._under_way = request
        try:
            async with asyncio.timeout(PATIENCE):
                process.stdin.write(REQUEST.pack(len(request.body), request.operation, request.replica) + request.body)
                size, status, seconds = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
                return status, seconds, await process.stdout.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                _log.error("a worker process does not answer and is ended", seconds=PATIENCE)
                # Only then: of one that has ended by itself, killing would take the cause.
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
            self._ended(process)
            self._died_of(request.document, request.payer)
            raise _end_of(process) from None
        finally:
            self._under_way = None

    async def _start(self) -> asyncio.subprocess.Process:
        try:
            process = await start_child("quire.crdt.worker")
        except OSError as error:
            if count := self._not_started(""):
                _log.error("no worker process can be started", reason=error.strerror, count=count)
            raise ReplicaLost("no worker process can be started") from error
        self._process = process

        async def watch() -> None:
            await process.wait()
            self._ended(process)

        self._watch = asyncio.get_running_loop().create_task(watch())
        return process

    def _ended(self, process: asyncio.subprocess.Process) -> None:
        if self._process is not process:
            return
        self._process = None
        self.generation += 1
        if not self._closed:
            request = self._under_way
            document = None if request is None else request.document
            author = None if request is None or request.payer is None else request.payer.author
            _log.error("a worker process died", cause=cause_of_end(process), document=document, author=author)

    async def close(self) -> None:
        """Stop the process."""
        self._closed = True
        process = self._process
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 2)
            except TimeoutError:
                process.kill()
                await process.wait()
        for task in (self._asking, self._watch):
            if task is not None:
                await asyncio.wait([task])


def _settle(request: _Request, status: int, body: bytes) -> None:
    if status == Status.MALFORMED:
        _fail(request, MalformedUpdate(body.decode()))
    elif status == Status.TOO_SLOW:
        _fail(request, TooSlow())
    elif status != Status.OK:
        _fail(request, ReplicaCorrupt(body.decode()))
    elif not request.answer.done():
        request.answer.set_result(body)


def _fail(request: _Request, error: Exception) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)


class RemoteReplica:
    """A document in a worker process."""

    local = False

    def __init__(self, worker: Worker, document: str, number: int) -> None:
        self.worker, self._document, self._number = worker, document, number
        self._generation = worker.generation

    @property
    def alive(self) -> bool:
        return self._generation == self.worker.generation

    def apply_now(self, update: bytes, summary: UpdateSummary) -> Applied:  # noqa: ARG002
        raise ReplicaCorrupt("this copy is in another process")

    async def state(self, payer: Payer | None = None) -> Applied:
        answer = await self._call(Operation.STATE, b"", payer)
        with charged(payer):
            return decode_applied(answer)

    async def apply(self, update: bytes, summary: UpdateSummary, payer: Payer | None = None) -> Applied:  # noqa: ARG002
        answer = await self._call(Operation.APPLY, update, payer)
        with charged(payer):
            return decode_applied(answer)

    async def diff(self, known: bytes, payer: Payer | None = None) -> bytes:
        return await self._call(Operation.DIFF, known, payer)

    async def encode(self, payer: Payer | None = None) -> Encoded:
        update, *waiting = decode_parts(await self._call(Operation.ENCODE, b"", payer))
        return Encoded(update, tuple(waiting))

    async def close(self) -> None:
        if self.alive:
            # With its process the document is gone as well.
            with suppress(ReplicaCorrupt):
                await self._call(Operation.CLOSE, b"", None)

    async def _call(self, operation: Operation, body: bytes, payer: Payer | None) -> bytes:
        return await self.worker.call(
            operation, self._number, body, document=self._document, payer=payer, generation=self._generation
        )


class WorkerDied(ReplicaCorrupt):
    """The worker process died while it worked on this request, and perhaps of it."""


class Unopenable(ReplicaLost):
    """No live copy can be made of what is stored now: the processes that tried it died, or it cannot be read."""


class WorkerKilled(WorkerDied):
    """Somebody killed it, or it was stopped and gave no answer: that is no fault of the request."""


def _end_of(process: asyncio.subprocess.Process) -> WorkerDied:
    # At its own limits of time and memory it ends by other signals.
    if process.returncode == -signal.SIGKILL:
        return WorkerKilled("the worker process was killed")
    return WorkerDied("the worker process died")


async def insist(work: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Do work that needs a worker process: once more when that died of it, perhaps by chance.

    A few times more when what it needs was lost through others. Raises `ReplicaCorrupt` (as `ReplicaLost` or
    `WorkerKilled`, where it is nobody's fault) when it cannot be done so, and what `work` raises.
    """
    died, lost = 0, 0
    while True:
        try:
            return await work()
        except ReplicaLost:
            lost += 1
            if lost > MOST_LOST:
                raise
        except ReplicaCorrupt:
            died += 1
            if died > 1:
                raise


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
