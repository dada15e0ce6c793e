"""The structure of a document: in which list each struct stands, and what waits for missing ones.

A Yjs struct names what it was inserted between (origin and right origin), or the element it is in. yrs trusts that
both neighbours stand in the same list, and links them: of structs whose neighbours stand in different lists it makes
circles that it walks for ever. It recurses into elements, too, so that their nesting must be bounded over all updates.
So every struct's place is proved here before the CRDT sees it, and nothing reaches the CRDT that it would keep waiting.

Source of the rules: Yjs `Item.getMissing` and `Item.integrate`.
"""

from __future__ import annotations

import heapq
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from quire.crdt.cursor import MalformedUpdate
from quire.crdt.summary import Id, Kind, Run

MAX_DEPTH: Final = 128
"""Nesting of elements; an editor's documents have less than 20. The CRDT library's stack ends at some 10,000."""
_TYPES: Final = (Kind.TYPE, Kind.ELEMENT, Kind.ARRAY)
_NOWHERE: Final = 0
"""The list of what was collected, and of what stands beside or in nothing else."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What the CRDT is given in place of a run that it cannot bear: other neighbours.

    Without any, it is given a collected struct of the same length: Yjs makes the same of what is in no element.
    """

    left: Id | None = None
    right: Id | None = None


_COLLECTED: Final = Mended()


@dataclass(slots=True)
class Placement:
    """What one update brought: its own runs that have a place now, and those of others that had waited for them."""

    placed: list[tuple[Run, Mended | None]] = field(default_factory=list)
    """In an order in which each builds on earlier ones only."""
    moved: dict[int, int] = field(default_factory=dict)
    """{client: end clock} of the clients whose clocks moved."""
    whole: bool = True
    """Whether the update was placed as it is, nothing of it was known, and nothing else was placed with it."""


@dataclass(slots=True)
class _Before:
    """How large the structure was before an update, to take the update back."""

    lists: int
    types: int
    clients: dict[int, tuple[int, int]] = field(default_factory=dict)
    """{client: (end clock, runs)} of the clients that were touched; 0 for new ones."""


