"""Live documents in worker processes.

pycrdt holds the interpreter lock while it applies or encodes, so a large document or update would stall every
socket of the process.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from quire.concurrency.processes import cause_of_end, gone, start_child
from quire.crdt.pieces import TooSlow
from quire.crdt.replica import Applied, Encoded, ReplicaCorrupt, ReplicaLost
from quire.crdt.rpc import ANSWER, REQUEST, Operation, Status, decode_applied
from quire.crdt.turns import Payer, Turns, charged
from quire.crdt.updates import MalformedUpdate, UpdateSummary, decode_parts
from quire.crdt.worker import DEADLINE
from quire.limits.throttle import Throttle

_log = structlog.get_logger("quire.crdt")
PATIENCE: Final = DEADLINE + 5
"""Seconds for an answer: a process that was stopped from outside keeps no deadline of its own."""
MOST_LOST: Final = 5
"""Times that a replica may be lost through others while something is asked of it."""
_Answer = TypeVar("_Answer")


class WorkerDied(ReplicaCorrupt):
    """The worker process died while it worked on this request, and perhaps of it."""


class WorkerKilled(WorkerDied):
    """Somebody killed it, or it was stopped and gave no answer: that is no fault of the request."""


def _end_of(process: asyncio.subprocess.Process) -> WorkerDied:
    # At its own limits of time and memory it ends by other signals.
    if process.returncode == -signal.SIGKILL:
        return WorkerKilled("the worker process was killed")
    return WorkerDied("the worker process died")


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
        process = self._process
        if process is not None and gone(process):
            # Its pipe tells before the process does.
            await process.wait()
            self._ended(process)
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
