"""Two connections, many edits, no retry: nothing read, changed and written back, so nothing to overwrite."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

import pytest

from conftest import PROVE, QuireProcess
from person import Person, agreed


async def both_online(stack: AsyncExitStack, server: QuireProcess) -> tuple[Person, Person]:
    document = server.new_document()
    one, two = Person("one", server, document), Person("two", server, document)
    await stack.enter_async_context(one.online())
    await one.start("base ")
    await stack.enter_async_context(two.online())
    await two.until(lambda: two.ready, "the paragraph")
    return one, two


@pytest.mark.fm("FM-004")
async def test_edits_made_at_the_same_moment_in_the_same_place_are_in_one_order_for_everyone(
    server: QuireProcess,
) -> None:
    async with AsyncExitStack() as stack:
        one, two = await both_online(stack, server)
        differ = 0
        for number in range(100):
            # Both insert at one position, and neither has seen the other's word: there is nothing to tell them apart
            # but the client ids.
            one.held = two.held = True
            one.insert(5, f"one{number} ")
            two.insert(5, f"two{number} ")
            one.held = two.held = False
            one.send_out()
            two.send_out()
            await one.until(lambda number=number: f"two{number} " in one.text, "the other's word")
            await two.until(lambda number=number: f"one{number} " in two.text, "the other's word")
            differ += one.text != two.text
        await one.saved()
        await two.saved()
        assert differ == 0
        fresh = Person("fresh", server, one.document)
        await stack.enter_async_context(fresh.online())
        await agreed(one, two, fresh)
        words = fresh.text.split()
        assert sorted(words) == sorted(["base", *(f"{name}{n}" for name in ("one", "two") for n in range(100))])


@pytest.mark.fm("FM-012")
async def test_a_thousand_interleaved_edits_of_each_of_two_connections_are_all_there(
    server: QuireProcess, seed: int
) -> None:
    edits, chance = 1000, random.Random(seed)
    async with AsyncExitStack() as stack:
        one, two = await both_online(stack, server)

        async def write(person: Person) -> None:
            for number in range(edits):
                person.insert(chance.choice((0, len(person.text))), f"{person.name}{number} ")
                if number % 4 == 0:
                    await asyncio.sleep(0)

        await asyncio.gather(write(one), write(two))
        await one.saved()
        await two.saved()
        await agreed(one, two)
        assert one.refused == two.refused == 0
        expected = sorted(["base", *(f"{name}{n}" for name in ("one", "two") for n in range(edits))])
        assert sorted(one.text.split()) == expected
    assert sorted(server.text(one.document).split()) == expected


@pytest.mark.fm("FM-071", size="200 rounds")
@pytest.mark.parametrize("size", [0, 200_000])
async def test_what_was_just_said_to_be_saved_is_in_every_way_of_reading(server: QuireProcess, size: int) -> None:
    """`size` characters take the reading to a process of its own."""
    rounds = 200 if PROVE else 12
    misses: list[str] = []
    async with AsyncExitStack() as stack:
        one, two = await both_online(stack, server)
        one.insert(0, "x" * size)
        await one.saved()
        for number in range(rounds):
            writer, word = (one, two)[number % 2], f"word{number}"
            writer.insert(len(writer.text), f"{word} ")
            if number % 3 == 0:
                writer.insert(0, "y")
            await writer.saved()
            forms = ("json", "text", "markdown", "html")
            texts = await asyncio.gather(*(asyncio.to_thread(server.text, one.document, form) for form in forms))
            misses += [f"{word} in {form}" for form, text in zip(forms, texts, strict=True) if word not in text]
    assert misses == []
