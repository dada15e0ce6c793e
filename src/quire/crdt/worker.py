"""The worker process of heavy documents: reads requests on standard input, answers on standard output."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from typing import BinaryIO

from quire.crdt.replica import LocalReplica, ReplicaCorrupt
from quire.crdt.rpc import ANSWER, REQUEST, Operation, Status, encode_applied, encode_summary
from quire.crdt.updates import MalformedUpdate, decode_parts, encode_parts, inspect
from quire.parent import die_first, end_with_parent

DEADLINE = 30
"""Seconds for one request. A CRDT call cannot be interrupted, so the process dies and is started again."""
MEMORY = 4 * 1024**3
"""Bytes of address space: an update that makes the CRDT library allocate more ends this process, not the machine."""


def answer(replicas: dict[int, LocalReplica], operation: int, number: int, body: bytes) -> bytes:
    """Carry out one request."""
    if operation == Operation.OPEN:
        replicas[number] = LocalReplica(decode_parts(body))
        return b""
    if operation == Operation.INSPECT:
        return encode_summary(inspect(body))
    if operation == Operation.CLOSE:
        replicas.pop(number, None)
        return b""
    replica = replicas.get(number)
    if replica is None:
        raise ReplicaCorrupt("the document is not open in this worker")
    if operation == Operation.APPLY:
        return encode_applied(replica.apply_now(body, inspect(body)))
    if operation == Operation.DIFF:
        return replica.diff_now(body)
    if operation == Operation.ENCODE:
        return encode_parts(replica.encode_now().parts)
    if operation == Operation.STATE:
        return encode_applied(replica.state_now())
    raise ReplicaCorrupt(f"operation {operation} is unknown")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the input ends."""
    replicas: dict[int, LocalReplica] = {}
    while header := requests.read(REQUEST.size):
        size, operation, number = REQUEST.unpack(header)
        body = requests.read(size)
        signal.alarm(DEADLINE)
        started = time.process_time()
        try:
            status, result = Status.OK, answer(replicas, operation, number, body)
        except MalformedUpdate as error:
            status, result = Status.MALFORMED, str(error).encode()
        except ReplicaCorrupt as error:
            replicas.pop(number, None)
            status, result = Status.CORRUPT, str(error).encode()
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - the others' documents stay
            replicas.pop(number, None)
            status, result = Status.CORRUPT, repr(error).encode()
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
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
