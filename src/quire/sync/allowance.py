"""What one socket may send: messages and bytes a second, and how long they may take to handle."""

from __future__ import annotations

from quire.rates import Bucket


class Allowance:
    """A bucket of messages, one of bytes, and one of work that all sockets of one person share.

    The message that overdraws is accepted, and `take` says how long to wait before the next, so a burst is slowed
    rather than cut.
    """

    __slots__ = ("_bytes", "_messages", "work")

    BURST = 10.0
    """Seconds' worth of tokens that may gather while a sender is quiet."""

    def __init__(self, message_rate: float, byte_rate: float, now: float) -> None:
        self._messages = Bucket(message_rate, message_rate * self.BURST, now)
        self._bytes = Bucket(byte_rate, byte_rate * self.BURST, now)
        self.work: Bucket | None = None
        """Seconds of this process: a byte of a crafted update takes a hundred times as long as one of text."""

    def take(self, size: int, now: float) -> float:
        """Count one message of `size` bytes; return the seconds to wait before the next (0: none)."""
        work = 0.0 if self.work is None else self.work.lack(0, now)
        return max(self._messages.take(1, now), self._bytes.take(size, now), work)

    @property
    def rested(self) -> bool:
        """Whether a second's worth is there again."""
        return self._messages.rested and self._bytes.rested
