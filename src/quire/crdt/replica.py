"""The live copy of a document: in this process while it is small, in a worker process when it is heavy.

pycrdt holds the interpreter lock while it applies or encodes, so a large document or update would stall every
socket of the process. A room asks `ReplicaHost` for a replica and moves to a worker when it grows.
"""

from __future__ import annotations

import asyncio
import struct
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

import pycrdt
import structlog

from quire.crdt.updates import (
    EMPTY_STATE,
    EMPTY_UPDATE,
    MalformedUpdate,
    UpdateSummary,
    advance,
    decode_state_vector,
    guarded,
    inspect,
    merge,
)

_log = structlog.get_logger("quire.crdt.replica")


class ReplicaCorrupt(Exception):
    """The live copy is half changed or lost and must be built again from its updates."""


class Replica(Protocol):
    """One live document."""

    local: bool
    """Whether `apply_now` works: the copy is in this process."""

    @property
    def alive(self) -> bool:
        """Whether the copy can still be used."""
        ...

    def state(self) -> dict[int, int]:
        """Return {client: clock} of what is integrated; raises `ReplicaCorrupt` unless `local`."""
        ...

    async def current_state(self) -> dict[int, int]:
        """The same as `state`, wherever the copy is."""
        ...

    def apply_now(self, update: bytes, summary: UpdateSummary) -> bool:
        """Apply and return whether anything changed; raises `MalformedUpdate` (nothing changed), `ReplicaCorrupt`."""
        ...

    async def apply(self, update: bytes, summary: UpdateSummary) -> bool:
        """The same as `apply_now`, wherever the copy is."""
        ...

    async def diff(self, known: bytes) -> bytes:
        """Return what the holder of state vector `known` lacks, parts that wait for others included."""
        ...

    async def encode(self) -> bytes:
        """Return the whole document as one update."""
        ...

    async def close(self) -> None: ...


class LocalReplica:
    """A document in this process. Methods are synchronous underneath; the async ones never wait."""

    local = True
    alive = True

    def __init__(self, parts: Sequence[bytes]) -> None:
        self._doc: pycrdt.Doc[Any] = pycrdt.Doc()
        self._clock: dict[int, int] = {}
        self._waiting: list[tuple[bytes, UpdateSummary]] = []
        for part in parts:
            self.apply_now(part, inspect(part))

    def apply_now(self, update: bytes, summary: UpdateSummary) -> bool:
        clock = self._clock
        new = any(end > clock.get(client, 0) for client, _, end in summary.ranges)
        if not new and not summary.deletes:
            return False
        if self._waiting and any(update == waiting for waiting, _ in self._waiting):
            return False
        doc = self._doc
        if new:
            self._apply(update)
            if not advance(clock, summary) or self._waiting:
                self._integrate(update, summary)
            return True
        seen: list[bytes] = []
        subscription = doc.observe(lambda event: seen.append(event.update))
        try:
            self._apply(update)
        finally:
            doc.unobserve(subscription)
        waits = any(end > clock.get(client, 0) for client, end in summary.deletes)
        if waits:
            self._integrate(update, summary)
        return waits or any(change != EMPTY_UPDATE for change in seen)

    def _apply(self, update: bytes) -> None:
        try:
            self._doc.apply_update(update)
        except ValueError as error:
            raise MalformedUpdate(f"the CRDT refuses it: {error}") from None
        except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
            raise
        except BaseException as error:  # noqa: BLE001 - RuntimeError leaves the Doc half changed; panics too
            raise ReplicaCorrupt(str(error)) from None

    def _integrate(self, update: bytes, summary: UpdateSummary) -> None:
        """Keep what waits for missing updates: the Doc leaves it out when it encodes.

        yrs tries what waits only once when something arrives, so what has become ready is offered again here.
        """
        self._waiting.append((update, summary))
        while True:
            self._clock = clock = decode_state_vector(self._doc.get_state())
            self._waiting = [entry for entry in self._waiting if _beyond(entry[1], clock)]
            ready = [raw for raw, about in self._waiting if advance(dict(clock), about)]
            if not ready:
                return
            for raw in ready:
                self._apply(raw)
            if decode_state_vector(self._doc.get_state()) == clock:
                self._rebuild()
                return

    def _rebuild(self) -> None:
        """Load everything anew in the order that merging gives it."""
        whole = merge([guarded(lambda: self._doc.get_update(EMPTY_STATE)), *(raw for raw, _ in self._waiting)])
        self._doc = pycrdt.Doc()
        self._apply(whole)
        self._clock = clock = decode_state_vector(self._doc.get_state())
        self._waiting = [entry for entry in self._waiting if _beyond(entry[1], clock)]

    def state(self) -> dict[int, int]:
        """Return {client: clock} of what is integrated."""
        return self._clock

    async def current_state(self) -> dict[int, int]:
        return self._clock

    def encoded_state(self) -> bytes:
        """Return the state vector of what is integrated."""
        return self._doc.get_state()

    def waiting(self) -> frozenset[tuple[int, int, int]]:
        """Return the runs of structs that wait for missing updates."""
        clock = self._clock
        return frozenset(run for _, about in self._waiting for run in about.ranges if run[2] > clock.get(run[0], 0))

    @property
    def doc(self) -> pycrdt.Doc[Any]:
        """The document, for reading."""
        return self._doc

    def diff_now(self, known: bytes) -> bytes:
        """Return what the holder of `known` lacks."""
        update = guarded(lambda: self._doc.get_update(known))
        return merge([update, *(raw for raw, _ in self._waiting)]) if self._waiting else update

    async def apply(self, update: bytes, summary: UpdateSummary) -> bool:
        return self.apply_now(update, summary)

    async def diff(self, known: bytes) -> bytes:
        return self.diff_now(known)

    async def encode(self) -> bytes:
        return self.diff_now(EMPTY_STATE)

    async def close(self) -> None:
        return None


