"""Live documents in worker processes, and the host that decides where a document lives.

pycrdt holds the interpreter lock while it applies or encodes, so a large document or update would stall every
socket of the process. A room asks `ReplicaHost` for a replica and moves to a worker when it grows.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from quire.crdt.replica import Applied, Encoded, LocalReplica, Replica, ReplicaCorrupt
from quire.crdt.rpc import (
    APPLY,
    CLOSE,
    DIFF,
    ENCODE,
    HEADER,
    INSPECT,
    MALFORMED,
    OK,
    OPEN,
    STATE,
    decode_applied,
    decode_summary,
)
from quire.crdt.updates import MalformedUpdate, UpdateSummary, decode_parts, encode_parts
from quire.parent import start_child


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
        self._process = await start_child("quire.crdt.worker")
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

    def apply_now(self, update: bytes, summary: UpdateSummary) -> Applied:  # noqa: ARG002
        raise ReplicaCorrupt("this copy is in another process")

    async def state(self) -> Applied:
        return decode_applied(await self._call(STATE, b""))

    async def apply(self, update: bytes, summary: UpdateSummary) -> Applied:  # noqa: ARG002
        return decode_applied(await self._call(APPLY, update))

    async def diff(self, known: bytes) -> bytes:
        return await self._call(DIFF, known)

    async def encode(self) -> Encoded:
        update, *waiting = decode_parts(await self._call(ENCODE, b""))
        return Encoded(update, tuple(waiting))

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
        await worker.call(OPEN, self._numbers, encode_parts(parts))
        return RemoteReplica(worker, self._numbers)

    @property
    def requests(self) -> int:
        """Requests to worker processes that wait for their answer."""
        return sum(worker.requests for worker in self._workers)

    async def inspect(self, update: bytes) -> UpdateSummary:
        """Parse a large update in a worker process; raises `MalformedUpdate`."""
        return decode_summary(await self._workers[0].call(INSPECT, 0, update))

    async def close(self) -> None:
        """Stop the worker processes."""
        for worker in self._workers:
            await worker.close()
