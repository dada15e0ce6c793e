"""Rate limits of HTTP: token buckets per key, and growing delays for failed sign-ins. In memory, bounded."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MAX_KEYS = 50_000


class Rate:
    """At most `burst` at once and `per_minute` sustained, for each key."""

    def __init__(
        self, per_minute: float, burst: float, *, enabled: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._burst, self._enabled, self._clock = per_minute / 60, burst, enabled, clock
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Take one token; returns 0, or the seconds until there is one (nothing is taken then)."""
        if not self._enabled:
            return 0.0
        now = self._clock()
        tokens, then = self._tokens.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        allowed = tokens >= 1
        self._tokens[key] = (tokens - 1 if allowed else tokens, now)
        if len(self._tokens) > MAX_KEYS:
            self._tokens.popitem(last=False)
        return 0.0 if allowed else (1 - tokens) / self._rate


class FailureDelay:
    """Failed attempts per key: from the `free`-th on, each doubles the time until the next is looked at."""

    def __init__(
        self,
        *,
        free: int,
        first: float = 1.0,
        most: float = 900.0,
        forget: float = 3600.0,
        enabled: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free, self._first, self._most, self._forget = free, first, most, forget
        self._enabled, self._clock = enabled, clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until an attempt for `key` is looked at again."""
        if not self._enabled or key not in self._failures:
            return 0.0
        count, last = self._failures[key]
        elapsed = self._clock() - last
        if elapsed > self._forget:
            del self._failures[key]
            return 0.0
        if count < self._free:
            return 0.0
        return max(0.0, min(self._first * 2.0 ** min(count - self._free, 60), self._most) - elapsed)

    def failed(self, key: str) -> None:
        """Count a failure."""
        count, _ = self._failures.pop(key, (0, 0.0))
        self._failures[key] = (count + 1, self._clock())
        if len(self._failures) > MAX_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        self._failures.pop(key, None)