class Structure:
    """The lists of a document and the state vector of what stands in them.

    Memory is a few bytes for each run of one client's structs in one list; text and deletions take none.
    """

    def __init__(self) -> None:
        self.known: dict[int, int] = {}
        """{client: end clock} of what has its place."""
        self._lists: dict[int, int | tuple[array[int], array[int]]] = {}
        """{client: the list of all it wrote, or (first clocks, lists) of its runs}: most clients write in one place."""
        self._types: dict[Id, tuple[int, bool]] = {}
        self._pairs: dict[int, array[int]] = {}
        self._numbers: dict[tuple[Id | str, str | None], int] = {}
        self._depths = [0]
        self._keyed = [False]
        self._textless = [False]
        self._roots: dict[int, str] = {}
        self.texts: set[str] = set()
        """Roots with text in them, which cannot be read as arrays."""
        self._blocked: dict[int, list[tuple[int, int, Run]]] = {}
        """{client: (clock, number, run) of the runs that wait for that clock of that client}, each list a heap."""
        self._queued = 0

    def place(self, runs: Sequence[Run], *, strict: bool) -> Placement:
        """Give each run its place once all that it builds on has one.

        `strict` raises `MalformedUpdate` for a run that can be placed now and must not be, and nothing has changed
        then. What waited, and all when not strict, is mended instead: somebody may have built on it.
        """
        placement = Placement()
        before = _Before(len(self._depths), len(self._types)) if strict else None
        try:
            left = self._place_new(runs, placement, before)
        except MalformedUpdate:
            if before is not None:
                self._restore(before)
            raise
        for queue in left.values():
            placement.whole = False
            for run in queue:
                self._queued += 1
                self._wait(run, self._queued)
        if self._blocked:
            self._place_waiting(placement)
        return placement

    def _place_new(self, runs: Sequence[Run], placement: Placement, before: _Before | None) -> dict[int, list[Run]]:
        """Place what can be placed of one update's runs; returns the others by client, in order of their clocks."""
        placed = 0
        for run in runs:
            if self._missing(run) is not None:
                break
            self._put(run, placement, before)
            placed += 1
        else:
            return {}
        queues: dict[int, list[Run]] = {}
        for run in reversed(runs[placed:]):
            queues.setdefault(run.client, []).append(run)
        blocked: dict[int, list[tuple[int, int]]] = {}
        ready = list(queues)
        while ready:
            client = ready.pop()
            queue = queues[client]
            while queue:
                run = queue[-1]
                missing = self._missing(run)
                if missing is not None:
                    heapq.heappush(blocked.setdefault(missing[0], []), (missing[1], client))
                    break
                self._put(run, placement, before)
                queue.pop()
                heap = blocked.get(client)
                while heap and heap[0][0] < run.end:
                    ready.append(heapq.heappop(heap)[1])
        return {client: queue[::-1] for client, queue in queues.items() if queue}

    def _wait(self, run: Run, number: int) -> None:
        """Look at a run again when one of those that it builds on has its place."""
        client, clock = self._missing(run) or (run.client, run.start - 1)
        heapq.heappush(self._blocked.setdefault(client, []), (clock, number, run))

    def _place_waiting(self, placement: Placement) -> None:
        """Place what waited for what has been placed.

        Several runs may tell of the same clocks: whichever can be placed first is, and of those the oldest.
        """
        moved = list(placement.moved)
        ready: list[tuple[int, Run]] = []
        while moved or ready:
            while moved:
                client = moved.pop()
                heap = self._blocked.get(client)
                while heap and heap[0][0] < self.known[client]:
                    _, number, run = heapq.heappop(heap)
                    heapq.heappush(ready, (number, run))
                if heap is not None and not heap:
                    del self._blocked[client]
            if not ready:
                return
            number, run = heapq.heappop(ready)
            if self._missing(run) is not None:
                self._wait(run, number)
            elif run.end > self.known.get(run.client, 0):
                placement.whole = False
                self._put(run, placement, None)
                moved.append(run.client)

    def _missing(self, run: Run) -> Id | None:
        """Return one struct that a run builds on and that has no place yet."""
        known = self.known
        own = known.get(run.client, 0)
        if run.end <= own:
            return None
        if run.start > own:
            return run.client, run.start - 1
        for other in (run.left, run.right, run.parent):
            if isinstance(other, tuple) and other[1] >= known.get(other[0], 0):
                return other
        return None

    def _put(self, run: Run, placement: Placement, before: _Before | None) -> None:
        client = run.client
        known = self.known.get(client, 0)
        if run.end <= known:
            placement.whole = False
            return
        number, mended, problem = self._list_for(run)
        if run.kind is Kind.DOCUMENT:
            # It is passed on as deleted (`parser.emptied`).
            placement.whole = False
        elif run.kind is Kind.TEXT:
            if self._textless[number]:
                # yrs reads an array with a character of two clock units in it for ever.
                number, mended, problem = _NOWHERE, _COLLECTED, problem or "text stands in an array or a map"
            elif number in self._roots:
                self.texts.add(self._roots[number])
        elif run.long and self._keyed[number]:
            # Yjs joins values that were replaced when it keeps them for undoing, and deletes them in the same update.
            # Of others it would delete the last only, and fail when the element goes.
            number, mended, problem = (
                _NOWHERE,
                _COLLECTED,
                problem or "a key has several values at once",
            )
        if run.start < known:
            placement.whole = False
            begun = self._list_of((client, known - 1))
            divided = run.pairs is not None and known in run.pairs
            if divided or begun != number:
                # Yjs fails where something goes on with what was collected.
                if divided or number != _NOWHERE:
                    problem = problem or "something continues otherwise than it began"
                number, mended = _NOWHERE, _COLLECTED
        if before is not None:
            if problem is not None:
                raise MalformedUpdate(problem)
            if client not in before.clients:
                before.clients[client] = known, self._runs(client)
        if mended is not None:
            placement.whole = False
        placement.placed.append((run, mended))
        lists = self._lists.get(client)
        if lists is None:
            self._lists[client] = number
        elif isinstance(lists, int):
            if lists != number:
                self._lists[client] = array("I", (0, known)), array("I", (lists, number))
        elif lists[1][-1] != number:
            lists[0].append(known)
            lists[1].append(number)
        if run.pairs is not None:
            self._pairs.setdefault(client, array("I")).extend(clock for clock in run.pairs if clock > known)
        if run.kind in _TYPES:
            self._types[client, run.start] = number, run.kind is Kind.ARRAY
        self.known[client] = placement.moved[client] = run.end

    def _list_for(self, run: Run) -> tuple[int, Mended | None, str | None]:
        """Return the list of a run, how it must be mended, and what its author is to be told if that is wrong."""
        left, right = run.left, run.right
        if left is None and right is None:
            return self._list_in(run)
        number = self._list_of(left) if left is not None else _NOWHERE
        beside = self._list_of(right) if right is not None else number
        problem = None
        if left is not None and right is not None and (number == _NOWHERE) != (beside == _NOWHERE):
            # Yjs collects what stands beside something collected.
            return _NOWHERE, _COLLECTED, None
        if left == right:
            problem, right = "something stands beside one thing on both sides", None
        elif right is not None and (self._keyed[beside] or self._keyed[number]):
            problem, right = "a value of an attribute or a map stands before another", None
        elif _NOWHERE != number != beside != _NOWHERE:
            problem, right = "something stands between neighbours in different places of the document", None
        elif left is None:
            number = beside
        if self._pairs:
            left, right = self._undivided(left, right)
        if left == run.left and right == run.right:
            return number, None, None
        return number, Mended(left, right), problem

    def _undivided(self, left: Id | None, right: Id | None) -> tuple[Id | None, Id | None]:
        """Return neighbours between which no character of two clock units is divided: yrs cannot divide one.

        Yjs does, and has two unreadable characters then; no editor asks for it.
        """
        if left is not None and self._divides(left[0], left[1] + 1):
            left = left[0], left[1] + 1
            if right is not None and self._divides(*right):
                after = right[0], right[1] + 1
                written = after[1] < self.known[after[0]] and self._list_of(after) == self._list_of(right)
                right = after if written else None
        elif right is not None and self._divides(*right):
            right = right[0], right[1] - 1
        return left, right

    def undivided(self, client: int, start: int, end: int) -> tuple[int, int, int]:
        """Return a range of clocks widened to whole characters."""
        return client, start - self._divides(client, start), end + self._divides(client, end)

    @property
    def trees(self) -> set[str]:
        """Roots with shared types in them."""
        return {self._roots[number] for number, _ in self._types.values() if number in self._roots}

    def within(self, runs: Iterable[Run]) -> Iterator[tuple[Run, Id | str]]:
        """Yield those of the runs that are children of an element or a named root, and that; all have their place."""
        parents = {number: parent for (parent, key), number in self._numbers.items() if key is None}
        for run in runs:
            parent = parents.get(self._list_of((run.client, run.start)))
            if parent is not None:
                yield run, parent

    def divisible(self, clients: Iterable[int]) -> bool:
        """Whether any of these clients wrote characters of two clock units."""
        return bool(self._pairs) and any(client in self._pairs for client in clients)

    def _divides(self, client: int, clock: int) -> bool:
        """Whether a boundary before `clock` is inside a character."""
        pairs = self._pairs.get(client)
        if pairs is None:
            return False
        at = bisect_left(pairs, clock)
        return at < len(pairs) and pairs[at] == clock

    def _list_in(self, run: Run) -> tuple[int, Mended | None, str | None]:
        parent = run.parent
        if parent is None:
            return _NOWHERE, None, None
        depth, textless = 0, False
        if not isinstance(parent, str):
            element = self._types.get(parent)
            if element is None:
                # It was collected, or is no element: then Yjs collects what claims to be in it, and yrs fails.
                return _NOWHERE, _COLLECTED if self._list_of(parent) else None, None
            around, textless = element
            if around == _NOWHERE:
                return _NOWHERE, None, None
            depth = self._depths[around] + 1
            if depth > MAX_DEPTH:
                return _NOWHERE, _COLLECTED, f"elements are nested more than {MAX_DEPTH} deep"
        number = self._numbers.get((parent, run.key))
        if number is None:
            number = self._numbers[parent, run.key] = len(self._depths)
            self._depths.append(depth)
            self._keyed.append(run.key is not None)
            self._textless.append(textless or run.key is not None)
            if isinstance(parent, str) and run.key is None:
                self._roots[number] = parent
        return number, None, None

    def _list_of(self, struct: Id) -> int:
        client, clock = struct
        lists = self._lists[client]
        return lists if isinstance(lists, int) else lists[1][bisect_right(lists[0], clock) - 1]

    def _runs(self, client: int) -> int:
        """Return the number of runs of one client, 0 for a new one."""
        lists = self._lists.get(client)
        return 0 if lists is None else 1 if isinstance(lists, int) else len(lists[0])

    def _restore(self, before: _Before) -> None:
        for client, (known, runs) in before.clients.items():
            if pairs := self._pairs.get(client):
                del pairs[bisect_left(pairs, known) :]
                if not pairs:
                    del self._pairs[client]
            lists = self._lists[client]
            if not runs:
                del self.known[client], self._lists[client]
                continue
            self.known[client] = known
            if isinstance(lists, tuple):
                del lists[0][runs:], lists[1][runs:]
                if runs == 1:
                    self._lists[client] = lists[1][0]
        while len(self._types) > before.types:
            self._types.popitem()
        while len(self._depths) > before.lists:
            self._numbers.popitem()
            self._depths.pop()
            self._keyed.pop()
            self._textless.pop()
            self._roots.pop(len(self._depths), None)
