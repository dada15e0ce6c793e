"""A child process for heavy work: of low priority, gone when its parent is, made again when it dies.

Requests and answers are pickles on its standard input and output: with `multiprocessing`, a process of its own would
keep semaphores for it, and complain of them after a kill.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import struct
import sys
import traceback
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, TypeVar, cast

from quire.concurrency.priority import NICE
from quire.concurrency.processes import answering, cause_of_end, die_first, end_with_parent, gone, start_child
from quire.ops import logs

DEADLINE = 120
"""Seconds for one call. What computes in native code cannot be interrupted, so the process ends."""
GRACE = 10.0
"""Seconds after which one that keeps no deadline of its own, as it was stopped from outside, is ended."""
_HEADER = struct.Struct("<Q")
_Result = TypeVar("_Result")


class Child:
    """Runs functions one at a time in a process of their own; the process starts with the first of them."""

    def __init__(
        self, log_level: str = "info", log_format: str = "auto", *, deadline: int = DEADLINE, nice: int = NICE
    ) -> None:
        """Set up; `deadline` is the seconds that one call may take, `nice` the niceness of all that is done there."""
        self._arguments = (log_level, log_format, str(deadline), str(nice))
        self._patience = deadline + GRACE
        self._process: Process | None = None
        self._closed: Process | None = None
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Call `work` there; raises what it raises, or `ChildDied`. Everything must be picklable.

        Work that takes longer than the deadline dies with its process.
        """
        request = pickle.dumps((work, arguments))
        await self._turn.acquire()
        exchange = asyncio.get_running_loop().create_task(self._exchange(request))
        exchange.add_done_callback(lambda _: self._turn.release())
        # The answer is read also where nobody waits for it any more: the next one comes after it.
        done, result = pickle.loads(await asyncio.shield(exchange))  # noqa: S301 - written by our own child
        if not done:
            raise result
        return cast("_Result", result)

    async def _exchange(self, request: bytes) -> bytes:
        process = self._process
        if process is None or gone(process):
            try:
                process = self._process = await start_child(__name__, str(os.getpid()), *self._arguments)
            except OSError as error:
                raise NoChild(f"no process can be started: {error.strerror}") from error
        requests, answers = cast("asyncio.StreamWriter", process.stdin), cast("asyncio.StreamReader", process.stdout)
        try:
            async with asyncio.timeout(self._patience):
                requests.write(_HEADER.pack(len(request)) + request)
                await requests.drain()
                (size,) = _HEADER.unpack(await answers.readexactly(_HEADER.size))
                return await answers.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as error:
            if self._process is process:
                self._process = None
            # One that does not answer has to go; the others are gone already.
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise ChildDied(f"the process that did the work died ({cause_of_end(process)})") from error

    def close(self) -> None:
        """Let the process go; it ends after the work that is under way."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()
            self._closed = process

    async def ended(self) -> None:
        """Wait until the process has ended after `close`; where nobody waits so long, it is killed."""
        process, self._closed = self._closed, None
        if process is not None:
            try:
                await process.wait()
            finally:
                if process.returncode is None:
                    process.kill()


class ChildDied(Exception):
    """The child process ended in the middle of its work, for want of memory or time; the next call gets a new one."""


class NoChild(ChildDied):
    """The machine had no process to give."""


def _serve(requests: BinaryIO, answers: BinaryIO, deadline: int) -> None:
    """Do the work that is asked for until the input ends."""
    while header := requests.read(_HEADER.size):
        (size,) = _HEADER.unpack(header)
        answer = _answer(requests.read(size), deadline)
        answers.write(_HEADER.pack(len(answer)) + answer)
        answers.flush()


def _answer(request: bytes, deadline: int) -> bytes:
    try:
        work, arguments = pickle.loads(request)  # noqa: S301 - written by our own parent
        signal.alarm(deadline)
        try:
            return pickle.dumps((True, work(*arguments)))
        finally:
            signal.alarm(0)
    except Exception as error:  # noqa: BLE001 - whoever asked for the work hears of it
        error.add_note(f"In a child process:\n{traceback.format_exc()}")
        try:
            answer = pickle.dumps((False, error))
            pickle.loads(answer)  # noqa: S301 - just written
        except Exception:  # noqa: BLE001 - not every error can be taken along
            return pickle.dumps((False, RuntimeError(repr(error))))
        return answer


def main() -> None:
    """Run as a program with the parent's process id, level and form of its log, the deadline and the niceness."""
    parent, log_level, log_format, deadline, nice = sys.argv[1:]
    end_with_parent(int(parent))
    logs.configure(log_level, log_format)
    die_first()
    os.nice(int(nice))
    with answering():
        _serve(sys.stdin.buffer, sys.stdout.buffer, int(deadline))


if __name__ == "__main__":
    main()
