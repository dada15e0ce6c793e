"""Work that is refused because too much of its kind waits already."""

from __future__ import annotations


class Overloaded(Exception):
    """More work of one kind waits than may: nothing was begun. The text says of which kind, for people."""

    def __init__(self, what: str, *, retry_after: int) -> None:
        """Set up; `retry_after` is the seconds after which it is worth another try."""
        super().__init__(what)
        self.retry_after = retry_after
