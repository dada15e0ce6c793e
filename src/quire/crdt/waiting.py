"""Updates of one document of which something waits for what is missing; each is read once, however long it waits."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from quire.crdt.deleteset import deletions
from quire.crdt.summary import UpdateSummary


@dataclass(slots=True)
class _Held:
    summary: UpdateSummary
    missing: int
    """Clients of which something is missing, counted for structs and for deletions."""


class Waiting:
    """The updates, by what has to come: a client that moves costs what waits for it to come there, and nothing more."""

    def __init__(self) -> None:
        self._held: dict[bytes, _Held] = {}
        self._ends: dict[int, list[tuple[int, int, bytes]]] = {}
        """{client: (end clock, number, update)}, each list a heap: an update waits for each of them."""
        self._deletions: dict[int, list[tuple[int, int]]] = {}
        """{client: (first clock, end clock)} of what is to be deleted once it is there, each list a heap."""
        self._number = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, update: object) -> bool:
        return update in self._held

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._held)

    def hold(self, update: bytes, summary: UpdateSummary, known: Mapping[int, int]) -> bool:
        """Keep an update of which something is beyond `known`, {client: end clock}; return whether that is so."""
        ends = [(client, end) for client, _, end in summary.ranges if end > known.get(client, 0)]
        deleted = {client: end for client, end in summary.deletes if end > known.get(client, 0)}
        ends += deleted.items()
        if not ends:
            return False
        self._held[update] = _Held(replace(summary, runs=()), len(ends))
        for client, end in ends:
            self._number += 1
            heapq.heappush(self._ends.setdefault(client, []), (end, self._number, update))
        if deleted:
            for client, start, end in deletions(update, summary.deletes_at):
                if client in deleted and end > known.get(client, 0):
                    heap = self._deletions.setdefault(client, [])
                    heapq.heappush(heap, (max(start, known.get(client, 0)), end))
        return True

    def settle(self, moved: Mapping[int, int]) -> tuple[list[tuple[int, int, int]], bool]:
        """Take what can be deleted now that clients have moved to new end clocks, and forget what waits no more.

        Returns the deletions as (client, start, end), and whether an update was forgotten.
        """
        due: list[tuple[int, int, int]] = []
        before = len(self._held)
        for client, known in moved.items():
            due += self._due(client, known)
            heap = self._ends.get(client)
            while heap and heap[0][0] <= known:
                _, _, update = heapq.heappop(heap)
                held = self._held[update]
                held.missing -= 1
                if not held.missing:
                    del self._held[update]
            if heap is not None and not heap:
                del self._ends[client]
        return due, len(self._held) < before

    def _due(self, client: int, known: int) -> Iterable[tuple[int, int, int]]:
        heap = self._deletions.get(client)
        if heap is None:
            return
        furthest = known
        while heap and heap[0][0] < known:
            start, end = heapq.heappop(heap)
            furthest = max(furthest, end)
            yield client, start, min(end, known)
        if furthest > known:
            # However many there were, what is left of them is one.
            heapq.heappush(heap, (known, furthest))
        if not heap:
            del self._deletions[client]

    def missing(self, known: Mapping[int, int]) -> frozenset[tuple[int, int, int]]:
        """Return the runs of structs that wait, as (client, start, end)."""
        return frozenset(
            run for held in self._held.values() for run in held.summary.ranges if run[2] > known.get(run[0], 0)
        )
