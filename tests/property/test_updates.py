"""The update path under fuzzing: anything is applied whole or refused by name, and nothing else changes."""

from __future__ import annotations

import pycrdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quire.crdt.replica import LocalReplica, ReplicaCorrupt
from quire.crdt.statevector import count_clients
from quire.crdt.updates import (
    EMPTY_STATE,
    MalformedUpdate,
    advance,
    decode_state_vector,
    encode_state_vector,
    inspect,
    merge,
    without_clients,
)


def edits() -> list[bytes]:
    """Updates of every kind of content, from two clients that build on each other."""
    updates: list[bytes] = []
    first: pycrdt.Doc = pycrdt.Doc(client_id=1)
    second: pycrdt.Doc = pycrdt.Doc(client_id=2)
    for doc in (first, second, first):
        for update in updates:
            doc.apply_update(update)
        subscription = doc.observe(lambda event: updates.append(event.update))
        text = doc.get("t", type=pycrdt.Text)
        text.insert(len(str(text).encode()), "häll😀 ")
        text.format(0, 3, {"bold": True, "link": {"href": "https://x.test"}})
        del text[0:2]
        doc.get("a", type=pycrdt.Array).extend([1, 2.5, None, True, "x", [1, {"k": b"bin"}]])
        doc.get("m", type=pycrdt.Map)["k"] = {"deep": [[[1]]]}
        fragment = doc.get("default", type=pycrdt.XmlFragment)
        paragraph = fragment.children.append(pycrdt.XmlElement("paragraph", {"id": "a"}))
        paragraph.children.append(pycrdt.XmlText("words"))
        doc.unobserve(subscription)
    return updates


UPDATES = edits()


@given(st.permutations(range(len(UPDATES))), st.lists(st.sampled_from(range(len(UPDATES)))))
def test_any_order_with_repeats_gives_the_same_document(order: list[int], repeats: list[int]) -> None:
    straight, shuffled = LocalReplica(UPDATES), LocalReplica([])
    for index in [*repeats, *order, *repeats]:
        shuffled.apply_now(UPDATES[index], inspect(UPDATES[index]))
    assert shuffled.state_now().clocks == straight.state_now().clocks
    for name, kind in (("t", pycrdt.Text), ("a", pycrdt.Array), ("m", pycrdt.Map), ("default", pycrdt.XmlFragment)):
        assert str(shuffled.doc.get(name, type=kind)) == str(straight.doc.get(name, type=kind))
    assert not shuffled.waiting()
    assert not any(shuffled.apply_now(update, inspect(update)).changed for update in UPDATES)


@given(st.lists(st.sampled_from(UPDATES), min_size=1, unique=True))
def test_what_waits_for_missing_updates_is_kept_with_the_document_and_told_to_nobody(subset: list[bytes]) -> None:
    replica = LocalReplica(subset)
    told = LocalReplica([replica.diff_now(EMPTY_STATE)])
    assert not told.waiting()
    assert told.state_now().clocks == replica.state_now().clocks
    again = LocalReplica([*replica.encode_now().parts, *UPDATES])
    assert str(again.doc.get("t", type=pycrdt.Text)) == str(LocalReplica(UPDATES).doc.get("t", type=pycrdt.Text))


@given(st.lists(st.sampled_from(UPDATES), unique=True))
def test_the_clock_read_from_bytes_never_claims_what_is_missing(subset: list[bytes]) -> None:
    clock: dict[int, int] = {}
    for update in subset:
        advance(clock, inspect(update))
    complete = LocalReplica(UPDATES).state_now().clocks
    assert all(clock[client] <= complete[client] for client in clock)
    assert decode_state_vector(encode_state_vector(clock)) == clock


def test_leaving_a_client_out_keeps_the_others() -> None:
    whole = merge(UPDATES)
    kept = without_clients(whole, inspect(whole), {1})
    assert {client for client, _, _ in inspect(kept).ranges} == {2}


@pytest.mark.fm("FM-172")
@settings(max_examples=500)
@given(st.sampled_from(UPDATES), st.data())
def test_mutated_updates_are_applied_whole_or_refused_by_name(update: bytes, data: st.DataObject) -> None:
    mutated = bytearray(update)
    for _ in range(data.draw(st.integers(1, 4))):
        action = data.draw(st.sampled_from(["flip", "cut", "insert"]))
        at = data.draw(st.integers(0, max(0, len(mutated) - 1)))
        if action == "flip" and mutated:
            mutated[at] = data.draw(st.integers(0, 255))
        elif action == "cut":
            del mutated[at : at + data.draw(st.integers(1, 8))]
        else:
            mutated[at:at] = data.draw(st.binary(max_size=6))
    replica = LocalReplica(UPDATES)
    before = replica.diff_now(EMPTY_STATE)
    try:
        replica.apply_now(bytes(mutated), inspect(bytes(mutated)))
    except MalformedUpdate as error:
        assert str(error)
        assert replica.diff_now(EMPTY_STATE) == before
    except ReplicaCorrupt:
        rebuilt = LocalReplica([before])
        assert rebuilt.state_now().clocks == LocalReplica(UPDATES).state_now().clocks


@given(st.binary(max_size=300))
def test_arbitrary_bytes_never_get_past_the_parser_with_anything_but_a_refusal(data: bytes) -> None:
    for parse in (inspect, decode_state_vector):
        try:
            parse(data)
        except MalformedUpdate as error:
            assert str(error)


VECTORS = st.dictionaries(st.integers(1, 2**53 - 1), st.integers(1, 2**53 - 1)).map(encode_state_vector)


@given(st.one_of(st.binary(max_size=40), VECTORS))
def test_counting_the_clients_of_a_state_vector_agrees_with_reading_it(vector: bytes) -> None:
    try:
        known = decode_state_vector(vector)
    except MalformedUpdate:
        with pytest.raises(MalformedUpdate):
            count_clients(vector)
    else:
        assert count_clients(vector) >= len(known)
