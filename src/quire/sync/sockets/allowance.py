"""What one socket may send: messages and bytes a second, and how long they may take to handle.

Time and bytes are counted for all sockets of one person together. Guests with one link behind one address are one
person here, a whole classroom perhaps: so that one of them stops nobody else, each socket has a little of its own
first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from quire.limits.rates import Bucket

OWN_WORK_RATE: Final = 0.001
OWN_WORK_BURST: Final = 0.02
"""Seconds of this process a second, and at once, that each socket may take beside what it shares: typing is less."""
OWN_SENT_RATE: Final = 2048
OWN_SENT_BURST: Final = 64 * 1024
"""Bytes a second, and at once, that each socket may send beside what it shares, likewise."""
LEAST_WORK: Final = 0.0005
"""Seconds that a message is expected to take."""
MOST_OVERDRAWN: Final = 30.0
"""Seconds for which a socket may send more than its share without a pause."""
SMALL: Final = 2048
"""Bytes of a message that cannot take much longer than that, whatever is in it."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one person may take of this node, on all sockets and by requests together."""

    work: Bucket
    """Seconds of this process: a byte of a crafted update takes a hundred times as long as one of text."""
    sent: Bucket
    """Bytes: what is written is kept for good, also when it is deleted again."""

    def lack(self, now: float) -> float:
        """Return the seconds until more than a little may come (0: now)."""
        return max(self.work.lack(0, now), self.sent.lack(0, now))


class Allowance:
    """A bucket of messages, one of bytes, and the share of all sockets of one person.

    The message that overdraws is accepted, and `take` says how long to wait before the next, so a burst is slowed
    rather than cut.
    """

    __slots__ = ("_bytes", "_messages", "_overdrawn_since", "_own_sent", "_own_work", "share")

    BURST = 10.0
    """Seconds' worth of tokens that may gather while a sender is quiet."""

    def __init__(self, message_rate: float, byte_rate: float, now: float) -> None:
        self._messages = Bucket(message_rate, message_rate * self.BURST, now)
        self._bytes = Bucket(byte_rate, byte_rate * self.BURST, now)
        self._own_work = Bucket(OWN_WORK_RATE, OWN_WORK_BURST, now)
        self._own_sent = Bucket(OWN_SENT_RATE, OWN_SENT_BURST, now)
        self._overdrawn_since: float | None = None
        self.share: Share | None = None

    def take(self, size: int, now: float) -> float:
        """Count one message of `size` bytes; return the seconds to wait before the next (0: none)."""
        wait = max(self._messages.take(1, now), self._bytes.take(size, now))
        if self.share is not None:
            wait = max(wait, self._take_share(self.share, size, now))
        if wait > 0:
            if self._overdrawn_since is None:
                self._overdrawn_since = now
        elif self._overdrawn_since is not None and self._messages.rested and self._bytes.rested:
            self._overdrawn_since = None
        return wait

    def _take_share(self, share: Share, size: int, now: float) -> float:
        work = share.work.lack(0, now)
        if work:
            work = min(work, self._own_work.lack(LEAST_WORK, now))
        own = self._own_sent.try_take(size, now)
        if not own:
            return work
        return max(work, min(share.sent.take(size, now), own))

    def exhausted(self, now: float) -> bool:
        """Whether it has been overdrawn for too long, without a second's worth ever being there again."""
        return self._overdrawn_since is not None and now - self._overdrawn_since > MOST_OVERDRAWN

    def hold(self, size: int, now: float) -> float:
        """Return the seconds that a message has to wait for the others of its person: only small ones need not."""
        return self.share.lack(now) if size > SMALL and self.share is not None else 0.0

    def spend(self, seconds: float, now: float) -> None:
        """Count time that was worked for this socket: its own as long as there is some."""
        if self.share is not None:
            if self._own_work.lack(seconds, now):
                self.share.work.take(seconds, now)
            self._own_work.take(min(seconds, OWN_WORK_BURST), now)
