"""A bounded parser of the Yjs update encoding, version 1.

yrs allocates what an update's counts ask for and trusts its clocks, so every update is parsed here before it
reaches the CRDT: an 8-byte update can otherwise allocate 480 MB, and a 12-byte one can make somebody's later
edits invisible. Source of the format: Yjs `UpdateDecoder.js`, `Item.js`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from quire.crdt.contents import (
    ANY,
    ARRAY,
    DELETED,
    DOC,
    ELEMENT,
    EMBED,
    FORMAT,
    FRAGMENT,
    GC,
    MAP,
    SHARED_TEXT,
    SKIP,
    STRING,
    TYPE,
    XML_TEXT,
    Contents,
)
from quire.crdt.cursor import MalformedUpdate, append_number
from quire.crdt.deleteset import deletions, furthest_deletions
from quire.crdt.summary import MAX_CLOCK, Id, Kind, Run, UpdateSummary

MAX_STRUCTS: Final = 4_000_000
MAX_PARTS: Final = 1_500_000
"""Structs and deletions of an update that comes in: each costs microseconds, whatever it holds. An editor's take ten
bytes or more, so that one of the largest size has less."""
MAX_CHAIN: Final = 10_000
"""Texts of one update that only continue the text before them. yrs joins them one by one and keeps every step:
80,000 single characters (0.6 MB) take 3.4 GB and six seconds. Yjs and yrs themselves send such texts joined."""
MAX_CLIENTS: Final = 2_000_000
"""Every page load that writes is a client for ever: more than a document of the largest size can hold, so that none
becomes unreadable by having been edited often. Counts are bounded by the bytes that are there, too."""

_KINDS: Final = {STRING: Kind.TEXT, FORMAT: Kind.TEXT, EMBED: Kind.TEXT, DOC: Kind.DOCUMENT}
_TYPES: Final = {
    ARRAY: Kind.ARRAY,
    MAP: Kind.ARRAY,
    SHARED_TEXT: Kind.TYPE,
    ELEMENT: Kind.ELEMENT,
    FRAGMENT: Kind.ELEMENT,
    XML_TEXT: Kind.TYPE,
}


def inspect(update: bytes, *, stored: bool = False) -> UpdateSummary:
    """Parse an update; raises `MalformedUpdate`. Time and memory are linear in its length.

    What is `stored` was taken piece by piece, so as a whole it may have more structs and longer chains of texts.
    """
    try:
        if stored:
            return _Parser(update, chain=MAX_STRUCTS, parts=len(update)).parse()
        return _Parser(update, chain=MAX_CHAIN, parts=MAX_PARTS).parse()
    except IndexError:
        raise MalformedUpdate("the update ends too early") from None


class _Parser(Contents):
    __slots__ = (
        "chain",
        "content",
        "long",
        "most_chained",
        "most_parts",
        "needs",
        "ranges",
        "runs",
        "text_end",
    )

    def __init__(self, data: bytes, *, chain: int, parts: int) -> None:
        super().__init__(data)
        self.content = self.chain = 0
        self.most_chained = chain
        self.most_parts = parts
        self.text_end: Id | None = None
        self.needs: dict[int, int] = {}
        self.ranges: list[tuple[int, int, int]] = []
        self.runs: list[Run] = []
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
            if total > self.most_parts:
                raise MalformedUpdate(_many(total))
            client = self.number()
            self.section(client, self.number(), count)
            sections.append((client, start, self.at))
        if clients > 1 and len({client for client, _, _ in sections}) < clients:
            raise MalformedUpdate("the update names a client twice")
        deletes_at = self.at
        deletes, deleted = furthest_deletions(self)
        if self.at != self.end:
            raise MalformedUpdate("something follows the end of the update")
        if total + deleted > self.most_parts:
            raise MalformedUpdate(_many(total + deleted))
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
            deleted,
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
            if kind in (GC, SKIP) and info != kind:
                # Yjs would look at the kind alone, yrs at all of it.
                raise MalformedUpdate(f"a struct of kind {info} is unknown")
            if kind == SKIP:
                length = self.run()
                if clock > first:
                    self.ranges.append((client, first, clock))
                clock += length
                first = clock
                continue
            length = self.collected(client, clock, at) if kind == GC else self.item(client, clock, first, info, at)
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
        if kind != DELETED:
            self.content += self.at - before
        pairs = self.pairs
        if pairs is not None:
            pairs = [clock + offset for offset in pairs]
            self.pairs = None
        what = _TYPES[data[before]] if kind == TYPE else _KINDS.get(kind, Kind.CONTENT)
        last = self.runs[-1] if self.runs else None
        if (
            last is not None
            and left == (client, clock - 1)
            and last.end == clock
            and last.client == client
            and right == last.right
            and (kind == DELETED or what is last.kind)
            and what <= Kind.TEXT
            and last.kind <= Kind.TEXT
        ):
            last.end = end
            last.to = self.at
            last.structs += 1
            if pairs is not None:
                last.pairs = pairs if last.pairs is None else last.pairs + pairs
            if kind == STRING and self.text_end == left:
                self.chain += 1
                if self.chain > self.most_chained:
                    raise MalformedUpdate(
                        f"the update has more than {MAX_CHAIN} texts that continue each other; join them or send less"
                    )
        else:
            last = Run(client, clock, end, left, right, parent, key, what, data, at, self.at, 1, pairs, long=False)
            self.runs.append(last)
        if kind == ANY and length > 1:
            self.long.append((last, clock, end))
        if kind == STRING:
            self.text_end = client, end - 1
        return length

    def neighbour(self, client: int, first: int, clock: int) -> Id:
        """Read the id of an origin or parent."""
        other = self.number()
        at = self.number()
        if other == client and at >= clock:
            raise MalformedUpdate("something stands beside what its own author has yet to write")
        if (other != client or at < first) and at > self.needs.get(other, -1):
            self.needs[other] = at
        return other, at

    def mark_long(self, deletes_at: int) -> None:
        """Mark the runs in which several values at once stay, as the delete set says."""
        deleted: dict[int, list[tuple[int, int]]] = {}
        for client, start, end in deletions(self.data, deletes_at):
            deleted.setdefault(client, []).append((start, end))
        for ranges in deleted.values():
            ranges.sort()
        for run, start, end in self.long:
            ranges = deleted.get(run.client, [])
            at = bisect_right(ranges, (start, MAX_CLOCK)) - 1
            run.long |= at < 0 or ranges[at][1] < end


def _many(parts: int) -> str:
    return f"the update has {parts} structs and deletions, and may have {MAX_PARTS}; send it in smaller parts"


def beside(run: Run, left: Id | None, right: Id | None) -> bytes:
    """Return the bytes of a run that has neighbours, with other ones."""
    contents = Contents(run.source, run.at)
    clock = run.start
    out = bytearray()
    for _ in range(run.structs):
        info = contents.data[contents.at]
        contents.at += 1
        for flag in (0x80, 0x40):
            if info & flag:
                contents.number(), contents.number()
        out.append(info & 0x3F | (0x80 if left is not None else 0) | (0x40 if right is not None else 0))
        for neighbour in (left, right):
            if neighbour is not None:
                append_number(out, neighbour[0])
                append_number(out, neighbour[1])
        start = contents.at
        clock += contents.payload(info & 31)
        out += contents.data[start : contents.at]
        left = run.client, clock - 1
    return bytes(out)


def emptied(struct: bytes) -> bytes:
    """Return one struct with deleted content: what stands beside it keeps its place."""
    contents = Contents(struct, 1)
    info = struct[0]
    for flag in (0x80, 0x40):
        if info & flag:
            contents.number(), contents.number()
    if not info & 0xC0:
        if contents.number() == 1:
            contents.text()
        else:
            contents.number(), contents.number()
        if info & 0x20:
            contents.text()
    return bytes((info & 0xE0 | DELETED,)) + struct[1 : contents.at] + b"\x01"
