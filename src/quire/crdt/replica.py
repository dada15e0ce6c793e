"""A live document in this process, and what any live document can do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol, TypeVar

import pycrdt

from quire.crdt.cursor import append_number
from quire.crdt.parser import beside, emptied
from quire.crdt.pieces import FEW, Effort
from quire.crdt.structure import Mended, Structure
from quire.crdt.summary import Kind, Run
from quire.crdt.turns import Payer, charged
from quire.crdt.updates import (
    EMPTY_STATE,
    EMPTY_UPDATE,
    MalformedUpdate,
    UpdateSummary,
    deletions,
    encode,
    encode_state_vector,
    guarded,
    inspect,
    merge,
    stands_on,
)
from quire.crdt.waiting import Waiting

_Thing = TypeVar("_Thing")


class ReplicaCorrupt(Exception):
    """The live copy is half changed or lost and must be built again from its updates."""


class ReplicaLost(ReplicaCorrupt):
    """It is lost through no fault of what was asked of it."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an update did to a live document."""

    changed: bool
    waiting: int
    """Updates of the document that wait for missing ones."""
    clocks: Mapping[int, int] = field(default_factory=dict)
    """{client: end clock} of what is integrated since, of the clients that moved."""
    given: bytes | None = None
    """What the CRDT was given, when that is not the update as it came: whoever has all that was given before, and
    nothing else, can apply it. None: the update itself is that."""
    waits: bool = False
    """Whether something of the update waits for what is missing."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A whole document."""

    update: bytes
    """All that is integrated, as one update."""
    waiting: tuple[bytes, ...]
    """Updates that wait for missing ones, in part perhaps: raw, and only for whoever proves them again."""

    @property
    def parts(self) -> list[bytes]:
        """Updates from which a replica is built again."""
        return [self.update, *self.waiting]


class Replica(Protocol):
    """One live document; the time that something takes goes on the account of `payer`."""

    local: bool
    """Whether `apply_now` works: the copy is in this process."""

    @property
    def alive(self) -> bool:
        """Whether the copy can still be used."""
        ...

    async def state(self, payer: Payer | None = None) -> Applied:
        """Return the clocks of all that is integrated."""
        ...

    def apply_now(self, update: bytes, summary: UpdateSummary) -> Applied:
        """Apply an update; raises `MalformedUpdate` (nothing changed), `TooSlow` or `ReplicaCorrupt`."""
        ...

    async def apply(self, update: bytes, summary: UpdateSummary, payer: Payer | None = None) -> Applied:
        """The same as `apply_now`, wherever the copy is."""
        ...

    async def diff(self, known: bytes, payer: Payer | None = None) -> bytes:
        """Return what the holder of state vector `known` lacks of what is integrated."""
        ...

    async def encode(self, payer: Payer | None = None) -> Encoded:
        """Return the whole document."""
        ...

    async def close(self) -> None: ...


