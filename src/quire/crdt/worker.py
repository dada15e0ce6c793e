"""The worker process of heavy documents: reads requests on standard input, answers on standard output."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
import time
from typing import BinaryIO

from quire.concurrency.processes import answering, die_first, end_with_parent
from quire.crdt.pieces import Effort, TooSlow
from quire.crdt.replica import LocalReplica, ReplicaCorrupt
from quire.crdt.rpc import ANSWER, REQUEST, Operation, Status, encode_applied, encode_summary
from quire.crdt.updates import EMPTY_UPDATE, MalformedUpdate, UpdateSummary, decode_parts, encode_parts, inspect

DEADLINE = 30
"""Seconds for one request. A CRDT call cannot be interrupted, so the process dies and is started again."""
MEMORY = 4 * 1024**3
"""Bytes of address space: an update that makes the CRDT library allocate more ends this process, not the machine."""
USUAL, ONCE, MOST = 10e-6, 1.0, 3.0
"""Processor seconds for a struct or deletion, and beyond that for one update and for all of a document together: a
document that took longer could not be opened any more."""
_NOTHING_READ = EMPTY_UPDATE, inspect(EMPTY_UPDATE)


class Documents:
    """The replicas of this process, and the update that was read last."""

    def __init__(self) -> None:
        self._replicas: dict[int, LocalReplica] = {}
        self._read: tuple[bytes, UpdateSummary] = _NOTHING_READ

    def answer(self, operation: int, number: int, body: bytes) -> bytes:
        """Carry out one request."""
        replicas = self._replicas
        if operation == Operation.OPEN:
            replicas[number] = LocalReplica(decode_parts(body), effort=Effort(usual=USUAL, once=ONCE, altogether=MOST))
            return b""
        if operation == Operation.INSPECT:
            self._read = body, inspect(body)
            return encode_summary(self._read[1])
        if operation == Operation.READ:
            return encode_summary(inspect(body, stored=True))
        if operation == Operation.CLOSE:
            self.forget(number)
            return b""
        replica = replicas.get(number)
        if replica is None:
            raise ReplicaCorrupt("the document is not open in this worker")
        if operation == Operation.APPLY:
            return encode_applied(replica.apply_now(body, self._summary(body)))
        if operation == Operation.DIFF:
            return replica.diff_now(body)
        if operation == Operation.ENCODE:
            return encode_parts(replica.encode_now().parts)
        if operation == Operation.STATE:
            return encode_applied(replica.state_now())
        raise ReplicaCorrupt(f"operation {operation} is unknown")

    def forget(self, number: int) -> None:
        """Let a replica go."""
        self._replicas.pop(number, None)

    def _summary(self, update: bytes) -> UpdateSummary:
        """Read an update that is to be applied: mostly the one that was inspected just before."""
        (read, summary), self._read = self._read, _NOTHING_READ
        return summary if read == update else inspect(update)


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the input ends."""
    documents = Documents()
    while header := requests.read(REQUEST.size):
        size, operation, number = REQUEST.unpack(header)
        body = requests.read(size)
        signal.alarm(DEADLINE)
        started = time.process_time()
        # Reading makes a million objects and no circles: looking for some takes as long as the reading.
        gc.disable()
        try:
            status, result = Status.OK, documents.answer(operation, number, body)
        except MalformedUpdate as error:
            status, result = Status.MALFORMED, str(error).encode()
        except (ReplicaCorrupt, TooSlow) as error:
            documents.forget(number)
            slow = isinstance(error, TooSlow)
            status, result = Status.TOO_SLOW if slow else Status.CORRUPT, str(error).encode()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - the others' documents stay
            documents.forget(number)
            status, result = Status.CORRUPT, repr(error).encode()
        gc.enable()
        signal.alarm(0)
        answers.write(ANSWER.pack(len(result), status, time.process_time() - started) + result)
        answers.flush()


def main() -> None:
    """Run as `python -m quire.crdt.worker`."""
    # Nobody to ask whether the parent is still there: if not, the input has ended.
    end_with_parent()
    die_first()
    os.nice(5)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MEMORY if hard == resource.RLIM_INFINITY else min(MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with answering():
        serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