def _beyond(about: UpdateSummary, clock: Mapping[int, int]) -> bool:
    """Whether some of an update is not integrated yet."""
    return any(end > clock.get(client, 0) for client, _, end in about.ranges) or any(
        end > clock.get(client, 0) for client, end in about.deletes
    )


OPEN, APPLY, DIFF, CLOSE, INSPECT, STATE = range(6)
HEADER = struct.Struct("<IBI")
"""Request and answer: length of the body, operation or status, replica number."""
OK, MALFORMED, CORRUPT = range(3)


class Worker:
    """One child process that holds heavy documents; requests are answered in order."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._answers: deque[asyncio.Future[bytes]] = deque()
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self.generation = 0
        """How many processes have ended: what an earlier one held is gone."""

    @property
    def requests(self) -> int:
        """Requests that wait for their answer."""
        return len(self._answers)

    async def call(self, operation: int, replica: int, body: bytes, generation: int | None = None) -> bytes:
        """Send one request and wait for its answer; raises `ReplicaCorrupt` if the worker died since `generation`."""
        async with self._starting:
            if self._process is None:
                await self._start()
        if generation is not None and generation != self.generation:
            raise ReplicaCorrupt("the worker process was restarted")
        process = self._process
        if process is None or process.stdin is None:
            raise ReplicaCorrupt("the worker process is gone")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answers.append(answer)
        process.stdin.write(HEADER.pack(len(body), operation, replica) + body)
        return await answer

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "quire.crdt.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._reader = asyncio.get_running_loop().create_task(self._read(self._process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        stream = process.stdout
        try:
            while stream is not None:
                size, status, _ = HEADER.unpack(await stream.readexactly(HEADER.size))
                body = await stream.readexactly(size)
                answer = self._answers.popleft()
                if answer.done():
                    continue
                if status == OK:
                    answer.set_result(body)
                elif status == MALFORMED:
                    answer.set_exception(MalformedUpdate(body.decode()))
                else:
                    answer.set_exception(ReplicaCorrupt(body.decode()))
        except (asyncio.IncompleteReadError, ConnectionError, BrokenPipeError):
            pass
        finally:
            self._process = None
            self.generation += 1
            for answer in self._answers:
                if not answer.done():
                    answer.set_exception(ReplicaCorrupt("the worker process died"))
            self._answers.clear()

    async def close(self) -> None:
        """Stop the process."""
        process = self._process
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                await asyncio.wait_for(process.wait(), 2)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._reader is not None:
            await asyncio.wait([self._reader])


class RemoteReplica:
    """A document in a worker process."""

    local = False

    def __init__(self, worker: Worker, number: int) -> None:
        self._worker, self._number = worker, number
        self._generation = worker.generation

    @property
    def alive(self) -> bool:
        return self._generation == self._worker.generation

    def apply_now(self, update: bytes, summary: UpdateSummary) -> bool:  # noqa: ARG002
        raise ReplicaCorrupt("this copy is in another process")

    def state(self) -> dict[int, int]:
        raise ReplicaCorrupt("this copy is in another process")

    async def current_state(self) -> dict[int, int]:
        return decode_state_vector(await self._call(STATE, b""))

    async def apply(self, update: bytes, summary: UpdateSummary) -> bool:  # noqa: ARG002
        return await self._call(APPLY, update) == b"\x01"

    async def diff(self, known: bytes) -> bytes:
        return await self._call(DIFF, known)

    async def encode(self) -> bytes:
        return await self._call(DIFF, EMPTY_STATE)

    async def close(self) -> None:
        if self.alive:
            # With its process the document is gone as well.
            with suppress(ReplicaCorrupt):
                await self._call(CLOSE, b"")

    async def _call(self, operation: int, body: bytes) -> bytes:
        return await self._worker.call(operation, self._number, body, self._generation)


class ReplicaHost:
    """Gives rooms their live copies and keeps the worker processes."""

    def __init__(self, workers: int = 1) -> None:
        self._workers = [Worker() for _ in range(workers)]
        self._numbers = 0

    async def open(self, parts: Sequence[bytes], *, heavy: bool) -> Replica:
        """Build a live copy from updates that together are the document."""
        if not heavy:
            return LocalReplica(parts)
        self._numbers += 1
        worker = self._workers[self._numbers % len(self._workers)]
        body = b"".join(struct.pack("<I", len(part)) + part for part in parts)
        await worker.call(OPEN, self._numbers, body)
        return RemoteReplica(worker, self._numbers)

    @property
    def requests(self) -> int:
        """Requests to worker processes that wait for their answer."""
        return sum(worker.requests for worker in self._workers)

    async def inspect(self, update: bytes) -> UpdateSummary:
        """Parse a large update in a worker process; raises `MalformedUpdate`."""
        from quire.crdt.worker import decode_summary

        return decode_summary(await self._workers[0].call(INSPECT, 0, update))

    async def close(self) -> None:
        """Stop the worker processes."""
        for worker in self._workers:
            await worker.close()
