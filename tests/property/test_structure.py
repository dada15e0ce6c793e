"""Where structs may stand: nothing that a client can send makes the CRDT spin, crash or nest without end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pycrdt
import pytest

from conftest import PROVE
from quire.crdt.parser import MAX_CHAIN
from quire.crdt.replica import LocalReplica
from quire.crdt.structure import MAX_DEPTH, Structure
from quire.crdt.updates import EMPTY_STATE, MalformedUpdate, inspect
from quire.sync.wire import var_string, var_uint


@pytest.mark.fm("FM-172", size="20,000 documents")
def test_random_structs_beside_and_inside_each_other_never_hang_or_crash_the_crdt(seed: int) -> None:
    count = 20_000 if PROVE else 400
    program = Path(__file__).with_name("structures.py")
    done = subprocess.run(
        [sys.executable, str(program), str(seed), str(count)],
        capture_output=True,
        text=True,
        timeout=1800 if PROVE else 200,
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr[-2000:]


def taken(*updates: bytes) -> LocalReplica:
    replica = LocalReplica([])
    for update in updates:
        replica.apply_now(update, inspect(update))
    return replica


def one(client: int, clock: int, struct: bytes) -> bytes:
    return b"\x01\x01" + var_uint(client) + var_uint(clock) + struct + b"\x00"


ROOT = b"\x01" + var_string("default")
ELEMENT = var_uint(3) + var_string("p")


def test_elements_nested_over_many_updates_have_a_bound() -> None:
    updates = [one(1, 0, b"\x07" + ROOT + ELEMENT)]
    updates += [one(1, at, b"\x07\x00\x01" + var_uint(at - 1) + ELEMENT) for at in range(1, MAX_DEPTH + 1)]
    replica = taken(*updates)
    update = one(1, MAX_DEPTH + 1, b"\x07\x00\x01" + var_uint(MAX_DEPTH) + ELEMENT)
    with pytest.raises(MalformedUpdate, match="nested"):
        replica.apply_now(update, inspect(update))
    assert taken(replica.diff_now(EMPTY_STATE)).state_now() == replica.state_now()


def test_neighbours_in_different_elements_are_refused_and_nothing_changes() -> None:
    replica = taken(
        one(1, 0, b"\x07" + ROOT + ELEMENT),
        one(1, 1, b"\x87\x01\x00" + ELEMENT),
        one(1, 2, b"\x04\x00\x01\x00" + var_string("a")),
        one(1, 3, b"\x04\x00\x01\x01" + var_string("b")),
    )
    before = replica.diff_now(EMPTY_STATE)
    update = one(2, 0, b"\xc4\x01\x02\x01\x03" + var_string("x"))
    with pytest.raises(MalformedUpdate, match="different places"):
        replica.apply_now(update, inspect(update))
    assert replica.diff_now(EMPTY_STATE) == before
    assert 2 not in replica.state_now().clocks


def test_nothing_is_kept_of_the_writers_in_an_update_that_is_refused() -> None:
    structure = Structure()
    structure.place(inspect(one(1, 0, b"\x04\x01" + var_string("t") + var_string("ab"))).runs, strict=True)
    emoji = b"\x01\x02\x00\x84\x01\x01" + var_string("😀")
    astray = b"\x01\x03\x00\xc4\x01\x00\x01\x00" + var_string("x")
    with pytest.raises(MalformedUpdate):
        structure.place(inspect(b"\x02" + emoji + astray + b"\x00").runs, strict=True)
    assert list(structure.known) == [1]
    assert not structure.divisible([2])


def test_the_same_neighbour_on_both_sides_is_refused() -> None:
    """Yjs and yrs put it in different places."""
    word = one(1, 0, b"\x04\x01" + var_string("t") + var_string("ab"))
    replica = taken(word)
    update = one(2, 0, b"\xc4\x01\x00\x01\x00" + var_string("x"))
    with pytest.raises(MalformedUpdate, match="both sides"):
        replica.apply_now(update, inspect(update))
    waited = taken(update, word)
    assert str(waited.doc.get("t", type=pycrdt.Text)) == "abx"


def test_of_what_waits_whatever_can_be_placed_is_although_something_else_tells_of_the_same() -> None:
    blocked = one(2, 1, b"\xc4\x02\x00\x09\x00" + var_string("never"))
    free = one(2, 1, b"\x84\x02\x00" + var_string("words"))
    first = one(2, 0, b"\x04\x01" + var_string("t") + var_string("x"))
    replica = taken(blocked, free, first)
    assert str(replica.doc.get("t", type=pycrdt.Text)) == "xwords"
    assert LocalReplica(replica.encode_now().parts).state_now() == replica.state_now()


def test_known_structs_told_otherwise_are_not_passed_on() -> None:
    replica = taken(one(1, 0, b"\x04\x01" + var_string("t") + var_string("hello")))
    forged = one(1, 0, b"\x04\x01" + var_string("t") + var_string("fraud!"))
    applied = replica.apply_now(forged, inspect(forged))
    assert applied.given is not None
    assert b"fraud" not in applied.given
    assert inspect(applied.given).ranges == ((1, 5, 6),)
    deleting = one(1, 0, b"\x04\x01" + var_string("t") + var_string("fraud!"))[:-1] + b"\x01\x01\x01\x00\x01"
    given = replica.apply_now(deleting, inspect(deleting)).given
    assert given is not None
    assert not inspect(given).ranges


def test_what_waited_with_wrong_neighbours_is_mended_as_browsers_do() -> None:
    """Nobody can be told any more, and others have built on it: their words must stay."""
    waiting = one(2, 0, b"\xc4\x01\x02\x01\x03" + var_string("x"))
    beside = one(3, 0, b"\x84\x02\x00" + var_string("kept"))
    replica = taken(
        waiting,
        beside,
        one(1, 0, b"\x07" + ROOT + ELEMENT),
        one(1, 1, b"\x87\x01\x00" + ELEMENT),
        one(1, 2, b"\x04\x00\x01\x00" + var_string("a")),
        one(1, 3, b"\x04\x00\x01\x01" + var_string("b")),
    )
    assert not replica.waiting()
    assert "axkept" in str(replica.doc.get("default", type=pycrdt.XmlFragment))


def test_half_a_character_is_never_divided() -> None:
    word = one(1, 0, b"\x04\x01" + var_string("t") + var_string("a😀b"))
    middle = one(2, 0, b"\xc4\x01\x01\x01\x02" + var_string("x"))
    half = b"\x00\x01\x01\x01\x02\x01"
    replica = taken(word, middle)
    assert str(replica.doc.get("t", type=pycrdt.Text)) == "a😀xb"
    replica.apply_now(half, inspect(half))
    assert str(replica.doc.get("t", type=pycrdt.Text)) == "axb"


ATTRIBUTE = b"\x28\x00\x01\x00" + var_string("align")


def values(*texts: str) -> bytes:
    return var_uint(len(texts)) + b"".join(b"\x77" + var_string(text) for text in texts)


def attributes(replica: LocalReplica) -> list[dict[str, str]]:
    fragment = replica.doc.get("default", type=pycrdt.XmlFragment)
    return [dict(element.attributes) for element in fragment.children]  # type: ignore[arg-type]


def test_an_attribute_changed_several_times_without_a_network_is_taken() -> None:
    """Yjs sends the values that were replaced as one struct when they are kept for undoing."""
    element = one(1, 0, b"\x07" + ROOT + ELEMENT)
    changes = b"\x01\x02\x02\x00" + ATTRIBUTE + values("left", "center") + b"\xa8\x02\x01" + values("right")
    replica = taken(element, changes + b"\x01\x02\x01\x00\x02")
    assert attributes(replica) == [{"align": "right"}]
    again = taken(replica.diff_now(EMPTY_STATE))
    assert attributes(again) == attributes(replica)
    assert again.state_now() == replica.state_now()


@pytest.mark.parametrize("deletes", [b"\x00", b"\x01\x02\x01\x02\x01", b"\x01\x02\x02\x00\x01\x02\x01"])
def test_several_values_of_an_attribute_that_are_not_all_deleted_are_refused(deletes: bytes) -> None:
    """Yjs would delete the last only, and fail in every browser when the element goes."""
    replica = taken(one(1, 0, b"\x07" + ROOT + ELEMENT))
    update = one(2, 0, ATTRIBUTE + values("a", "b", "c"))[:-1] + deletes
    with pytest.raises(MalformedUpdate, match="several values"):
        replica.apply_now(update, inspect(update))
    assert 2 not in replica.state_now().clocks


DOCUMENT = b"\x09" + ROOT + var_string("guid") + b"\x76\x00"


@pytest.mark.parametrize("stored", [True, False])
def test_a_document_inside_the_document_is_passed_on_as_deleted_and_what_follows_it_stays(stored: bool) -> None:
    after = one(2, 0, b"\x87\x01\x00" + ELEMENT)
    keyed = one(3, 0, b"\x29" + ROOT + var_string("key") + var_string("guid") + b"\x76\x00")
    updates = [one(1, 0, DOCUMENT), after, keyed, b"\x00\x01\x01\x01\x00\x01"]
    replica = LocalReplica(updates) if stored else taken(*updates)
    assert replica.state_now().clocks == {1: 1, 2: 1, 3: 1}
    assert b"guid" not in replica.diff_now(EMPTY_STATE)
    assert str(replica.doc.get("default", type=pycrdt.XmlFragment)) == "<p></p>"
    assert LocalReplica([replica.diff_now(EMPTY_STATE)]).state_now() == replica.state_now()


def test_text_that_goes_on_with_something_collected_is_refused() -> None:
    """Yjs fails on it: whoever has the document open would miss all that came with it."""
    replica = taken(one(1, 0, b"\x00\x01"))
    update = one(1, 0, b"\x04" + ROOT + var_string("abc"))
    with pytest.raises(MalformedUpdate, match="otherwise than it began"):
        replica.apply_now(update, inspect(update))
    assert replica.state_now().clocks == {1: 1}


def test_what_stands_beside_something_collected_is_collected_as_in_browsers() -> None:
    replica = taken(
        one(1, 0, b"\x04" + ROOT + var_string("ab")),
        one(2, 0, b"\x00\x01"),
        one(3, 0, b"\xc4\x02\x00\x01\x01" + var_string("x")),
    )
    assert "x" not in str(replica.doc.get("default", type=pycrdt.XmlFragment))
    going_on = one(3, 0, b"\xc4\x02\x00\x01\x01" + var_string("xyz"))
    replica.apply_now(going_on, inspect(going_on))
    assert "y" not in str(replica.doc.get("default", type=pycrdt.XmlFragment))


def test_a_document_larger_than_the_bounds_of_one_update_is_opened_again() -> None:
    """Characters typed alternately before one neighbour and another cannot be joined, however many there are."""
    updates = [
        one(5, 0, b"\x04\x01" + var_string("t") + var_string("PQ")),
        one(6, 0, b"\x44\x05\x00" + var_string("a")),
    ]
    size = 3000
    for first in range(1, 4 * size, size):
        structs = b"".join(
            b"\xc4\x06" + var_uint(clock - 1) + b"\x05" + var_uint(clock % 2) + var_string("a")
            for clock in range(first, first + size)
        )
        updates.append(b"\x01" + var_uint(size) + b"\x06" + var_uint(first) + structs + b"\x00")
    replica = taken(*updates)
    whole = replica.diff_now(EMPTY_STATE)
    assert inspect(whole, stored=True).structs > MAX_CHAIN
    assert LocalReplica([whole]).state_now() == replica.state_now()


def test_many_who_write_at_one_place_wait_for_nobody() -> None:
    """Updates that build on one another, in the worst order, are each looked at once."""
    updates = [one(client, 0, b"\x84" + var_uint(client - 1) + b"\x00" + var_string("x")) for client in range(2, 3000)]
    replica = LocalReplica([])
    for update in reversed(updates):
        replica.apply_now(update, inspect(update))
    first = one(1, 0, b"\x04\x01" + var_string("t") + var_string("x"))
    replica.apply_now(first, inspect(first))
    assert not replica.waiting()
    assert len(str(replica.doc.get("t", type=pycrdt.Text))) == 2999
