"""What editing costs on the wire, and that a thin link is enough for it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest

from conftest import QuireProcess
from person import Person
from slowlink import slow_link

LINK = 64_000 // 8
"""Bytes a second of a 64 kbit/s link."""
WRITERS = 4
KEYS = 40
"""Keys of each writer, ten a second."""
SEEN_WITHIN = 1.0
"""Seconds in which 95 of 100 characters cross the thin link, as documented."""


@pytest.mark.fm("FM-133")
async def test_a_thin_link_is_enough_to_write_with_four_others(server: QuireProcess) -> None:
    document = server.new_document()
    people = [Person(f"p{number}", server, document) for number in range(WRITERS)]
    async with AsyncExitStack() as stack, slow_link(server, LINK) as link:
        thin = Person("thin", cast("Any", link), document)
        await stack.enter_async_context(people[0].online())
        # 60 KB are there already; they cross the link once.
        await people[0].start("word " * 12_000)
        for person in people[1:]:
            await stack.enter_async_context(person.online())
            await person.until(lambda person=person: person.ready, "the text")
        async with thin.online():
            async with asyncio.timeout(90):
                while not thin.ready:
                    await asyncio.sleep(0.05)
            await thin.saved()
            before = link.sent
            delays: list[float] = []

            async def follow(reader: Person, mark: str) -> None:
                started = time.monotonic()
                await reader.until(lambda: mark in reader.text, f"{mark} over the thin link")
                delays.append(time.monotonic() - started)

            watching: list[asyncio.Task[None]] = []
            for key in range(KEYS):
                for person in people:
                    mark = f"<{person.name}.{key}>" if key % 4 == 0 else "x"
                    person.insert(0, mark)
                    if len(mark) > 1:
                        watching.append(asyncio.create_task(follow(thin, mark)))
                if key % 4 == 2:
                    mark = f"<thin.{key}>"
                    thin.insert(0, mark)
                    watching.append(asyncio.create_task(follow(people[0], mark)))
                await asyncio.sleep(0.1)
            await asyncio.gather(*watching)
            await thin.saved()
            delays.sort()
            assert delays[int(len(delays) * 0.95)] < SEEN_WITHIN, delays[-8:]
            # One key is a frame of a few dozen bytes, however large the document is.
            assert (link.sent - before) / (KEYS * WRITERS) < 120
        # Nothing was missed: coming back costs two state vectors, not the document.
        before = link.sent
        async with thin.online():
            await thin.saved()
        assert link.sent - before < 2_000
        assert thin.text == people[0].text
