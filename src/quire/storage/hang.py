"""What neither works nor fails: a disk that does not answer holds a write up for ever, and no error comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

PATIENCE: Final = 10
"""Looks, one a second: those and not the clock, so that a process that was stopped itself blames no disk."""
SILENT: Final = "the disk does not answer"


class Hang:
    """Notices when the same write, or another piece of work, is under way at every look."""

    def __init__(self, under_way: Callable[[], object], report: Callable[[bool], None]) -> None:
        """`under_way` tells one piece of work from the next, and is None while there is none.

        `report` hears True once a second while one hangs, and False when that is over.
        """
        self._under_way, self._report = under_way, report
        self._last: object = None
        self._looks = 0

    @property
    def lasts(self) -> bool:
        """Whether one hangs now."""
        return self._looks >= PATIENCE

    async def check(self) -> None:
        """Look; call it once a second."""
        before, last, self._last = self.lasts, self._last, self._under_way()
        self._looks = self._looks + 1 if self._last is not None and self._last == last else 0
        if self.lasts or before:
            self._report(self.lasts)
