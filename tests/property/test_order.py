"""The order in which updates arrive decides nothing."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from itertools import permutations

import pycrdt
import pytest

from conftest import PROVE
from quire.crdt.replica import LocalReplica
from quire.crdt.updates import inspect

Edit = Callable[[pycrdt.Text], None]


def insert(at: int, words: str) -> Edit:
    return lambda text: text.insert(at, words)


def delete(at: int, length: int) -> Edit:
    def edit(text: pycrdt.Text) -> None:
        del text[at : at + length]

    return edit


def replace(at: int, length: int, words: str) -> Edit:
    def edit(text: pycrdt.Text) -> None:
        with text.doc.transaction():
            del text[at : at + length]
            text.insert(at, words)

    return edit


def update_of(base: bytes, edit: Edit) -> bytes:
    """Return what one person does to `base` without seeing anybody else."""
    doc: pycrdt.Doc = pycrdt.Doc()
    text = doc.get("t", type=pycrdt.Text)
    doc.apply_update(base)
    known = doc.get_state()
    edit(text)
    return doc.get_update(known)


def text_of(replica: LocalReplica) -> str:
    return str(replica.doc.get("t", type=pycrdt.Text))


def received(updates: list[bytes]) -> LocalReplica:
    replica = LocalReplica([])
    for update in updates:
        replica.apply_now(update, inspect(update))
    return replica


@pytest.mark.fm("FM-009")
@pytest.mark.parametrize(
    ("start", "edits", "present"),
    [
        ("AC", [insert(1, "B"), insert(1, "b")], ["B", "b"]),
        ("abcdef", [delete(2, 1), insert(3, "X")], ["abXdef"]),
        ("The quick brown fox", [insert(19, " jumps"), replace(4, 5, "slow")], ["slow brown fox jumps"]),
        ("one two three", [delete(4, 4), insert(6, "NEW"), insert(13, "!")], ["NEW", "three!"]),
    ],
)
def test_edits_at_positions_others_have_moved_mean_the_same_in_every_order(
    start: str, edits: list[Edit], present: list[str]
) -> None:
    base = update_of(b"\x00\x00", insert(0, start))
    updates = [update_of(base, edit) for edit in edits]
    texts = {text_of(received(list(order))) for order in permutations([base, *updates])}
    assert len(texts) == 1
    (text,) = texts
    assert all(words in text for words in present), text


@pytest.mark.fm("FM-010", size="10,000 edits")
def test_three_replicas_fed_in_random_orders_with_repeats_are_equal(seed: int) -> None:
    chance = random.Random(seed)
    writers = [pycrdt.Doc() for _ in range(5)]
    updates: list[bytes] = []
    texts = [doc.get("t", type=pycrdt.Text) for doc in writers]
    kept = [doc.observe(lambda event: updates.append(event.update)) for doc in writers]
    for _ in range(10_000 if PROVE else 1_500):
        number = chance.randrange(len(writers))
        text = texts[number]
        if len(text) > 20 and chance.random() < 0.3:
            at = chance.randrange(len(text) - 5)
            del text[at : at + chance.randrange(1, 5)]
        else:
            text.insert(chance.randrange(len(text) + 1), chance.choice("abcdefgh "))
        if chance.random() < 0.05:
            other = chance.randrange(len(writers))
            missing = writers[number].get_update(writers[other].get_state())
            quiet = len(updates)
            writers[other].apply_update(missing)
            del updates[quiet:]
    assert kept
    hashes = set()
    for _ in range(3):
        order = [*updates, *chance.sample(updates, len(updates) // 5)]
        chance.shuffle(order)
        replica = received(order)
        assert not replica.waiting()
        hashes.add(
            hashlib.sha256(
                text_of(replica).encode() + str(sorted(replica.state_now().clocks.items())).encode()
            ).hexdigest()
        )
    assert len(hashes) == 1
