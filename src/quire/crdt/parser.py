"""A bounded parser of the Yjs update encoding, version 1.

yrs allocates what an update's counts ask for and trusts its clocks, so every update is parsed here before it
reaches the CRDT: an 8-byte update can otherwise allocate 480 MB, and a 12-byte one can make somebody's later
edits invisible. Source of the format: Yjs `UpdateDecoder.js`, `Item.js`, `DeleteSet.js`.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from quire.crdt.cursor import Cursor, MalformedUpdate, append_number

MAX_CLOCK: Final = 2**31
MAX_RUN: Final = 2**24
"""Longest run of deleted or collected characters in one block."""
MAX_STRUCTS: Final = 4_000_000
MAX_CHAIN: Final = 10_000
"""Texts of one update that only continue the text before them. yrs joins them one by one and keeps every step:
80,000 single characters (0.6 MB) take 3.4 GB and six seconds. Yjs and yrs themselves send such texts joined."""
MAX_CLIENTS: Final = 2_000_000
"""Every page load that writes is a client for ever: more than a document of the largest size can hold, so that none
becomes unreadable by having been edited often. Counts are bounded by the bytes that are there, too."""

_GC, _DELETED, _JSON, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10

Id = tuple[int, int]
"""(client, clock) of one struct."""


class Kind(IntEnum):
    """What a run of structs is to the structure of a document."""

    CONTENT = 0
    TEXT = 1
    TYPE = 2
    """A shared type, such as an element: others can be inside it."""
    ARRAY = 3
    """A shared array or map: no text can be inside it."""
    COLLECTED = 4
    """What was deleted together with the element around it; it stands nowhere any more."""


_KINDS: Final = {_STRING: Kind.TEXT, _FORMAT: Kind.TEXT, _EMBED: Kind.TEXT, _TYPE: Kind.TYPE}


@dataclass(slots=True)
class Run:
    """Structs of one client that follow each other and are beside the same neighbours, or one struct."""

    client: int
    start: int
    end: int
    """Clocks."""
    left: Id | None
    right: Id | None
    """What the first struct was inserted between (its origin and right origin)."""
    parent: Id | str | None
    """The element or named root it is in, when it has no neighbours."""
    key: str | None
    """The attribute or map key whose value it is, likewise."""
    kind: Kind
    source: bytes
    """The update that it is from."""
    at: int
    to: int
    """Where in the update."""
    structs: int
    pairs: list[int] | None
    """Clocks of the second halves of characters that take two clock units, if there are any."""
    long: bool
    """Whether one of its structs has several values in it that its update does not delete."""


@dataclass(frozen=True, slots=True)
class UpdateSummary:
    """What an update is about, read without applying it."""

    ranges: tuple[tuple[int, int, int], ...]
    """(client, first clock, end clock) of each client's run of structs; skips are not counted."""
    deletes: tuple[tuple[int, int], ...]
    """(client, end clock) of the furthest deletion per client in the delete set."""
    needs: tuple[tuple[int, int], ...]
    """(client, furthest clock) of the structs of each client that these build on."""
    content_bytes: int
    """Bytes of inserted content; 0 for an update that only deletes."""
    structs: int
    sections: tuple[tuple[int, int, int], ...]
    """(client, start, end) byte positions of each client's section, for `without_clients`."""
    deletes_at: int
    """Byte position of the delete set."""
    runs: tuple[Run, ...]
    """Where its structs belong; empty in a summary that came from another process."""

    @property
    def empty(self) -> bool:
        """Whether the update does nothing at all."""
        return not self.ranges and not self.deletes


def inspect(update: bytes, *, stored: bool = False) -> UpdateSummary:
    """Parse an update; raises `MalformedUpdate`. Time and memory are linear in its length.

    What is `stored` was taken piece by piece, so as a whole it may have longer chains of texts.
    """
    try:
        return _Parser(update, chain=MAX_STRUCTS if stored else MAX_CHAIN).parse()
    except IndexError:
        raise MalformedUpdate("the update ends too early") from None


def beside(run: Run, left: Id | None, right: Id | None) -> bytes:
    """Return the bytes of a run that has neighbours, with other ones."""
    return _Parser(run.source, chain=MAX_CHAIN).beside(run, left, right)


