"""A crowd of moving cursors beside people who write."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from conftest import PROVE, QuireProcess
from person import Person
from quire.sync import wire
from rawclient import Client, connected

CURSORS, TYPISTS = (500, 20) if PROVE else (120, 6)
WORDS = 40 if PROVE else 20
EXTRA_SECONDS = 0.1
"""How much later text may be seen beside the crowd (99 of 100 words), as documented."""


async def written(people: list[Person], name: str) -> list[float]:
    """Let everybody write in turns; return the seconds until the next person saw each word, sorted."""
    delays: list[float] = []
    for number in range(WORDS):
        for person, reader in zip(people, people[1:] + people[:1], strict=True):
            mark = f"<{name}.{person.name}.{number}>"
            started = time.monotonic()
            person.insert(0, mark)
            await reader.until(lambda reader=reader, mark=mark: mark in reader.text, mark)
            delays.append(time.monotonic() - started)
    return sorted(delays)


class Cursor:
    """A raw client that only moves its cursor."""

    def __init__(self, client: Client, number: int) -> None:
        self._client, self._number, self._clock = client, 1_000_000 + number, 0

    def move(self) -> None:
        self._clock += 1
        state = {
            "user": {"id": f"guest-{self._number}", "name": f"Guest {self._number}", "color": "#1a5fb4"},
            "cursor": {"anchor": {"type": None, "tname": "default", "item": None, "assoc": self._clock}},
        }
        entry = wire.PresenceEntry(self._number, self._clock, json.dumps(state))
        self._client.send(wire.awareness(wire.encode_awareness([entry])))


async def discard(client: Client) -> None:
    while await client.reader.read(65536):
        pass


@pytest.mark.fm("FM-038", size="500 cursors, 20 typists")
@pytest.mark.timeout(900)
async def test_moving_cursors_neither_delay_text_nor_reach_storage(launch: Callable[..., QuireProcess]) -> None:
    # The clients that only move a cursor answer no pings, and the crowd takes a while to gather.
    server = launch(pong_timeout="600")
    document = server.new_document()
    people = [Person(f"p{number}", server, document) for number in range(TYPISTS)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(people[0].online())
        await people[0].start("start ")
        for person in people[1:]:
            await stack.enter_async_context(person.online())
            await person.until(lambda person=person: person.ready, "the text")
        watcher = await stack.enter_async_context(connected(server, document))
        watcher.send(b"\x02\x00" + wire.var_string(server.token) + wire.var_string("4.8.0"))
        cursors: list[Cursor] = []
        for number in range(CURSORS):
            client = await stack.enter_async_context(connected(server, document))
            client.send(b"\x02\x00" + wire.var_string(server.token) + wire.var_string("4.8.0"))
            cursors.append(Cursor(client, number))
            reading = asyncio.create_task(discard(client))
            stack.callback(reading.cancel)
        alone = await written(people, "alone")
        for person in people:
            await person.saved()

        async def crowd() -> None:
            while True:
                for cursor in cursors:
                    cursor.move()
                    await asyncio.sleep(0.5 / CURSORS)

        moving = asyncio.create_task(crowd())
        stack.callback(moving.cancel)
        seen: set[int] = set()
        while len(seen) < CURSORS:
            # Everybody's cursor is shown to everybody, in turns.
            content, _ = wire.read_var_bytes(await watcher.until(b"\x01"), 1)
            seen |= {entry.client for entry in wire.decode_awareness(content, max_state=8192) if entry.state}
        before = server.metric("log_rows_total")
        beside = await written(people, "beside")
        for person in people:
            await person.saved()
        assert server.metric("log_rows_total") - before <= WORDS * TYPISTS
        at = int(len(alone) * 0.99)
        print(f"p99 alone {alone[at] * 1e3:.1f} ms, beside {CURSORS} cursors {beside[at] * 1e3:.1f} ms")
        assert beside[at] < alone[at] + EXTRA_SECONDS
