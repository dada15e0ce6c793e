"""The slow work of a room is done in turn: of its authors, and with the rest of the node."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from quire.sync.rooms.serialqueue import SerialQueue


def noting(done: list[str], name: str) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        done.append(name)

    return work


async def test_much_work_of_one_author_keeps_no_other_waiting_and_stays_in_order() -> None:
    done: list[str] = []
    queue = SerialQueue(pytest.fail)
    for number in range(100):
        queue.add(noting(done, f"ann{number}"), of="ann")
    for name in ("bob0", "bob1"):
        queue.add(noting(done, name), of="bob")
    queue.add(noting(done, "room"))
    await queue.finish()
    assert done[:6] == ["ann0", "bob0", "room", "ann1", "bob1", "ann2"]
    assert [name for name in done if name.startswith("ann")] == [f"ann{number}" for number in range(100)]


async def test_work_that_waits_for_nothing_lets_the_rest_of_the_node_go_on() -> None:
    done: list[str] = []
    queue = SerialQueue(pytest.fail)
    for number in range(100):
        queue.add(noting(done, str(number)))
    await asyncio.sleep(0)
    done.append("a frame of another document")
    await queue.finish()
    assert done.index("a frame of another document") == 1
