"""Token buckets: how much may come at once, and how much in the long run."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MAX_KEYS = 50_000
"""Keys that are remembered; of more, those that were quiet longest are forgotten."""


class Bucket:
    """`rate` tokens a second gather up to `burst`; the times are seconds of one clock that never goes back."""

    __slots__ = ("_burst", "_rate", "_then", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._then = burst, now

    def lack(self, tokens: float, now: float) -> float:
        """Return the seconds until there are so many tokens (0: there are)."""
        self._gather(now)
        return max(0.0, (tokens - self._tokens) / self._rate)

    def take(self, tokens: float, now: float) -> float:
        """Take tokens, also more than there are; return the seconds until that is made up for (0: it is)."""
        self._gather(now)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self._rate)

    def try_take(self, tokens: float, now: float) -> float:
        """Take tokens if there are so many; return 0, or the seconds until there are (nothing is taken then)."""
        wait = self.lack(tokens, now)
        if not wait:
            self._tokens -= tokens
        return wait

    def _gather(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._then) * self._rate)
        self._then = now

    @property
    def rested(self) -> bool:
        """Whether a second's worth is there again."""
        return self._tokens >= self._rate


class Buckets:
    """A bucket for each key. In memory, bounded."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, key: str, now: float) -> Bucket:
        """Return the bucket of `key`, a full one if it is new."""
        bucket = self._buckets.pop(key, None) or Bucket(self._rate, self._burst, now)
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return bucket


class Rate:
    """At most `burst` at once and `per_minute` sustained, for each key."""

    def __init__(
        self, per_minute: float, burst: float, *, enabled: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._enabled, self._clock = enabled, clock
        self._buckets = Buckets(per_minute / 60, burst)

    def wait(self, key: str, tokens: float = 1) -> float:
        """Take tokens; returns 0, or the seconds until there are so many (nothing is taken then)."""
        if not self._enabled:
            return 0.0
        now = self._clock()
        return self._buckets.of(key, now).try_take(tokens, now)
