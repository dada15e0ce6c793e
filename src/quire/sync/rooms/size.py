"""A document's size against its limits: members hear when it comes near them."""

from __future__ import annotations

from collections.abc import Callable

Message = dict[str, object]


class SizeWatch:
    """The level that a document's size has reached; sizes in bytes."""

    __slots__ = ("_level", "_limit", "_size", "_tell", "_warn")

    def __init__(self, size: Callable[[], int], *, warn: int, limit: int, tell: Callable[[Message], None]) -> None:
        """Watch what `size` returns; `tell` hears of every new level."""
        self._size, self._warn, self._limit, self._tell = size, warn, limit, tell
        self._level = "ok"

    @property
    def news(self) -> Message | None:
        """What somebody who joins has to know of it, None while all is well."""
        return None if self._level == "ok" else self._message()

    def check(self) -> None:
        """Compare the size with the limits."""
        size = self._size()
        level = "full" if size >= self._limit else "warn" if size >= self._warn else "ok"
        if level != self._level:
            self._level = level
            self._tell(self._message())

    def _message(self) -> Message:
        return {"type": "size", "level": self._level, "bytes": self._size(), "limit": self._limit}
