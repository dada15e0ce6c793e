"""Random updates of every kind of struct, beside and inside whatever there is: run in a process that may be killed."""

from __future__ import annotations

import random
import sys
from contextlib import suppress

from quire.content.reader import render
from quire.crdt.replica import LocalReplica
from quire.crdt.snapshot import SnapshotMismatch, build_snapshot, root_content
from quire.crdt.updates import EMPTY_STATE, MalformedUpdate, decode_state_vector, inspect
from quire.sync.wire import var_string, var_uint

TEXTS = ("a", "ab", "😀", "x😀y", "😀😀")
Id = tuple[int, int]


def struct_of(chance: random.Random, there: list[Id]) -> tuple[bytes, int]:
    """Return one struct and its length."""
    kind = chance.choice((0, 1, 4, 4, 5, 6, 7, 7, 7, 8, 9))
    length = chance.randint(1, 4)
    if kind == 0:
        return b"\x00" + var_uint(length), length
    info, place = kind, b""
    if there and chance.random() < 0.75:
        if chance.random() < 0.8:
            info |= 0x80
            place += b"".join(map(var_uint, chance.choice(there)))
        if chance.random() < 0.5 or not info & 0x80:
            info |= 0x40
            place += b"".join(map(var_uint, chance.choice(there)))
    else:
        inside = there and chance.random() < 0.6
        place = b"\x00" + b"".join(map(var_uint, chance.choice(there))) if inside else b"\x01" + var_string("default")
        if chance.random() < 0.3:
            info |= 0x20
            place += var_string(chance.choice("ab"))
    text, reference = chance.choice(TEXTS), chance.choice((0, 1, 3, 3, 6, 6))
    content, length = {
        1: (var_uint(length), length),
        4: (var_string(text), len(text.encode("utf-16-le")) // 2),
        5: (var_string('{"a":1}'), 1),
        6: (var_string(chance.choice("bi")) + var_string(chance.choice(("true", "null", '{"a":1}'))), 1),
        7: (var_uint(reference) + (var_string("p") if reference == 3 else b""), 1),
        8: (var_uint(length) + b"\x7e" * length, length),
        9: (var_string("g") + b"\x76\x00", 1),
    }[kind]
    return bytes((info,)) + place + content, length


def update_of(
    chance: random.Random, there: list[Id], clocks: dict[int, int], *, honest: bool
) -> tuple[bytes, list[Id]]:
    """Return an update of one or two clients, and what it adds; not `honest`: it may overlap or leave gaps."""
    sections, added = b"", list[Id]()
    clients = chance.sample((1, 2, 3), chance.choice((1, 1, 1, 2)))
    for client in clients:
        clock = clocks.get(client, 0)
        if not honest and chance.random() < 0.3:
            clock = max(0, clock + chance.randint(-3, 3))
        section, start, count = b"", clock, chance.randint(1, 4)
        for _ in range(count):
            struct, length = struct_of(chance, there + added)
            section += struct
            added += [(client, clock + at) for at in range(length)]
            clock += length
        sections += var_uint(count) + var_uint(client) + var_uint(start) + section
        clocks[client] = max(clock, clocks.get(client, 0))
    deletes = b"\x00"
    if there and chance.random() < 0.4:
        client, clock = chance.choice(there)
        deletes = b"\x01" + var_uint(client) + b"\x01" + var_uint(clock) + var_uint(chance.randint(1, 3))
    return var_uint(len(clients)) + sections + deletes, added


def run(seed: int, count: int) -> None:
    """Try `count` documents; prints each one's number, so that the last is known when it is the last."""
    for number in range(count):
        print(seed, number, flush=True)
        chance = random.Random(f"{seed} {number}")
        honest = number % 3 != 0
        there: list[Id] = []
        clocks: dict[int, int] = {}
        taken: list[bytes] = []
        replica = LocalReplica([])
        for _ in range(chance.randint(2, 12)):
            # What a refused update would have added is not there; others may name it all the same.
            ahead = dict(clocks)
            update, added = update_of(chance, there, ahead, honest=honest)
            before = dict(replica.state_now().clocks)
            try:
                replica.apply_now(update, inspect(update))
            except MalformedUpdate:
                assert replica.state_now().clocks == before, "a refused update changed something"
                continue
            taken.append(update)
            there += added
            clocks = ahead
            assert decode_state_vector(replica.doc.get_state()) == {
                client: clock for client, clock in replica.state_now().clocks.items() if clock
            }
        root_content(replica.doc, {"default"})
        LocalReplica([replica.diff_now(EMPTY_STATE)])
        if honest:
            order = chance.sample(taken, len(taken))
            shuffled = LocalReplica(order)
            assert shuffled.state_now().clocks == replica.state_now().clocks
        # Else it stays as it is, uncompacted: neighbours in the wrong order leave the order of texts open.
        with suppress(SnapshotMismatch, MalformedUpdate):
            build_snapshot(taken)
        for form in ("json", "html", "markdown", "text"):
            render(taken, form, "title")


if __name__ == "__main__":
    run(int(sys.argv[1]), int(sys.argv[2]))
