"""Growing delays for sign-ins and other guesses. In memory, bounded."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from quire.access.household import household
from quire.limits.rates import MAX_KEYS


class Attempts:
    """Attempts per key: from the `free`-th on, each doubles the time until the next is looked at.

    That is `first` seconds and `most` at most; `forget` seconds of quiet end the count. Attempts count when they start,
    for many can be under way before the first has failed.
    """

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
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, key: str, *, strictly: bool = False) -> float:
        """Return the seconds until an attempt for `key` is looked at; `strictly` gives one free attempt only."""
        count, last = self._count(key)
        free = 1 if strictly else self._free
        if not self._enabled or count < free:
            return 0.0
        return max(0.0, min(self._first * 2.0 ** min(count - free, 60), self._most) - (self._clock() - last))

    def started(self, key: str) -> None:
        """Count an attempt."""
        count, _ = self._count(key)
        self._counts.pop(key, None)
        self._counts[key] = (count + 1, self._clock())
        if len(self._counts) > MAX_KEYS:
            self._counts.popitem(last=False)

    def returned(self, key: str) -> None:
        """Take one attempt back: it was no guess, or was never looked at."""
        count, last = self._count(key)
        if count > 1:
            self._counts[key] = (count - 1, last)
        else:
            self.succeeded(key)

    def succeeded(self, key: str) -> None:
        """Forget the attempts of `key`."""
        self._counts.pop(key, None)

    def exhausted(self, key: str) -> bool:
        """Whether `key` has had its free attempts."""
        return self._enabled and self._count(key)[0] >= self._free

    def _count(self, key: str) -> tuple[int, float]:
        count, last = self._counts.get(key, (0, 0.0))
        return (count, last) if self._clock() - last <= self._forget else (0, 0.0)


class SignIns:
    """Whether a password may be tried.

    Somebody who guesses is slowed down at their own address only, so that nobody can lock another person out. An
    account at which many addresses guess gives each of them one free attempt.
    """

    def __init__(self, *, enabled: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pairs = Attempts(free=5, most=300.0, enabled=enabled, clock=clock)
        self._accounts = Attempts(free=20, enabled=enabled, clock=clock)
        self._addresses = Attempts(free=50, enabled=enabled, clock=clock)

    def start(self, account: str, address: str) -> float:
        """Return 0 and count an attempt, or return the seconds to wait."""
        address = household(address)
        pair = f"{account} {address}"
        wait = max(self._pairs.wait(pair, strictly=self._accounts.exhausted(account)), self._addresses.wait(address))
        if not wait:
            self._pairs.started(pair)
            self._accounts.started(account)
            self._addresses.started(address)
        return wait

    def succeeded(self, account: str, address: str) -> None:
        """The password was right: this address may err again, and what others guessed stays counted."""
        address = household(address)
        self._pairs.succeeded(f"{account} {address}")
        self._accounts.returned(account)
        self._addresses.returned(address)

    def dropped(self, account: str, address: str) -> None:
        """The attempt was not looked at."""
        address = household(address)
        self._pairs.returned(f"{account} {address}")
        self._accounts.returned(account)
        self._addresses.returned(address)
