"""No word is lost when people write in one paragraph at once, late, or with wrong clocks."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
from contextlib import AsyncExitStack, closing

import pytest

from conftest import PROVE, QuireProcess, run_node
from person import Person, agreed


@pytest.mark.fm("FM-005", size="240 words of each writer")
@pytest.mark.parametrize("writers", [2, 3, 10, 50])
async def test_every_word_of_many_writers_in_one_paragraph_is_there(
    server: QuireProcess, writers: int, seed: int
) -> None:
    document, chance = server.new_document(), random.Random(seed)
    rounds = 240 if PROVE else 24
    people = [Person(f"p{number}", server, document) for number in range(writers)]
    async with AsyncExitStack() as stack:
        first = people[0]
        await stack.enter_async_context(first.online())
        await first.start()
        for person in people[1:]:
            await stack.enter_async_context(person.online())
            await person.until(lambda person=person: person.ready, "the paragraph")
        for number in range(rounds):
            for person in people:
                text = person.text
                gaps = [0, len(text), *(at + 1 for at, letter in enumerate(text) if letter == " ")]
                person.insert(chance.choice(gaps), f"{person.name}w{number} ")
                await asyncio.sleep(0)
        for person in people:
            await person.saved()
        await agreed(*people)
        words = first.text.split()
        assert sorted(words) == sorted(f"{person.name}w{number}" for person in people for number in range(rounds))
        assert len({person.text for person in people}) == 1
        assert sum(person.refused for person in people) == 0
    assert server.text(document).split() == words


@pytest.mark.fm("FM-007")
async def test_bold_on_one_word_and_a_typo_three_words_on_are_both_there(server: QuireProcess) -> None:
    document = server.new_document()
    bold, typo = Person("bold", server, document), Person("typo", server, document)
    async with bold.online():
        await bold.start("the quick brwn fox jumps")
        async with typo.online():
            await typo.until(lambda: "fox" in typo.text, "the sentence")
    # Neither sees the other's change before making its own.
    bold.paragraph.format(0, 3, {"bold": {}})
    typo.insert(typo.text.index("brwn") + 2, "o")
    async with bold.online(), typo.online():
        await bold.saved()
        await typo.saved()
        await bold.until(lambda: "brown" in bold.text, "the mended typo")
        await agreed(bold, typo)
        for person in (bold, typo):
            runs = [(words, bool(marks)) for words, marks in person.paragraph.diff()]
            assert runs == [("the", True), (" quick brown fox jumps", False)]
    assert "**the** quick brown fox jumps" in server.text(document, "markdown")


@pytest.mark.fm("FM-011")
@pytest.mark.parametrize("missed", [0, 10, 50, 300])
async def test_edits_made_on_an_old_view_are_kept_however_late_they_arrive(server: QuireProcess, missed: int) -> None:
    """`missed` edits of the other person at 5 a second are a delay of 0, 2, 10 and 60 s."""
    document = server.new_document()
    late, quick = Person("late", server, document), Person("quick", server, document)
    async with late.online(), quick.online():
        await late.start("one sentence of two people.")
        await quick.until(lambda: "people" in quick.text, "the sentence")
        late.held = True
        for number in range(20):
            late.insert(late.text.index("sentence"), f"late{number} ")
        for number in range(missed):
            quick.insert(quick.text.index("sentence"), f"quick{number} ")
        await quick.saved()
        late.held = False
        late.send_out()
        await late.saved()
        await agreed(late, quick)
        assert late.refused == quick.refused == 0
        words = set(late.text.split())
    assert words >= {f"late{number}" for number in range(20)} | {f"quick{number}" for number in range(missed)}
    assert set(server.text(document).split()) == words


@pytest.mark.fm("FM-001", "FM-002", "FM-003")
def test_clocks_decide_nothing(server: QuireProcess) -> None:
    """The real npm clients in threads whose clocks are wrong."""
    documents = [server.new_document() for _ in range(9)]
    report = json.loads(run_node("clocks.mjs", server.url, server.token, *documents, timeout=120))
    # Two writers, skews of ±5 h, ±5 min, to 1970, to 2099 and a jump in mid-edit: all words, the same result each time.
    assert len(report["skews"]) == 7
    assert all(lost == 0 for lost in report["skews"].values()), report
    assert len(set(report["texts"])) == 1
    # One hostile client at year 2099, which also sends its edits again, against nine honest ones.
    assert report["hostile"] == {"writers": 10, "missing": 0, "repeated": 0}
    # A paragraph stamped in 2099, then 100 edits with the right clock.
    assert report["after_2099"] == {"missing": 0}


@pytest.mark.fm("FM-006")
async def test_every_word_that_was_typed_is_in_the_text_or_in_the_history_with_its_author(server: QuireProcess) -> None:
    document = server.new_document()
    people = [Person(f"p{number}", server, document) for number in range(4)]
    chance = random.Random(7)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(people[0].online())
        await people[0].start()
        for person in people[1:]:
            await stack.enter_async_context(person.online())
            await person.until(lambda person=person: person.ready, "the paragraph")
        for number in range(30):
            for person in people:
                person.insert(0, f"{person.name}w{number} ")
                length = len(person.text)
                if length > 40:
                    # Others' words go too.
                    at = chance.randrange(length - 20)
                    del person.paragraph[at : at + chance.randrange(1, 20)]
                await asyncio.sleep(0)
        for person in people:
            await person.saved()
        await agreed(*people)
        text = people[0].text
    with closing(sqlite3.connect(server.data / "log.db")) as log:
        rows = log.execute("SELECT payload, author FROM updates WHERE document=? AND at>0", (document,)).fetchall()
    assert {author for _, author in rows} == {server.api("GET", f"/documents/{document}")["owner"]["id"]}  # type: ignore[index]
    gone = 0
    for word in (f"{person.name}w{number} " for person in people for number in range(30)):
        if word not in text:
            gone += 1
            assert any(word.encode() in payload for payload, _ in rows), word
    assert gone > 0
