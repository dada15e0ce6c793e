"""Two nodes with one log and a bus between them: everyone sees the same, whatever the bus does."""

from __future__ import annotations

import asyncio
import math
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path

import pytest

from conftest import PROVE
from contracts.log import append, history, text_of
from locks import write_locked
from nodes import BEACON, DOCUMENT, Guest, Node, made_log, open_log, until, written
from quire.fanout.local import LocalBus
from quire.log.contract import Stored
from quire.log.sqlite import SqliteLog
from quire.settings import Settings


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[SqliteLog]:
    async with made_log(tmp_path) as log:
        yield log


@asynccontextmanager
async def nodes(log: SqliteLog, count: int = 2) -> AsyncIterator[list[Node]]:
    bus = LocalBus()
    made = [Node(f"n{number}", log, bus) for number in range(count)]
    async with AsyncExitStack() as stack:
        for node in made:
            stack.push_async_callback(node.close)
        yield made


async def stored_text(log: SqliteLog) -> str:
    return text_of((await log.load(DOCUMENT)).parts)


async def test_what_is_written_at_one_node_is_seen_at_the_other_and_stored_once(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        await bob.join(two)
        for number in range(50):
            ann.text.insert(0, f"a{number} ")
            bob.text.insert(len(str(bob.text)), f"b{number} ")
            await asyncio.sleep(0.002)
        await until(lambda: str(ann.text) == str(bob.text) and len(str(ann.text).split()) == 100, "one text", one, two)
        await until(lambda: ann.unsaved == bob.unsaved == 0, "saved", one, two)
        assert await stored_text(log) == str(ann.text)
        rows = await written(log)
        assert len(rows) == 100
        assert {row.author for row in rows} == {"ann", "bob"}


@pytest.mark.fm("FM-004", "FM-012")
async def test_edits_made_at_one_place_through_two_nodes_are_all_there_in_one_order(log: SqliteLog) -> None:
    edits = 1000 if PROVE else 100
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        await bob.join(two)
        for number in range(edits):
            # Nothing travels before the event loop turns: neither has seen the other's word.
            ann.text.insert(0, f"ann{number} ")
            bob.text.insert(0, f"bob{number} ")
            await asyncio.sleep(0)
        await until(lambda: ann.unsaved == bob.unsaved == 0, "saved", one, two)
        await until(lambda: str(ann.text) == str(bob.text), "one text", one, two)
        expected = sorted(f"{name}{number}" for name in ("ann", "bob") for number in range(edits))
        assert sorted(str(ann.text).split()) == expected
        assert ann.refused == bob.refused == []
        assert await stored_text(log) == str(ann.text)


@pytest.mark.fm("FM-014")
async def test_updates_sent_three_times_and_at_another_node_after_a_cut_are_there_once(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        sent: list[bytes] = []
        kept = ann.doc.observe(lambda event: sent.append(event.update))
        await ann.join(one)
        await bob.join(two)
        words = [f"word{number}" for number in range(50)]
        for word in words:
            ann.text.insert(len(str(ann.text)), f"{word} ")
            for _ in range(2):
                ann._send(sent[-1])
            await asyncio.sleep(0)
        await until(lambda: ann.unsaved == 0, "saved", one, two)
        with write_locked(log.path):
            ann.text.insert(len(str(ann.text)), "cut ")
            # The link dies before the commit, and the next one leads to the other node.
            assert ann.member is not None
            ann.member.socket.deliver = lambda _: None  # type: ignore[attr-defined]
            ann.leave()
            ann.unsaved = 0
            await ann.join(two)
            for update in sent:
                ann._send(update)
        await until(lambda: ann.unsaved == 0, "saved at the other node", one, two)
        await until(lambda: str(bob.text) == str(ann.text), "one text", one, two)
        assert str(bob.text).split() == [*words, "cut"]
        ann.doc.unobserve(kept)
        assert await stored_text(log) == str(ann.text)


class Counting(Guest):
    """Counts the bytes of text that go to and fro."""

    bytes = 0

    def learn(self, update: bytes) -> None:
        self.bytes += len(update)
        super().learn(update)

    def _send(self, update: bytes) -> None:
        self.bytes += len(update)
        super()._send(update)


@pytest.mark.fm("FM-041")
async def test_a_return_at_the_other_node_costs_what_was_missed_and_misses_nothing(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Counting("ann", 1), Guest("bob", 2)
        await ann.join(one)
        await bob.join(two)
        bob.text.insert(0, "x" * 100_000)
        costs = {}
        for number, missed in enumerate((0, 1, 100, 1000)):
            await until(lambda: bob.unsaved == 0 and str(ann.text) == str(bob.text), "one text", one, two)
            ann.leave()
            for word in range(missed):
                bob.text.insert(0, f"{missed}.{word:06} ")
            await until(lambda: bob.unsaved == 0, "saved", one, two)
            ann.bytes = 0
            await ann.join((two, one)[number % 2])
            await until(lambda: ann.sent > 0 and str(ann.text) == str(bob.text), "what was missed", one, two)
            costs[missed] = ann.bytes
        assert costs[0] < 100
        assert costs[1] < 200
        assert 1000 < costs[100] < 10_000
        assert costs[1000] < 60_000


@pytest.mark.fm("FM-043")
async def test_what_was_in_flight_when_link_and_node_died_arrives_once_at_the_other_node(log: SqliteLog) -> None:
    dying, other = mute_and_sound(log)
    ann, bob = Guest("ann", 1), Guest("bob", 2)
    await ann.join(dying)
    await bob.join(other)
    typed = "".join(f"w{number:03} " for number in range(100))
    assert len(typed) == 500
    for at, letter in enumerate(typed):
        if at == 150:
            # From here on nothing of what is sent arrives, and nobody says so.
            ann.link_is_dead = True
            dying.die()
        if at == 250:
            ann.leave()
        if at == 400:
            assert ann.unsaved >= 100
            ann.link_is_dead, ann.unsaved, ann.sent = False, 0, 0
            await ann.join(other)
        ann.text.insert(at, letter)
        await asyncio.sleep(0)
    await until(lambda: str(bob.text) == typed and ann.unsaved == 0, "every letter once, saved", other)
    assert str(ann.text) == typed
    assert await stored_text(log) == typed
    await other.close()
    await dying.close()


@pytest.mark.fm("FM-071")
async def test_what_was_just_said_to_be_saved_is_in_every_read_on_another_node(log: SqliteLog, tmp_path: Path) -> None:
    async with nodes(log) as (one, two), open_log(tmp_path) as elsewhere:
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        await bob.join(two)
        # The bus loses all, so that nothing but the log can tell.
        one.fanout.cut = two.fanout.cut = True
        for number in range(30):
            before = await written(log)
            ann.text.insert(0, f"word{number} ")
            await until(lambda: ann.unsaved == 0, "saved", one, two)
            stored = text_of((await elsewhere.load(DOCUMENT)).parts)
            assert f"word{number} " in stored
            history = await elsewhere.read(DOCUMENT, after=before[-1].seq if before else 1)
            assert [row.author for row in history] == ["ann"]
            assert f"word{number} ".encode() in history[0].payload


@pytest.mark.fm("FM-092", "FM-104")
async def test_a_thousand_opens_at_two_nodes_read_the_log_once_each(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await append(log, DOCUMENT, history(200))
    text = await stored_text(log)
    loads, load = 0, log.load

    async def counted(document: str) -> Stored:
        nonlocal loads
        loads += 1
        return await load(document)

    monkeypatch.setattr(log, "load", counted)
    # Nobody looks after the nodes while people join: their silence is none.
    monkeypatch.setattr("quire.sync.rooms.neighbours.SILENCE", math.inf)
    async with nodes(log) as both:
        guests = [Guest(f"g{number}", 1000 + number) for number in range(1000)]
        cold, live = guests[:500], guests[500:]
        for people in (cold, live):
            await asyncio.gather(*(guest.join(both[number % 2]) for number, guest in enumerate(people)))
            await until(lambda people=people: all(str(guest.text) == text for guest in people), "the text", *both)
            assert loads == 2


async def test_a_node_that_opens_the_document_later_gets_what_is_not_in_the_log_yet(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        with write_locked(log.path):
            ann.text.insert(0, "not stored yet")
            del ann.text[0:4]
            await bob.join(two)
            await until(lambda: str(bob.text) == "stored yet", "the text from the other node", one, two)
            assert ann.unsaved > 0


async def test_people_at_other_nodes_are_shown_move_and_go(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        ann.show('{"at":1}')
        await bob.join(two)
        await until(lambda: bob.here == {1: '{"at":1}'}, "ann, who came first", one, two)
        ann.show('{"at":2}')
        await until(lambda: bob.here == {1: '{"at":2}'}, "ann has moved", one, two)
        bob.show('{"at":9}')
        await until(lambda: ann.here == {2: '{"at":9}'}, "bob", one, two)
        ann.leave()
        await until(lambda: bob.here == {}, "ann has gone", one, two)
        carol = Guest("carol", 3)
        await carol.join(one)
        carol.show('{"at":3}')
        await until(lambda: bob.here == {3: '{"at":3}'}, "carol", one, two)
        one.die()
        await until(lambda: bob.here == {}, "the node with carol has gone", two)


@pytest.mark.fm("FM-153")
async def test_a_node_that_is_lost_takes_its_people_with_it_in_the_stated_time(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        ann.show("{}")
        await bob.join(two)
        await until(lambda: bob.here == {1: "{}"}, "ann", one, two)
        one.die()
        # The guide says 35 seconds; here each beacon takes a fraction of what it does in a real node.
        in_time = 35 * BEACON / Settings().beacon
        two.rooms.sweep(asyncio.get_running_loop().time() + in_time)
        await until(lambda: bob.here == {}, "the node with ann has gone")


@pytest.mark.parametrize("seed", range(4))
async def test_a_bus_that_loses_repeats_and_reorders_parts_no_copies(log: SqliteLog, seed: int) -> None:
    async with nodes(log, 3) as three:
        guests = [Guest(f"g{number}", number + 1) for number in range(6)]
        for number, guest in enumerate(guests):
            await guest.join(three[number % 3])
        chance = random.Random(seed)
        for node in three:
            node.fanout.chance = random.Random(seed)
            node.fanout.loses, node.fanout.repeats, node.fanout.delays = 0.3, 0.3, 0.3
        for number in range(60):
            for guest in guests:
                guest.text.insert(chance.randint(0, len(str(guest.text))), f"{guest.name}w{number} ")
                if number % 4 == 3:
                    # What is lost here is a deletion, of which no state vector tells.
                    at = chance.randrange(len(str(guest.text)) - 5)
                    del guest.text[at : at + 3]
            guests[number % 6].show(f'{{"at":{number}}}')
            await asyncio.sleep(0.001)
        # It stays as bad: the beacons alone must repair it.
        await until(lambda: len({str(guest.text) for guest in guests}) == 1, "one text", *three)
        await until(lambda: all(len(guest.here) == 5 for guest in guests), "everyone is shown", *three)
        await until(lambda: sum(guest.unsaved for guest in guests) == 0, "saved", *three)
        assert await stored_text(log) == str(guests[0].text)
        assert sum(node.stats.asked for node in three) > 3
        for node in three:
            node.fanout.loses = node.fanout.repeats = node.fanout.delays = 0
        # On a good bus everyone soon knows that everyone has everything, and nobody asks any more.
        rooms = [await node.room() for node in three]
        await until(lambda: all(room.clock.known == rooms[0].clock.known for room in rooms), "one clock", *three)
        await until(lambda: not any(p.lacking for r in rooms for p in r._neighbours._peers.values()), "calm", *three)


async def test_a_lost_deletion_is_noticed_at_the_next_beacon(log: SqliteLog) -> None:
    async with nodes(log) as (one, two):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(one)
        await bob.join(two)
        ann.text.insert(0, "long text")
        await until(lambda: str(bob.text) == "long text" and not two.rooms.get(DOCUMENT)._queue, "the text", one, two)
        two.fanout.cut = True
        del ann.text[0:5]
        await until(lambda: ann.unsaved == 0, "saved", one, two)
        # Both state vectors are equal: only the number in the beacon tells.
        two.fanout.cut = False
        await until(lambda: str(bob.text) == "text", "the deletion", one, two)


async def test_a_deletion_of_words_that_come_later_is_asked_for_again(log: SqliteLog) -> None:
    async with nodes(log, 1) as (node,):
        ann, bob = Guest("ann", 1), Guest("bob", 2)
        await ann.join(node)
        await bob.join(node)
        await until(lambda: ann.sent == bob.sent == 1 and ann.unsaved == bob.unsaved == 0, "joined", node)
        ann.show("{}")
        # Both come from another node, and bob, who has ann's words from there, is here before they are.
        member, ann.member = ann.member, None
        ann.text.insert(0, "long text")
        ann.member = member
        bob.learn(ann.doc.get_update())
        del bob.text[0:5]
        await until(lambda: [refused["reason"] for refused in bob.refused] == ["client-taken"], "the refusal", node)
        ann._send(ann.doc.get_update())
        await until(lambda: str(ann.text) == "text", "the deletion", node)
        await until(lambda: ann.unsaved == bob.unsaved == 0, "saved", node)
        assert await stored_text(log) == "text"


async def test_a_bus_that_was_away_is_caught_up_with_also_on_nodes_that_went_meanwhile(log: SqliteLog) -> None:
    async with nodes(log, 3) as (one, two, three):
        ann, bob, carol = Guest("ann", 1), Guest("bob", 2), Guest("carol", 3)
        for guest, node in ((ann, one), (bob, two), (carol, three)):
            await guest.join(node)
        for node in (one, two, three):
            node.fanout.cut = True
        ann.text.insert(0, "ann ")
        carol.text.insert(0, "carol ")
        await until(lambda: ann.unsaved == carol.unsaved == 0, "saved", one, two, three)
        carol.leave()
        await three.close()
        assert str(bob.text) == ""
        for node in (one, two):
            node.fanout.mend()
        await until(
            lambda: sorted(str(bob.text).split()) == ["ann", "carol"] and str(ann.text) == str(bob.text),
            "ann asked, carol from the log",
            one,
            two,
        )


class Mute(SqliteLog):
    """The log as a node sees it whose commits never get through."""

    def submit(self, updates: object, done: object) -> None:  # type: ignore[override]
        return None


def mute_and_sound(log: SqliteLog) -> tuple[Node, Node]:
    """Return two nodes on one bus, of which the first cannot store anything."""
    bus = LocalBus()
    mute = Node("dying", Mute(log.path, log.archive), bus)
    mute.rooms._log.load = log.load  # type: ignore[method-assign]
    return mute, Node("other", log, bus)


async def test_what_a_dead_node_had_not_stored_is_stored_by_those_who_have_it(log: SqliteLog) -> None:
    dying, other = mute_and_sound(log)
    ann, bob = Guest("ann", 1), Guest("bob", 2)
    await ann.join(dying)
    await bob.join(other)
    ann.text.insert(0, "seen by bob")
    await until(lambda: str(bob.text) == "seen by bob", "the text", dying, other)
    assert ann.unsaved > 0
    assert await stored_text(log) == ""
    # Ann comes back at the other node and offers the same again: that is a promise which only a commit may keep.
    dying.die()
    ann.leave()
    ann.unsaved = ann.sent = 0
    await ann.join(other)
    await until(lambda: ann.sent > 0 and ann.unsaved == 0, "saved", other)
    assert await stored_text(log) == "seen by bob"
    assert [row.author for row in await written(log)] == ["ann"]
    await other.close()
    await dying.close()


async def test_a_node_that_falls_silent_leaves_nothing_unstored_even_if_its_people_never_return(log: SqliteLog) -> None:
    dying, other = mute_and_sound(log)
    ann, bob = Guest("ann", 1), Guest("bob", 2)
    await ann.join(dying)
    await bob.join(other)
    ann.text.insert(0, "seen by bob")
    await until(lambda: str(bob.text) == "seen by bob", "the text", dying, other)
    dying.die()
    await until(lambda: other.stats.saved > 0, "stored by the other node", other)
    assert await stored_text(log) == "seen by bob"
    await other.close()
    await dying.close()


async def test_a_restarted_node_is_told_from_its_former_run(log: SqliteLog) -> None:
    bus = LocalBus()
    first, other = Node("n", log, bus, boot="1"), Node("other", log, bus)
    ann, bob = Guest("ann", 1), Guest("bob", 2)
    await ann.join(first)
    await bob.join(other)
    for number in range(20):
        ann.text.insert(0, f"a{number} ")
    await until(lambda: str(ann.text) == str(bob.text), "before", first, other)
    await until(lambda: ann.unsaved == 0, "saved", first, other)
    first.die()
    ann.leave()
    second = Node("n", log, bus, boot="2")
    await ann.join(second)
    ann.text.insert(0, "again ")
    await until(lambda: str(bob.text).startswith("again a19"), "after the restart", second, other)
    assert str(ann.text) == str(bob.text)
    for node in (first, second, other):
        await node.close()


async def test_alone_nothing_is_said(log: SqliteLog) -> None:
    async with nodes(log, 1) as (one,):
        said: list[bytes] = []
        one.fanout.publish = lambda channel, message: said.append(message)  # type: ignore[method-assign]
        ann = Guest("ann", 1)
        await ann.join(one)
        ann.text.insert(0, "alone")
        ann.show("{}")
        await until(lambda: ann.unsaved == 0, "saved", one)
        assert said == []


async def test_what_storage_refuses_at_one_node_is_given_up_at_the_other_too(log: SqliteLog) -> None:
    with closing(sqlite3.connect(log.path)) as operator, operator:
        operator.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON updates WHEN instr(NEW.payload, x'{b'poison'.hex()}') "
            "BEGIN SELECT RAISE(ABORT, 'this row cannot be stored'); END"
        )
    async with nodes(log) as (one, two):
        eve, bob, new = Guest("eve", 1), Guest("bob", 2), Guest("new", 3)
        await eve.join(one)
        await bob.join(two)
        with write_locked(log.path):
            eve.text.insert(0, "poison ")
            await until(lambda: "poison" in str(bob.text), "the words at the other node", one, two)
        await until(lambda: one.stats.resets > 0 and two.stats.resets > 0, "both read the log", one, two)
        assert eve.refused[0]["reason"] == "unstorable"
        assert eve.unsaved == 1
        bob.leave()
        await new.join(two)
        new.text.insert(0, "fresh ")
        await until(lambda: new.unsaved == 0, "saved", one, two)
        await bob.join(two)
        await until(lambda: bool(bob.refused), "that the words cannot be saved", one, two)
        assert str(new.text) == "fresh "
    assert await stored_text(log) == "fresh "
