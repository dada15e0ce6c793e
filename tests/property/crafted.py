"""What three hostile clients may send: structs of every kind, out of order, cut anywhere, told in several ways."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from quire.sync.wire import var_string, var_uint

Id = tuple[int, int]
CLIENTS = (1, 2, 3)
TEXTS = ("a", "ab", "abc", "abcdef", "😀", "x😀y")
GC, DELETED, TEXT, EMBED, FORMAT, TYPE, ANY, SKIP = 0, 1, 4, 5, 6, 7, 8, 10


@dataclass(slots=True)
class Struct:
    """One struct as its author planned it."""

    client: int
    clock: int
    length: int
    left: Id | None
    right: Id | None
    place: bytes
    """Neighbours or parent, as encoded."""
    info: int
    content: bytes
    chance: random.Random

    def encode(self, *, twisted: bool) -> bytes:
        """Return its bytes; `twisted`: as collected, as deleted, or with another content."""
        if self.info & 31 == GC:
            return b"\x00" + var_uint(self.length)
        if not twisted:
            return bytes((self.info,)) + self.place + self.content
        kind = self.chance.choice((GC, DELETED, TEXT, ANY))
        if kind == GC:
            return b"\x00" + var_uint(self.length)
        content = {
            DELETED: var_uint(self.length),
            TEXT: var_string("z" * self.length),
            ANY: var_uint(self.length) + b"\x77\x01v" * self.length,
        }[kind]
        return bytes((self.info & 0xE0 | kind,)) + self.place + content


@dataclass(slots=True)
class Crafted:
    """The structs that three clients have, and updates made of pieces of them."""

    chance: random.Random
    structs: dict[int, list[Struct]] = field(default_factory=dict)
    ids: list[Id] = field(default_factory=list)
    around: dict[Id, tuple[Id | None, Id | None]] = field(default_factory=dict)
    """What each character was inserted between."""
    inside: dict[Id, bool] = field(default_factory=dict)
    """Whether it is in a text."""
    followers: dict[Id, list[Id]] = field(default_factory=dict)
    elements: list[Id] = field(default_factory=list)
    texts: list[Id] = field(default_factory=list)
    sent: dict[int, int] = field(default_factory=dict)
    """How many structs of each client have been sent in order."""

    def plan(self, count: int) -> None:
        """Make structs that build on one another."""
        for _ in range(count):
            self._plan_one()

    def _plan_one(self) -> None:
        chance = self.chance
        client = chance.choice(CLIENTS)
        own = self.structs.setdefault(client, [])
        clock = own[-1].clock + own[-1].length if own else 0
        left, right = self._between() if self.ids and chance.random() < 0.7 else (None, None)
        neighbour = left or right
        if neighbour is not None:
            inside = self.inside[neighbour]
            place = b"".join(var_uint(number) for other in (left, right) if other for number in other)
        else:
            inside = chance.random() < 0.6
            parents = self.texts if inside else self.elements
            place = b"\x01" + var_string("t" if inside else "default")
            if parents and chance.random() < 0.8:
                place = b"\x00" + b"".join(map(var_uint, chance.choice(parents)))
        kinds = (TEXT, TEXT, TEXT, TEXT, EMBED, FORMAT) if inside else (TYPE, TYPE, TYPE, ANY, ANY, TEXT)
        kind, reference = chance.choice((GC, DELETED, *kinds)), chance.choice((3, 3, 6, 6, 6, 6, 0, 1, 2))
        text, count = chance.choice(TEXTS if inside else TEXTS[:4]), chance.randint(1, 3)
        content, length = {
            GC: (b"", count),
            DELETED: (var_uint(count), count),
            TEXT: (var_string(text), len(text.encode("utf-16-le")) // 2),
            EMBED: (var_string('{"a":1}'), 1),
            FORMAT: (var_string("b") + var_string("true"), 1),
            TYPE: (var_uint(reference) + (var_string("p") if reference == 3 else b""), 1),
            ANY: (var_uint(count) + b"\x77\x01w" * count, count),
        }[kind]
        info = kind | (0x80 if left else 0) | (0x40 if right else 0)
        if neighbour is None and chance.random() < (0.6 if kind == ANY else 0.1):
            info |= 0x20
            place += var_string("k")
        if left == right:
            right = None
        own.append(Struct(client, clock, length, left, right, place, info, content, chance))
        for at in range(length):
            here = client, clock + at
            before = (client, clock + at - 1) if at else left
            self.ids.append(here)
            self.around[here] = before, right
            self.inside[here] = inside
            if before:
                self.followers.setdefault(before, []).append(here)
        if kind == TYPE and reference in (3, 6):
            (self.elements if reference == 3 else self.texts).append((client, clock))

    def _between(self) -> tuple[Id | None, Id | None]:
        """Two neighbours in the order in which they stand, now and then any two."""
        chance = self.chance
        here = chance.choice(self.ids)
        if chance.random() < 0.05:
            return here, here
        if chance.random() < 0.5:
            return here, chance.choice([None, self.around[here][1], *self.followers.get(here, ())])
        return chance.choice([None, self.around[here][0]]), here

    def update(self) -> bytes:
        """Return an update of pieces of what one or two clients have, some of it perhaps left out or twisted."""
        chance = self.chance
        clients = chance.sample(sorted(self.structs), min(len(self.structs), chance.choice((1, 1, 2))))
        sections = b"".join(map(self._section, clients))
        deletes = b"\x00"
        if chance.random() < 0.4:
            client, clock = chance.choice(self.ids)
            deletes = b"\x01" + var_uint(client) + b"\x01" + var_uint(clock) + var_uint(chance.randint(1, 4))
        return var_uint(len(clients)) + sections + deletes

    def _section(self, client: int) -> bytes:
        chance, own = self.chance, self.structs[client]
        first = self.sent.get(client, 0)
        if first >= len(own) or chance.random() < 0.4:
            first = chance.randrange(len(own))
        some = own[first : first + chance.randint(1, 5)]
        if first <= self.sent.get(client, 0):
            self.sent[client] = max(self.sent.get(client, 0), first + len(some))
        twisted = chance.random() < 0.25
        encoded = []
        for number, struct in enumerate(some):
            if number and chance.random() < 0.15:
                encoded.append(bytes((SKIP,)) + var_uint(struct.length))
            else:
                encoded.append(struct.encode(twisted=twisted and chance.random() < 0.5))
        return var_uint(len(encoded)) + var_uint(client) + var_uint(some[0].clock) + b"".join(encoded)
