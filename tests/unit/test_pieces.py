"""Crafted updates that take the CRDT minutes are stopped in time."""

from __future__ import annotations

import time
from collections import deque

import pycrdt
import pytest

from quire.crdt.pieces import Effort, TooSlow
from quire.crdt.replica import LocalReplica
from quire.crdt.updates import encode, inspect
from rawclient import fan


def test_what_takes_the_crdt_far_longer_than_its_size_explains_is_stopped() -> None:
    replica = LocalReplica([fan(1, 60_000)], effort=Effort(usual=10e-6, once=0.1))
    update = fan(2, 2000)
    summary = inspect(update)
    started = time.thread_time()
    with pytest.raises(TooSlow):
        replica.apply_now(update, summary)
    # All of it takes more than ten seconds.
    assert time.thread_time() - started < 1


def test_deletions_in_a_text_are_made_from_its_front_on() -> None:
    text: pycrdt.Doc = pycrdt.Doc(client_id=7)
    text.get("t", type=pycrdt.Text).insert(0, "x" * 1_000_000)
    replica = LocalReplica([text.get_update()], effort=Effort(usual=10e-6, once=0.1))
    backwards = [(7, 999_998 - 2 * number, 999_999 - 2 * number) for number in range(10_000)]
    update = encode((), backwards)
    started = time.thread_time()
    assert replica.apply_now(update, inspect(update)).changed
    # From its end on it takes five seconds.
    assert time.thread_time() - started < 1
    assert len(str(replica.doc.get("t", type=pycrdt.Text))) == 990_000


def test_pieces_make_the_same_document() -> None:
    source: pycrdt.Doc = pycrdt.Doc(client_id=7)
    text = source.get("t", type=pycrdt.Text)
    for number in range(200):
        text.insert(number % 7, f"{number} ")
        if number % 3 == 2:
            del text[1:3]
    update = source.get_update()
    whole, pieces = LocalReplica([]), LocalReplica([], effort=Effort(usual=10e-6, once=0.1))
    for replica in (whole, pieces):
        applied = replica.apply_now(update, inspect(update))
        assert applied.changed
        assert applied.given is None
        assert str(replica.doc.get("t", type=pycrdt.Text)) == str(text)
    assert whole.diff_now(b"\x00") == pieces.diff_now(b"\x00")
    assert whole.state_now() == pieces.state_now()


def test_a_document_that_took_long_altogether_bears_little_more() -> None:
    """However long each update took that was taken: all of them have to be loaded again one day."""
    updates = [fan(1, 20_000)]
    replica = LocalReplica(updates, effort=Effort(usual=10e-6, once=0.1, altogether=0.3))
    later = (fan(client, 30) for client in range(2, 1000))

    def take(update: bytes) -> None:
        replica.apply_now(update, inspect(update))
        updates.append(update)

    with pytest.raises(TooSlow):
        deque(map(take, later), maxlen=0)
    started = time.thread_time()
    LocalReplica(updates)
    assert time.thread_time() - started < 3
