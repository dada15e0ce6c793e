"""A document with a long past: what it costs to keep, to open and to come back to."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pycrdt
import pytest

from conftest import PROVE
from contracts.log import append
from nodes import DOCUMENT, Node, compacting, open_log
from quire.crdt.updates import encode
from quire.fanout.local import LocalBus
from quire.log.sqlite import SqliteLog
from quire.sync.exchange import Visitor, exchange
from rawclient import appended

LONG = 1_000_000 if PROVE else 10_000
STEP = 25_000 if PROVE else 2_500
"""Updates between compactions."""
WRITER = 7


async def resumed(node: Node, state_vector: bytes) -> bytes:
    """Return what the holder of a state vector lacks."""

    async def anybody() -> Visitor:
        return Visitor("", "", writable=False, known=False)

    _, missing = await exchange(
        node.rooms, DOCUMENT, admit=anybody, changes=lambda: 0, state_vector=state_vector, update=b""
    )
    return missing


class Past:
    """Someone types, a character an update, and now and then deletes; the text at some moments is kept.

    Written as bytes, since a CRDT walks over all that was deleted to find the end: a million edits took an hour.
    """

    def __init__(self, seed: int) -> None:
        self.moments: dict[int, str] = {}
        self.count = self._clock = 0
        self._letters: list[str] = []
        self._clocks: list[int] = []
        self._chance = random.Random(seed)

    @property
    def text(self) -> str:
        """What stands there now."""
        return "".join(self._letters)

    def write(self, updates: int) -> list[bytes]:
        """Return the next updates."""
        return [self._edit() for _ in range(updates)]

    def _edit(self) -> bytes:
        if len(self._letters) > 40 and self._chance.random() < 0.1:
            update = encode((), [(WRITER, clock, clock + 1) for clock in self._clocks[-3:]])
            del self._letters[-3:], self._clocks[-3:]
        else:
            letter = self._chance.choice("abcdefghij   ")
            update = appended(self._clock, letter, WRITER)
            self._letters.append(letter)
            self._clocks.append(self._clock)
            self._clock += 1
        self.count += 1
        if self._chance.random() < 60 / LONG:
            self.moments[self.count] = self.text
        return update


async def store(log: SqliteLog, document: str, updates: Sequence[bytes]) -> None:
    for start in range(0, len(updates), 5000):
        await append(log, document, updates[start : start + 5000])


@pytest.mark.fm("FM-066", size="1,000,000 updates")
async def test_a_long_past_leaves_the_hot_table_and_every_moment_of_it_still_opens(tmp_path: Path) -> None:
    past = Past(1)
    async with open_log(tmp_path) as log, compacting(log) as compactor:
        first = past.write(10)
        await store(log, DOCUMENT, first)
        absent: pycrdt.Doc = pycrdt.Doc()
        for update in first:
            absent.apply_update(update)
        while past.count < LONG:
            await store(log, DOCUMENT, past.write(min(STEP, LONG - past.count)))
            await compactor.compact(DOCUMENT)
        await store(log, DOCUMENT, past.write(7))
        past.moments[past.count] = past.text

        with closing(sqlite3.connect(log.path)) as table:
            (hot,) = table.execute("SELECT count(*) FROM updates").fetchone()
        archived = sum(path.stat().st_size for path in (tmp_path / "blobs" / "archive").rglob("*.qseg"))
        print(f"{past.count} updates, {hot} hot, {archived / past.count:.1f} archive bytes per update")
        assert hot == 7
        assert archived / past.count < 40

        # Somebody last seen before nearly all of it needs none of the old updates.
        node = Node("n", log, LocalBus())
        started = time.monotonic()
        missing = await resumed(node, absent.get_state())
        print(f"resumed with {len(missing)} bytes in {time.monotonic() - started:.2f} s")
        absent.apply_update(missing)
        assert str(absent.get("t", type=pycrdt.Text)) == past.text
        assert len(missing) < 3 * len(past.text) + 20 * past.count // 10
        await node.close()

        replay: pycrdt.Doc = pycrdt.Doc()
        text, after, wrong = replay.get("t", type=pycrdt.Text), 0, 0
        while rows := await log.read(DOCUMENT, after=after, limit=5000):
            assert [row.seq for row in rows] == list(range(after + 1, after + 1 + len(rows)))
            for row in rows:
                replay.apply_update(row.payload)
                if row.seq in past.moments:
                    wrong += str(text) != past.moments[row.seq]
            after = rows[-1].seq
        assert (after, wrong) == (past.count, 0)
        assert len(past.moments) > 20


@pytest.mark.fm("FM-067", size="1, 1,000 and 1,000,000 updates")
async def test_opening_a_cold_document_costs_the_same_whatever_its_past(tmp_path: Path) -> None:
    size = 1_000_000
    chance = random.Random(2)
    async with open_log(tmp_path) as log, compacting(log) as compactor:
        pasts = (1, 1000, LONG)
        for count in pasts:
            updates: list[bytes] = []
            share = max(1, size // count)
            for number in range(count):
                updates.append(appended(number * share, "".join(chance.choices("abcdefghij   ", k=share))))
                if len(updates) == STEP:
                    await store(log, f"d{count}", updates)
                    await compactor.compact(f"d{count}")
                    updates.clear()
            await store(log, f"d{count}", updates)
            await compactor.compact(f"d{count}")

        seconds: dict[int, float] = {}
        memory: dict[int, int] = {}
        for count in pasts:
            times = []
            for _ in range(5):
                node = Node("n", log, LocalBus())
                started = time.perf_counter()
                room = await node.rooms.open(f"d{count}")
                everything = await room.missing(b"\x00")
                times.append(time.perf_counter() - started)
                memory[count] = room.memory
                assert len(everything) >= 0.85 * size
                await node.close()
            seconds[count] = min(times)
        print(seconds, memory)
        # The least of five, and a generous factor: what must not be there is growth with the past.
        assert seconds[LONG] < 3 * seconds[1] + 0.05
        assert seconds[1000] < 3 * seconds[1] + 0.05
        assert max(memory.values()) < 1.25 * min(memory.values())
        assert [len((await log.load(f"d{count}")).tail) for count in pasts] == [0, 0, 0]


async def test_a_compaction_that_comes_late_still_works(tmp_path: Path) -> None:
    """A compactor that was held up finds far more single characters in a row than one update may have."""
    past = Past(3)
    async with open_log(tmp_path) as log, compacting(log) as compactor:
        await store(log, DOCUMENT, past.write(30_000))
        assert await asyncio.wait_for(compactor.compact(DOCUMENT), 120) == 30_000
        # And before it came, nobody who opens the document waits for a merge that takes the square of the number.
        updates = past.write(10_000)
        await store(log, DOCUMENT, updates)
        node = Node("n", log, LocalBus())
        started = time.monotonic()
        await resumed(node, b"\x00")
        assert time.monotonic() - started < 2
        await node.close()
        doc: pycrdt.Doc = pycrdt.Doc()
        for part in (await log.load(DOCUMENT)).parts:
            doc.apply_update(part)
        assert str(doc.get("t", type=pycrdt.Text)) == past.text
