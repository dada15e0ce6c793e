"""Log lines about what a crowd may cause: one in a while, with how many were left out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable


class Throttle:
    """Lets each kind of event through once in so many seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._last: dict[str, float] = {}
        self._seen: Counter[str] = Counter()

    def __call__(self, kind: str) -> int:
        """Return how many there were since the last one that was let through, with this one; 0: keep silent."""
        now = self._clock()
        self._seen[kind] += 1
        if now - self._last.get(kind, float("-inf")) < self._seconds:
            return 0
        self._last[kind] = now
        return self._seen.pop(kind)
