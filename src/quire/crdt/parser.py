"""A bounded parser of the Yjs update encoding, version 1.

yrs allocates what an update's counts ask for and trusts its clocks, so every update is parsed here before it
reaches the CRDT: an 8-byte update can otherwise allocate 480 MB, and a 12-byte one can make somebody's later
edits invisible. Source of the format: Yjs `UpdateDecoder.js`, `Item.js`, `DeleteSet.js`, lib0 `decoding.js`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_CLOCK: Final = 2**31
MAX_RUN: Final = 2**24
"""Longest run of deleted or collected characters in one block."""
MAX_STRUCTS: Final = 4_000_000
MAX_CHAIN: Final = 10_000
"""Texts of one update that only continue the text before them. yrs joins them one by one and keeps every step:
80,000 single characters (0.6 MB) take 3.4 GB and six seconds. Yjs itself sends such texts joined."""
MAX_CLIENTS: Final = 2_000_000
"""Every page load that writes is a client for ever: more than a document of the largest size can hold, so that none
becomes unreadable by having been edited often. Counts are bounded by the bytes that are there, too."""
MAX_VALUE_DEPTH: Final = 64
"""Nesting of objects and arrays inside one value."""
MAX_TYPE_DEPTH: Final = 128
"""Nesting of elements created by one update."""

_GC, _DELETED, _JSON, _BINARY, _STRING, _EMBED, _FORMAT, _TYPE, _ANY, _DOC, _SKIP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10


class MalformedUpdate(ValueError):
    """Bytes that are no Yjs update, or one outside the limits; the text says why."""


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

    @property
    def empty(self) -> bool:
        """Whether the update does nothing at all."""
        return not self.ranges and not self.deletes


def inspect(update: bytes) -> UpdateSummary:
    """Parse an update; raises `MalformedUpdate`. Time and memory are linear in its length."""
    try:
        return _Parser(update).parse()
    except IndexError:
        raise MalformedUpdate("the update ends too early") from None


class _Parser:
    __slots__ = ("at", "before", "chain", "content", "data", "depths", "end", "left", "needs", "ranges")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)
        self.content = self.chain = 0
        self.left = (0, 0)
        self.before = _SKIP
        self.needs: dict[int, int] = {}
        self.ranges: list[tuple[int, int, int]] = []
        self.depths: dict[tuple[int, int], int] = {}

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
        deletes_at = self.at
        deletes = self.delete_set()
        if self.at != self.end:
            raise MalformedUpdate("something follows the end of the update")
        return UpdateSummary(
            tuple(self.ranges),
            deletes,
            tuple(self.needs.items()),
            self.content,
            total,
            tuple(sections),
            deletes_at,
        )

    def section(self, client: int, clock: int, count: int) -> None:
        """One client's structs, in order of their clocks."""
        data = self.data
        first = clock
        kind = _SKIP
        for _ in range(count):
            info = data[self.at]
            self.at += 1
            self.before, kind = kind, info & 31
            if kind in (_GC, _SKIP) and info != kind:
                # Yjs would look at the kind alone, yrs at all of it.
                raise MalformedUpdate(f"a struct of kind {info} is unknown")
            if kind == _GC:
                length = self.run()
            elif kind == _SKIP:
                length = self.run()
                if clock > first:
                    self.ranges.append((client, first, clock))
                clock += length
                first = clock
                continue
            else:
                length = self.item(client, clock, first, info, kind)
            clock += length
            if clock > MAX_CLOCK:
                raise MalformedUpdate(f"clock {clock} is out of range")
        if clock > first:
            self.ranges.append((client, first, clock))

    def item(self, client: int, clock: int, first: int, info: int, kind: int) -> int:
        """One item; returns its length in clock units."""
        depth = 0
        if info & 0x80:
            depth = self.neighbour(client, first, clock)
            if kind == self.before == _STRING and self.left == (client, clock - 1):
                self.chain += 1
                if self.chain > MAX_CHAIN:
                    raise MalformedUpdate(
                        f"the update has more than {MAX_CHAIN} texts that continue each other; join them or send less"
                    )
        if info & 0x40:
            depth = max(depth, self.neighbour(client, first, clock))
        if not info & 0xC0:
            if self.number() == 1:
                self.text()
            else:
                depth = self.neighbour(client, first, clock, inside=True)
            if info & 0x20:
                self.text()
        if depth > MAX_TYPE_DEPTH:
            raise MalformedUpdate(f"elements are nested more than {MAX_TYPE_DEPTH} deep")
        before = self.at
        length = self.payload(kind)
        if kind != _DELETED:
            self.content += self.at - before
        if depth or kind == _TYPE:
            self.depths[client, clock + length - 1] = depth
        return length

    def neighbour(self, client: int, first: int, clock: int, *, inside: bool = False) -> int:
        """Read the id of an origin or parent; returns the nesting depth that follows from it, if known."""
        other = self.number()
        at = self.number()
        if other == client and at >= clock:
            raise MalformedUpdate("something stands beside what its own author has yet to write")
        self.left = (other, at)
        if (other != client or at < first) and at > self.needs.get(other, -1):
            self.needs[other] = at
        return self.depths.get((other, at), 0) + inside

    def payload(self, kind: int) -> int:
        if kind == _STRING:
            return _utf16_length(self.bytes())
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

    # ------------------------------------------------------------ primitives

    def number(self) -> int:
        data = self.data
        at = self.at
        byte = data[at]
        if byte < 0x80:
            self.at = at + 1
            return byte
        value = byte & 0x7F
        shift = 7
        while True:
            at += 1
            byte = data[at]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.at = at + 1
                if value >= 2**53:
                    raise MalformedUpdate("a number is larger than 2^53 - 1")
                return value
            shift += 7
            if shift > 53:
                raise MalformedUpdate("a number is larger than 2^53 - 1")

    def run(self) -> int:
        length = self.number()
        if not 0 < length <= MAX_RUN:
            raise MalformedUpdate(f"a run of {length} characters is out of range")
        return length

    def fits(self, count: int) -> None:
        if count > self.end - self.at:
            raise MalformedUpdate("a count is larger than the update")

    def bytes(self) -> bytes:
        size = self.number()
        start = self.at
        self.at = start + size
        if self.at > self.end:
            raise MalformedUpdate("the update ends too early")
        return self.data[start : self.at]

    def text(self) -> None:
        try:
            self.bytes().decode()
        except UnicodeDecodeError:
            raise MalformedUpdate("a name is not UTF-8") from None

    def json(self) -> None:
        raw = self.bytes()
        if raw.count(b"[") + raw.count(b"{") > MAX_VALUE_DEPTH and _json_depth(raw) > MAX_VALUE_DEPTH:
            raise MalformedUpdate(f"a value is nested more than {MAX_VALUE_DEPTH} deep")

    def any(self) -> None:
        """One lib0 `any` value, without recursion."""
        open_counts = [1]
        keyed = [False]
        while open_counts:
            if open_counts[-1] == 0:
                open_counts.pop()
                keyed.pop()
                continue
            open_counts[-1] -= 1
            if keyed[-1]:
                self.text()
            kind = self.data[self.at]
            self.at += 1
            if kind == 125:
                self.signed()
            elif kind == 124:
                self.skip(4)
            elif kind in (123, 122):
                self.skip(8)
            elif kind == 119:
                self.text()
            elif kind == 116:
                self.bytes()
            elif kind in (118, 117):
                count = self.number()
                self.fits(count)
                if len(open_counts) > MAX_VALUE_DEPTH:
                    raise MalformedUpdate(f"a value is nested more than {MAX_VALUE_DEPTH} deep")
                open_counts.append(count)
                keyed.append(kind == 118)
            elif kind not in (127, 126, 121, 120):
                raise MalformedUpdate(f"a value of kind {kind} is unknown")

    def signed(self) -> None:
        at = self.at
        data = self.data
        while data[at] >= 0x80:
            at += 1
            if at - self.at > 9:
                raise MalformedUpdate("a number is too long")
        self.at = at + 1

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > self.end:
            raise MalformedUpdate("the update ends too early")


def _utf16_length(raw: bytes) -> int:
    """Length in UTF-16 code units, which is what clocks count."""
    if raw.isascii():
        length = len(raw)
    else:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            raise MalformedUpdate("text is not UTF-8") from None
        length = len(text) + sum(1 for character in text if character > "\uffff")
    if length == 0:
        raise MalformedUpdate("a text block is empty")
    return length


def _json_depth(raw: bytes) -> int:
    depth = deepest = 0
    quoted = escaped = False
    for byte in raw:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in (0x5B, 0x7B):
            depth += 1
            deepest = max(deepest, depth)
        elif byte in (0x5D, 0x7D):
            depth -= 1
    return deepest
