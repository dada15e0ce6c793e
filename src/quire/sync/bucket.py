"""Token buckets in messages and bytes."""

from __future__ import annotations


class Bucket:
    """A pair of token buckets, one counting messages and one counting bytes, with a shared clock.

    Tokens may go negative: the message that overdraws is accepted, and `take` says how long to wait before
    the next, so a burst is slowed rather than cut.
    """

    __slots__ = ("_byte_rate", "_bytes", "_message_rate", "_messages", "_then")

    BURST = 10.0
    """Seconds' worth of tokens that may gather while a sender is quiet."""

    def __init__(self, message_rate: float, byte_rate: float, now: float) -> None:
        self._message_rate, self._byte_rate = message_rate, byte_rate
        self._messages, self._bytes = message_rate * self.BURST, byte_rate * self.BURST
        self._then = now

    def take(self, size: int, now: float) -> float:
        """Count one message of `size` bytes; return the seconds to wait before the next (0: none)."""
        elapsed = now - self._then
        self._then = now
        self._messages = min(self._messages + elapsed * self._message_rate, self._message_rate * self.BURST) - 1
        self._bytes = min(self._bytes + elapsed * self._byte_rate, self._byte_rate * self.BURST) - size
        return max(-self._messages / self._message_rate, -self._bytes / self._byte_rate, 0.0)

    @property
    def rested(self) -> bool:
        """Whether a second's worth is there again."""
        return self._messages >= self._message_rate and self._bytes >= self._byte_rate

    def full(self, now: float) -> bool:
        """Whether it says no more than a new one would: no message came for as long as a burst takes to gather."""
        return now - self._then >= self.BURST + max(0.0, -self._messages) / self._message_rate
