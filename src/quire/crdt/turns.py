"""Who causes heavy work and pays for it, and whose turn it is at a worker process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

_Work = TypeVar("_Work")


class Payer(Protocol):
    """Whoever caused a piece of work."""

    author: str

    def charge(self, seconds: float) -> None:
        """Count processor time that was worked for them, in whichever process."""
        ...


@contextmanager
def charged(payer: Payer | None) -> Iterator[None]:
    """Charge what this thread works meanwhile; nothing may be awaited in between."""
    started = time.thread_time()
    try:
        yield
    finally:
        if payer is not None:
            payer.charge(time.thread_time() - started)


class Turns(Generic[_Work]):
    """Work that waits, each piece under some keys, such as its document and its author.

    Start-time fair queueing: of the time of whoever does the work each key gets no more than its fair share while
    others wait, however many pieces it has waiting and however long they take.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[_Work, Sequence[str]]] = []
        self._ends: dict[str, float] = {}
        """{key: when its last piece would have ended, had it only its share of the time}, as far as that is to come."""
        self._now = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, work: _Work, keys: Sequence[str]) -> None:
        """Have a piece of work wait for its turn."""
        self._waiting.append((work, keys))

    def take(self) -> tuple[_Work, Sequence[str]]:
        """Return what is next, and its keys; of equals what came first."""
        starts = [max(self._now, *(self._ends.get(key, 0.0) for key in keys)) for _, keys in self._waiting]
        self._now = min(starts)
        return self._waiting.pop(starts.index(self._now))

    def took(self, keys: Sequence[str], seconds: float) -> None:
        """Count the time that the piece took that was taken last."""
        self._ends = {key: end for key, end in self._ends.items() if end > self._now} if self._waiting else {}
        self._ends.update(dict.fromkeys(keys, self._now + seconds))
