"""Whose turn it is at a worker process."""

from __future__ import annotations

from collections import Counter

from quire.crdt.turns import Turns


def shares(turns: Turns[str], seconds: dict[str, float], total: float) -> Counter[str]:
    """Do what is next until `total` seconds have passed; return the time that each piece of work took."""
    had: Counter[str] = Counter()
    while had.total() < total:
        work, keys = turns.take()
        had[work] += seconds[work]  # type: ignore[assignment]
        turns.add(work, keys)
        turns.took(keys, seconds[work])
    return had


def test_each_document_has_its_share_of_the_time_and_not_of_the_turns() -> None:
    turns: Turns[str] = Turns()
    for _ in range(50):
        turns.add("slow", ("document 1", "mallory"))
    turns.add("quick", ("document 2", "ada"))
    had = shares(turns, {"slow": 3.0, "quick": 0.01}, 60)
    assert 0.8 < had["slow"] / had["quick"] < 1.25


def test_an_author_with_many_documents_has_no_more_than_one_with_one() -> None:
    turns: Turns[str] = Turns()
    for number in range(50):
        turns.add("mallory", (f"document {number}", "mallory"))
    turns.add("ada", ("document 50", "ada"))
    had = shares(turns, {"mallory": 1.0, "ada": 1.0}, 200)
    assert abs(had["mallory"] - had["ada"]) <= 2


def test_who_comes_late_neither_waits_for_what_was_nor_makes_up_for_it() -> None:
    turns: Turns[str] = Turns()
    for _ in range(3):
        turns.add("long here", ("document 1", "mallory"))
    shares(turns, {"long here": 1.0}, 100)
    turns.add("new", ("document 2", "ada"))
    had = shares(turns, {"long here": 1.0, "new": 1.0}, 20)
    assert abs(had["long here"] - had["new"]) <= 2


def test_what_came_first_is_first_among_equals() -> None:
    turns: Turns[int] = Turns()
    for number in range(5):
        turns.add(number, ("document", "ada"))
    order = []
    while turns:
        work, keys = turns.take()
        order.append(work)
        turns.took(keys, 1.0)
    assert order == list(range(5))