class _Parser(Cursor):
    __slots__ = (
        "chain",
        "content",
        "long",
        "most_chained",
        "needs",
        "pairs",
        "ranges",
        "runs",
        "text_end",
    )

    def __init__(self, data: bytes, *, chain: int) -> None:
        super().__init__(data)
        self.content = self.chain = 0
        self.most_chained = chain
        self.text_end: Id | None = None
        self.needs: dict[int, int] = {}
        self.ranges: list[tuple[int, int, int]] = []
        self.runs: list[Run] = []
        self.pairs: list[int] | None = None
        self.long: list[tuple[Run, int, int]] = []
        """Runs with a struct of several values, and the clocks of that struct."""

    def parse(self) -> UpdateSummary:
        clients = self.number()
        if clients > MAX_CLIENTS or clients * 4 > self.end:
            raise MalformedUpdate(f"the update claims {clients} clients")
        total = 0
        sections = []
        for _ in range(clients):
            start = self.at
            count = self.number()
            total += count
            if count == 0 or count * 2 > self.end or total > MAX_STRUCTS:
                raise MalformedUpdate(f"the update claims {total} structs")
            client = self.number()
            self.section(client, self.number(), count)
            sections.append((client, start, self.at))
        if clients > 1 and len({client for client, _, _ in sections}) < clients:
            raise MalformedUpdate("the update names a client twice")
        deletes_at = self.at
        deletes = self.delete_set()
        if self.at != self.end:
            raise MalformedUpdate("something follows the end of the update")
        if self.long:
            self.mark_long(deletes_at)
        return UpdateSummary(
            tuple(self.ranges),
            deletes,
            tuple(self.needs.items()),
            self.content,
            total,
            tuple(sections),
            deletes_at,
            tuple(self.runs),
        )

    def section(self, client: int, clock: int, count: int) -> None:
        """One client's structs, in order of their clocks."""
        data = self.data
        first = clock
        for _ in range(count):
            at = self.at
            info = data[at]
            self.at += 1
            kind = info & 31
            if kind in (_GC, _SKIP) and info != kind:
                # Yjs would look at the kind alone, yrs at all of it.
                raise MalformedUpdate(f"a struct of kind {info} is unknown")
            if kind == _SKIP:
                length = self.run()
                if clock > first:
                    self.ranges.append((client, first, clock))
                clock += length
                first = clock
                continue
            length = self.collected(client, clock, at) if kind == _GC else self.item(client, clock, first, info, at)
            clock += length
            if clock > MAX_CLOCK:
                raise MalformedUpdate(f"clock {clock} is out of range")
        if clock > first:
            self.ranges.append((client, first, clock))

    def collected(self, client: int, clock: int, at: int) -> int:
        length = self.run()
        self.runs.append(
            Run(
                client,
                clock,
                clock + length,
                None,
                None,
                None,
                None,
                Kind.COLLECTED,
                self.data,
                at,
                self.at,
                1,
                None,
                long=False,
            )
        )
        return length

    def item(self, client: int, clock: int, first: int, info: int, at: int) -> int:
        """One item; returns its length in clock units."""
        left = right = parent = key = None
        data = self.data
        kind = info & 31
        if info & 0x80:
            left = self.neighbour(client, first, clock)
        if info & 0x40:
            right = self.neighbour(client, first, clock)
        if not info & 0xC0:
            parent = self.text() if self.number() == 1 else self.neighbour(client, first, clock)
            if info & 0x20:
                key = self.text()
        before = self.at
        length = self.payload(kind)
        end = clock + length
        if kind != _DELETED:
            self.content += self.at - before
        pairs = self.pairs
        if pairs is not None:
            pairs = [clock + offset for offset in pairs]
            self.pairs = None
        what = _KINDS.get(kind, Kind.CONTENT)
        if kind == _TYPE and data[before] <= 1:
            what = Kind.ARRAY
        last = self.runs[-1] if self.runs else None
        if (
            last is not None
            and left == (client, clock - 1)
            and last.end == clock
            and last.client == client
            and right == last.right
            and (kind == _DELETED or what is last.kind)
            and what <= Kind.TEXT
            and last.kind <= Kind.TEXT
        ):
            last.end = end
            last.to = self.at
            last.structs += 1
            if pairs is not None:
                last.pairs = pairs if last.pairs is None else last.pairs + pairs
            if kind == _STRING and self.text_end == left:
                self.chain += 1
                if self.chain > self.most_chained:
                    raise MalformedUpdate(
                        f"the update has more than {MAX_CHAIN} texts that continue each other; join them or send less"
                    )
        else:
            last = Run(client, clock, end, left, right, parent, key, what, data, at, self.at, 1, pairs, long=False)
            self.runs.append(last)
        if kind == _ANY and length > 1:
            self.long.append((last, clock, end))
        if kind == _STRING:
            self.text_end = client, end - 1
        return length

    def beside(self, run: Run, left: Id | None, right: Id | None) -> bytes:
        data = self.data
        self.at = run.at
        clock = run.start
        out = bytearray()
        for _ in range(run.structs):
            info = data[self.at]
            self.at += 1
            for flag in (0x80, 0x40):
                if info & flag:
                    self.number(), self.number()
            out.append(info & 0x3F | (0x80 if left is not None else 0) | (0x40 if right is not None else 0))
            for neighbour in (left, right):
                if neighbour is not None:
                    append_number(out, neighbour[0])
                    append_number(out, neighbour[1])
            start = self.at
            clock += self.payload(info & 31)
            out += data[start : self.at]
            left = run.client, clock - 1
        return bytes(out)

    def neighbour(self, client: int, first: int, clock: int) -> Id:
        """Read the id of an origin or parent."""
        other = self.number()
        at = self.number()
        if other == client and at >= clock:
            raise MalformedUpdate("something stands beside what its own author has yet to write")
        if (other != client or at < first) and at > self.needs.get(other, -1):
            self.needs[other] = at
        return other, at

    def payload(self, kind: int) -> int:
        if kind == _STRING:
            return self.string()
        if kind == _DELETED:
            return self.run()
        if kind == _FORMAT:
            self.text()
            self.json()
            return 1
        if kind == _TYPE:
            reference = self.number()
            # yrs reads a hook (5) without its name, and everything after it wrongly; no editor makes hooks.
            if reference > 6 or reference == 5:
                raise MalformedUpdate(f"shared type {reference} is unknown")
            if reference == 3:
                self.text()
            return 1
        if kind == _EMBED:
            self.json()
            return 1
        if kind == _ANY:
            count = self.number()
            self.fits(count)
            if count == 0:
                raise MalformedUpdate("a list of values is empty")
            for _ in range(count):
                self.any()
            return count
        if kind == _JSON:
            raise MalformedUpdate("values in the form of Yjs before version 13 cannot be merged")
        if kind == _BINARY:
            self.bytes()
            return 1
        if kind == _DOC:
            self.text()
            self.any()
            return 1
        raise MalformedUpdate(f"content of kind {kind} is unknown")

    def delete_set(self) -> tuple[tuple[int, int], ...]:
        clients = self.number()
        if clients == 0:
            return ()
        self.fits(clients * 2)
        furthest = []
        for _ in range(clients):
            client = self.number()
            count = self.number()
            self.fits(count * 2)
            end = 0
            for _ in range(count):
                clock = self.number()
                length = self.number()
                if length == 0 or clock + length > MAX_CLOCK:
                    raise MalformedUpdate("a deletion is out of range")
                end = max(end, clock + length)
            if end:
                furthest.append((client, end))
        return tuple(furthest)

    def mark_long(self, deletes_at: int) -> None:
        """Mark the runs in which several values at once stay, as the delete set says."""
        self.at = deletes_at
        deleted: dict[int, list[tuple[int, int]]] = {}
        for _ in range(self.number()):
            ranges = deleted.setdefault(self.number(), [])
            for _ in range(self.number()):
                start = self.number()
                ranges.append((start, start + self.number()))
            ranges.sort()
        for run, start, end in self.long:
            ranges = deleted.get(run.client, [])
            at = bisect_right(ranges, (start, MAX_CLOCK)) - 1
            run.long |= at < 0 or ranges[at][1] < end

    def run(self) -> int:
        length = self.number()
        if not 0 < length <= MAX_RUN:
            raise MalformedUpdate(f"a run of {length} characters is out of range")
        return length

    def string(self) -> int:
        """Read a text; returns its length in UTF-16 code units, which is what clocks count."""
        raw = self.bytes()
        length = len(raw)
        if not raw.isascii():
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                raise MalformedUpdate("text is not UTF-8") from None
            length = len(text)
            if max(text) > "\uffff":
                wide = [at for at, character in enumerate(text) if character > "\uffff"]
                self.pairs = [at + before + 1 for before, at in enumerate(wide)]
                length += len(wide)
        if length == 0:
            raise MalformedUpdate("a text block is empty")
        return length
