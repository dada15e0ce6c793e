"""Too much of one kind: work that is refused because too much waits already, and what must go for the rest to stay."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

_Item = TypeVar("_Item")


class Overloaded(Exception):
    """More work of one kind waits than may: nothing was begun. The text says of which kind, for people."""

    def __init__(self, what: str, *, retry_after: int) -> None:
        """Set up; `retry_after` is the seconds after which it is worth another try."""
        super().__init__(what)
        self.retry_after = retry_after


def excess(items: Iterable[tuple[Hashable, int, _Item]], most: int) -> list[_Item]:
    """Return what of (owner, size, item) must go so that the rest takes at most `most`.

    That is always the largest of whoever has most: one who takes much costs nobody else anything.
    """
    owned: dict[Hashable, list[tuple[int, _Item]]] = {}
    sums: dict[Hashable, int] = {}
    for owner, size, item in items:
        owned.setdefault(owner, []).append((size, item))
        sums[owner] = sums.get(owner, 0) + size
    total = sum(sums.values())
    gone: list[_Item] = []
    if total > most:
        for own in owned.values():
            own.sort(key=lambda found: found[0])
    while total > most:
        owner = max(sums, key=lambda known: sums[known])
        size, item = owned[owner].pop()
        sums[owner] -= size
        total -= size
        gone.append(item)
    return gone
