"""Giving the CRDT much at once in pieces, so that what takes too long is noticed in time.

The CRDT library looks for the place of a struct among all that was put between the same neighbours, and moves what
follows a piece that it divides. A few kilobytes that are crafted for that take it minutes, in one call that nothing can
interrupt; what editors write takes a few microseconds a struct.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

FEW: Final = 4
"""Structs and deletions that are given at once: crafted ones take some ten milliseconds each."""
_EACH_CLIENT: Final = 1e-7
"""Processor seconds that one piece may take for each client of the document: the library copies its clocks."""
_SHORT: Final = 0.02
"""Seconds of a piece up to which the next is twice as large."""
_Thing = TypeVar("_Thing")


class TooSlow(Exception):
    """The CRDT takes far longer for an update than its size explains; it has part of it and cannot be used any more."""

    def __init__(self) -> None:
        super().__init__("the update takes too long to be merged; make the change in another way or in smaller parts")


class Effort:
    """Processor time that one document has taken beyond the usual."""

    def __init__(self, *, usual: float, once: float, altogether: float = math.inf) -> None:
        """Bear `once` seconds for one update beyond `usual` ones for each struct and deletion.

        When all updates have taken `altogether`, a tenth of that is left for each.
        """
        self._usual, self._once, self._altogether = usual, once, altogether
        self._spent = 0.0
        self._most = math.inf

    def begin(self) -> None:
        """What comes is one update; before the first whatever comes is borne."""
        left = self._altogether - self._spent
        self._most = self._spent + min(self._once, max(left, self._once / 10))

    def in_pieces(self, things: Sequence[_Thing], give: Callable[[Sequence[_Thing]], None], *, clients: int) -> None:
        """Have `things` given in order; raises `TooSlow`."""
        at, size = 0, FEW
        while at < len(things):
            piece = things[at : at + size]
            started = time.thread_time()
            give(piece)
            took = time.thread_time() - started
            at += size
            size = size * 2 if took < _SHORT else max(1, size // 2)
            self._spent += max(0.0, took - self._usual * len(piece) - _EACH_CLIENT * clients)
            if self._spent > self._most:
                raise TooSlow
