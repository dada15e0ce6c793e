"""What one socket may send: messages and bytes a second."""

from __future__ import annotations

from quire.rates import Bucket


class Allowance:
    """A bucket of messages and one of bytes.

    The message that overdraws is accepted, and `take` says how long to wait before the next, so a burst is slowed
    rather than cut.
    """

    __slots__ = ("_bytes", "_messages")

    BURST = 10.0
    """Seconds' worth of tokens that may gather while a sender is quiet."""

    def __init__(self, message_rate: float, byte_rate: float, now: float) -> None:
        self._messages = Bucket(message_rate, message_rate * self.BURST, now)
        self._bytes = Bucket(byte_rate, byte_rate * self.BURST, now)

    def take(self, size: int, now: float) -> float:
        """Count one message of `size` bytes; return the seconds to wait before the next (0: none)."""
        return max(self._messages.take(1, now), self._bytes.take(size, now))

    @property
    def rested(self) -> bool:
        """Whether a second's worth is there again."""
        return self._messages.rested and self._bytes.rested
