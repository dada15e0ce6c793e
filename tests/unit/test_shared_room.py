"""Room that is shared: nobody's large share costs somebody else theirs."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from quire.http.bodyroom import SMALL, BodyRoom
from quire.limits.overload import Overloaded, excess

LARGE = SMALL + 1


def test_what_must_go_is_the_largest_of_whoever_has_most() -> None:
    items = [("eve", 30, "e1"), ("eve", 40, "e2"), ("eve", 20, "e3"), ("ada", 50, "a1")]
    assert excess(items, 140) == []
    assert excess(items, 139) == ["e2"]
    assert excess(items, 100) == ["e2"]
    assert excess(items, 80) == ["e2", "e1"]
    assert sorted(excess(items, 0)) == ["a1", "e1", "e2", "e3"]
    assert excess([], 0) == []


async def test_bodies_of_one_person_wait_for_each_other_and_for_nobody_else() -> None:
    room = BodyRoom(person=2 * LARGE, total=4 * LARGE)
    async with AsyncExitStack() as held:
        for _ in range(2):
            await held.enter_async_context(room.taken("eve", LARGE))
        waiting = room.taken("eve", LARGE)
        third = asyncio.ensure_future(waiting.__aenter__())
        async with room.taken("ada", LARGE), room.taken("eve", SMALL):
            assert not third.done()
        first = room.taken("bob", LARGE)
        await first.__aenter__()
        assert not third.done()
        await first.__aexit__(None, None, None)
    await third
    await waiting.__aexit__(None, None, None)


async def test_who_gets_no_room_in_time_is_refused_and_what_is_larger_than_a_share_fits_alone() -> None:
    room = BodyRoom(person=LARGE, total=LARGE, patience=0.05)
    async with room.taken("eve", 10 * LARGE):
        for person in ("eve", "ada"):
            with pytest.raises(Overloaded):
                await room.taken(person, LARGE).__aenter__()
    async with room.taken("ada", LARGE):
        pass