class LocalReplica:
    """A document in this process. Methods are synchronous underneath; the async ones never wait."""

    local = True
    alive = True

    def __init__(self, parts: Sequence[bytes], *, effort: Effort | None = None) -> None:
        """Build the document from updates that were taken once; whatever it cannot bear is left out of it.

        With `effort`, updates that take the CRDT too long, these or later ones, raise `TooSlow`.
        """
        self._doc: pycrdt.Doc[Any] = pycrdt.Doc()
        self._effort = effort
        self._structure = Structure()
        self._waiting = Waiting()
        for part in parts:
            self._take(part, inspect(part, stored=True), strict=False)

    def apply_now(self, update: bytes, summary: UpdateSummary) -> Applied:
        if self._effort is not None:
            self._effort.begin()
        return self._take(update, summary, strict=True)

    def _take(self, update: bytes, summary: UpdateSummary, *, strict: bool) -> Applied:
        known = self._structure.known
        new = any(end > known.get(client, 0) for client, _, end in summary.ranges)
        if (not new and not summary.deletes) or update in self._waiting:
            return Applied(changed=False, waiting=len(self._waiting))
        if not new:
            return self._delete(update, summary)
        if strict and not stands_on(known, summary):
            # What waits is not given to the CRDT yet; it must be readable when it is.
            merge([update, EMPTY_UPDATE])
        runs = summary.runs or inspect(update, stored=True).runs
        placement = self._structure.place(runs, strict=strict)
        moved = placement.moved
        late = self._waiting.hold(update, summary, known)
        due, released = self._waiting.settle(moved)
        whole = placement.whole and not late and not self._divides(summary)
        if whole and not due and not released:
            if self._effort is None or summary.structs + summary.deletions <= FEW:
                self._apply(update)
            else:
                self._integrate(placement.placed)
                self._remove(deletions(update, summary.deletes_at))
            return Applied(changed=True, waiting=len(self._waiting), clocks=moved)
        with self._observed() as seen:
            self._integrate(placement.placed)
            self._remove(self._deletable(chain(deletions(update, summary.deletes_at), due)))
        return Applied(changed=True, waiting=len(self._waiting), clocks=moved, given=_joined(seen), waits=late)

    def _delete(self, update: bytes, summary: UpdateSummary) -> Applied:
        """Apply an update that brings no structs."""
        late = self._waiting.hold(update, summary, self._structure.known)
        plain = not late and not summary.ranges and not self._divides(summary)
        with self._observed() as seen:
            ranges = deletions(update, summary.deletes_at)
            self._remove(ranges if plain else self._deletable(ranges))
        changed = late or bool(seen)
        given = None if plain else _joined(seen)
        return Applied(changed=changed, waiting=len(self._waiting), given=given, waits=late)

    def _integrate(self, placed: Sequence[tuple[Run, Mended | None]]) -> None:
        """Give the CRDT what was placed."""

        def give(piece: Sequence[tuple[Run, Mended | None]]) -> None:
            for structs in _sections(piece):
                self._apply(encode(structs, ()))

        self._in_pieces(placed, give)

    def _remove(self, ranges: Sequence[tuple[int, int, int]]) -> None:
        """Have the CRDT delete ranges of clocks; in their order it divides a text from its front on."""
        self._in_pieces(sorted(ranges), lambda piece: self._apply(encode((), piece)))

    def _in_pieces(self, things: Sequence[_Thing], give: Callable[[Sequence[_Thing]], None]) -> None:
        if self._effort is not None and len(things) > FEW:
            self._effort.in_pieces(things, give, clients=len(self._structure.known))
        elif things:
            give(things)

    @contextmanager
    def _observed(self) -> Iterator[list[bytes]]:
        """Collect what is integrated meanwhile, as updates that bring nothing twice."""
        seen: list[bytes] = []

        def note(event: pycrdt.TransactionEvent) -> None:
            if event.update != EMPTY_UPDATE:
                seen.append(event.update)

        subscription = self._doc.observe(note)
        try:
            yield seen
        finally:
            self._doc.unobserve(subscription)

    def _apply(self, update: bytes) -> None:
        try:
            self._doc.apply_update(update)
        except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
            raise
        except BaseException as error:  # noqa: BLE001 - an error leaves the Doc half changed; panics too
            raise ReplicaCorrupt(str(error)) from None

    def _divides(self, summary: UpdateSummary) -> bool:
        """Whether an update may delete half a character."""
        return self._structure.divisible(client for client, _ in summary.deletes)

    def _deletable(self, ranges: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        """Return what is known of ranges of clocks to delete, (client, start, end)."""
        known = self._structure.known
        return [
            self._structure.undivided(client, start, min(end, known[client]))
            for client, start, end in ranges
            if start < known.get(client, 0)
        ]

    def state_now(self) -> Applied:
        """Return the clocks of all that is integrated."""
        return Applied(changed=False, waiting=len(self._waiting), clocks=self._structure.known)

    async def state(self, payer: Payer | None = None) -> Applied:
        with charged(payer):
            return self.state_now()

    def encoded_state(self) -> bytes:
        """Return the state vector of what is integrated."""
        return encode_state_vector(self._structure.known)

    def waiting(self) -> frozenset[tuple[int, int, int]]:
        """Return the runs of structs that wait for missing updates."""
        return self._waiting.missing(self._structure.known)

    @property
    def doc(self) -> pycrdt.Doc[Any]:
        """The document, for reading."""
        return self._doc

    @property
    def texts(self) -> Collection[str]:
        """Names of the roots that have text in them; yrs does not come back from reading such a one as an array."""
        return self._structure.texts

    @property
    def trees(self) -> Collection[str]:
        """Names of the roots that have shared types in them, such as elements."""
        return self._structure.trees

    def diff_now(self, known: bytes) -> bytes:
        """Return what the holder of `known` lacks of what is integrated.

        What waits is told to nobody: it was never proved, and Yjs may fail on it once the missing part is there.
        """
        return guarded(lambda: self._doc.get_update(known))

    def encode_now(self) -> Encoded:
        """Return the whole document."""
        return Encoded(self.diff_now(EMPTY_STATE), tuple(self._waiting))

    async def apply(self, update: bytes, summary: UpdateSummary, payer: Payer | None = None) -> Applied:
        with charged(payer):
            return self.apply_now(update, summary)

    async def diff(self, known: bytes, payer: Payer | None = None) -> bytes:
        with charged(payer):
            return self.diff_now(known)

    async def encode(self, payer: Payer | None = None) -> Encoded:
        with charged(payer):
            return self.encode_now()

    async def close(self) -> None:
        return None


def _joined(changes: Sequence[bytes]) -> bytes:
    try:
        return merge(changes)
    except MalformedUpdate as error:
        # They are in the document by now.
        raise ReplicaCorrupt(str(error)) from None


def _sections(placed: Iterable[tuple[Run, Mended | None]]) -> Iterable[list[tuple[int, int, int, bytes]]]:
    """Yield the structs of one update after the other that together bring what was placed."""
    structs: list[tuple[int, int, int, bytes]] = []
    ends: dict[int, int] = {}
    for run, mended in placed:
        if ends.get(run.client, run.start) != run.start:
            yield structs
            structs, ends = [], {}
        ends[run.client] = run.end
        if mended is None:
            structs.append((run.client, run.start, run.structs, _borne(run, run.source[run.at : run.to])))
        elif mended.left is None and mended.right is None:
            collected = bytearray(1)
            append_number(collected, run.end - run.start)
            structs.append((run.client, run.start, 1, bytes(collected)))
        else:
            structs.append((run.client, run.start, run.structs, _borne(run, beside(run, mended.left, mended.right))))
    if structs:
        yield structs


def _borne(run: Run, structs: bytes) -> bytes:
    """Return what the CRDT is given of a run; yrs frees a deleted document in the document, and then looks into it."""
    return emptied(structs) if run.kind is Kind.DOCUMENT else structs
