"""Documents that worker processes die of as they are opened: each is tried again after longer and longer pauses."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

ENDURED: Final = 2
"""Ends of processes until a document has to wait: the first may have been chance."""
KILLED: Final = 3
"""The same where processes were killed: by an operator, or by the kernel for want of memory."""
FIRST: Final = 10.0
"""Seconds of the first pause; each is twice as long as the one before."""
LONGEST: Final = 600.0
FORGOTTEN: Final = 86_400.0
"""Seconds after which a document that nobody opened is one like any other."""


@dataclass(slots=True)
class _Pause:
    until: float
    ends: int = 0
    """Processes that ended since the document was opened last."""


class Pauses:
    """What is known of such documents. One that was opened is forgotten."""

    def __init__(self) -> None:
        self._pauses: dict[str, _Pause] = {}

    def __len__(self) -> int:
        """Count the documents that cannot be opened."""
        return sum(pause.ends >= ENDURED for pause in self._pauses.values())

    def __contains__(self, document: object) -> bool:
        """Whether processes died of a document since it was opened last."""
        return document in self._pauses

    def left(self, document: str) -> float:
        """Return the seconds until a document may be tried again."""
        pause = self._pauses.get(document)
        return max(0.0, pause.until - time.monotonic()) if pause else 0.0

    def died(self, document: str, *, killed: bool) -> float:
        """Note that a process ended as it opened a document; return the seconds for which it is not tried again."""
        now = time.monotonic()
        self._pauses = {name: pause for name, pause in self._pauses.items() if pause.until + FORGOTTEN > now}
        pause = self._pauses.setdefault(document, _Pause(now))
        pause.ends += 1
        over = pause.ends - (KILLED if killed else ENDURED)
        seconds = 0.0 if over < 0 else min(LONGEST, FIRST * 2.0**over)
        pause.until = now + seconds
        return seconds

    def opened(self, document: str) -> None:
        """A document could be opened."""
        self._pauses.pop(document, None)
