"""What every update log must do, step by step and against a plain model."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pycrdt
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from conftest import PROVE
from contracts import compare
from quire.log.contract import Health, LogFull, Outcome, Refused, Stored, Update, UpdateLog


class LogSetup(Protocol):
    """One place of storage and what a test does to it."""

    async def open(self, *, queue_limit: int = 64 * 1024 * 1024) -> UpdateLog:
        """Open the log on what is stored."""
        ...

    async def compact(self, log: UpdateLog, document: str) -> None:
        """Make a snapshot at the last update and archive what it covers."""
        ...

    def stalled(self, log: UpdateLog) -> AbstractContextManager[object]:
        """Let no commit happen inside the block."""
        ...

    def failing(self, log: UpdateLog) -> AbstractContextManager[object]:
        """Let every commit fail inside the block."""
        ...

    async def crash(self, log: UpdateLog) -> None:
        """End the log as a power cut would: only what is durable now is there at the next `open`."""
        ...

    def leftovers(self) -> list[str]:
        """Name everything that is stored besides the rows of documents that exist."""
        ...


def history(count: int, client: int = 1) -> list[bytes]:
    """Real updates of one text, some of which delete."""
    doc: pycrdt.Doc = pycrdt.Doc(client_id=client)
    text = doc.get("t", type=pycrdt.Text)
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    for number in range(count):
        text.insert(len(str(text)) // 2, f"word{number} ")
        if number % 7 == 0:
            del text[0:2]
    doc.unobserve(subscription)
    return updates


def text_of(parts: Sequence[bytes]) -> str:
    doc: pycrdt.Doc = pycrdt.Doc()
    if parts:
        doc.apply_update(pycrdt.merge_updates(*parts))
    return str(doc.get("t", type=pycrdt.Text))


def edit(doc: pycrdt.Doc, change: Callable[[], None]) -> bytes:
    """Return the update that a change makes."""
    before = doc.get_state()
    change()
    return doc.get_update(before)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def append(log: UpdateLog, document: str, payloads: Sequence[bytes], author: str = "ann") -> list[Outcome]:
    done: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
    log.submit([Update(document, payload, author, "c1", 1) for payload in payloads], done.set_result)
    return list(await asyncio.wait_for(done, 10))


async def parts(log: UpdateLog, document: str) -> list[bytes]:
    return (await log.load(document)).parts


class LogContract:
    """Subclasses give fixtures `setup` (a `LogSetup` on empty storage) and `log` (opened, closed afterwards)."""

    async def test_numbers_are_gap_free_for_each_document_in_order_of_submission(self, log: UpdateLog) -> None:
        outcomes = await asyncio.gather(*(append(log, f"d{n % 3}", [bytes([n])]) for n in range(90)))
        for document in range(3):
            assert sorted(o[0] for n, o in enumerate(outcomes) if n % 3 == document) == list(range(1, 31))
            rows = await log.read(f"d{document}")
            assert [row.seq for row in rows] == list(range(1, 31))
            assert [row.payload[0] for row in rows] == [n for n in range(90) if n % 3 == document]
            assert {(row.author, row.connection, row.at) for row in rows} == {("ann", "c1", 1)}

    async def test_one_batch_may_hold_many_documents_and_each_update_has_its_outcome(self, log: UpdateLog) -> None:
        done: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        updates = [Update(f"d{number % 2}", b"%d" % number, "a", "c", number) for number in range(1500)]
        log.submit(updates, done.set_result)
        assert list(await asyncio.wait_for(done, 10)) == [1 + number // 2 for number in range(1500)]
        assert [row.at for row in await log.read("d1", limit=2000)] == list(range(1, 1500, 2))

    async def test_an_unknown_document_is_empty(self, log: UpdateLog) -> None:
        assert await log.load("nobody") == Stored(None, (), 0)
        assert list(await log.read("nobody")) == []

    async def test_reading_pages_through_archive_and_new_updates_alike(self, log: UpdateLog, setup: LogSetup) -> None:
        updates = history(300)
        await append(log, "d", updates[:200])
        await setup.compact(log, "d")
        await append(log, "d", updates[200:])
        for after, limit in ((0, 10), (195, 10), (199, 1), (200, 50), (len(updates) - 1, 5), (len(updates), 5), (0, 1)):
            rows = await log.read("d", after=after, limit=limit)
            assert [row.seq for row in rows] == list(range(after + 1, min(after + limit, len(updates)) + 1))
            assert [row.payload for row in rows] == updates[after : after + limit]

    async def test_odd_content_comes_back_as_it_was(self, log: UpdateLog) -> None:
        odd = [b"", b"\0" * 70_000, bytes(range(256)), b"x" * 3_000_000]
        for author in ("", "ännchen 😀", "a" * 300):
            assert all(isinstance(outcome, int) for outcome in await append(log, "d/ü", odd, author))
        rows = await log.read("d/ü")
        assert [row.payload for row in rows] == odd * 3
        assert [row.author for row in rows] == ["", *[""] * 3, *["ännchen 😀"] * 4, *["a" * 300] * 4]

    async def test_an_update_that_can_never_be_stored_is_refused_and_holds_nobody_up(self, log: UpdateLog) -> None:
        done: asyncio.Future[Sequence[Outcome]] = asyncio.get_running_loop().create_future()
        updates = [Update("d", b"%d" % n, "\ud800" if n == 3 else "a", "c", n) for n in range(6)]
        log.submit(updates, done.set_result)
        outcomes = list(await asyncio.wait_for(done, 10))
        assert isinstance(outcomes[3], Refused)
        assert [outcome for outcome in outcomes if isinstance(outcome, int)] == [1, 2, 3, 4, 5]
        assert [row.payload for row in await log.read("d")] == [b"0", b"1", b"2", b"4", b"5"]
        assert log.health.ok

    async def test_what_is_acknowledged_is_there_after_a_crash(self, setup: LogSetup) -> None:
        log = await setup.open()
        updates = history(40)
        await append(log, "d", updates)
        await setup.crash(log)
        log = await setup.open()
        assert [row.payload for row in await log.read("d")] == updates
        assert await append(log, "d", [b"next"]) == [len(updates) + 1]
        await log.close()

    async def test_closing_commits_what_waits(self, setup: LogSetup) -> None:
        log = await setup.open()
        for number in range(50):
            log.submit([Update("d", b"%d" % number, "a", "c", 1)], lambda _: None)
        await log.close()
        log = await setup.open()
        assert [row.payload for row in await log.read("d")] == [b"%d" % number for number in range(50)]
        await log.close()

    async def test_a_full_queue_refuses_and_keeps_nothing_of_the_refused(self, setup: LogSetup) -> None:
        log = await setup.open(queue_limit=1000)
        with setup.stalled(log):
            log.submit([Update("d", b"x" * 900, "a", "c", 1)], lambda _: None)
            assert log.queued_bytes == 900
            with pytest.raises(LogFull):
                log.submit([Update("d", b"y" * 900, "a", "c", 1)], lambda _: None)
            assert log.queued_bytes == 900
        await log.close()
        log = await setup.open()
        assert log.queued_bytes == 0
        assert [row.payload[:1] for row in await log.read("d")] == [b"x"]
        await log.close()

    async def test_the_acknowledgement_comes_after_the_commit_and_once(self, log: UpdateLog, setup: LogSetup) -> None:
        told: list[Sequence[Outcome]] = []
        with setup.stalled(log):
            log.submit([Update("d", b"1", "a", "c", 1)], told.append)
            # Reading goes on meanwhile, in threads and turns in which it would have been told.
            for _ in range(20):
                assert (await log.load("d")).last_seq == 0
            assert told == []
        await append(log, "d", [b"2"])
        assert [list(outcomes) for outcomes in told] == [[1]]

    async def test_compaction_keeps_every_update_and_shortens_the_tail(self, log: UpdateLog, setup: LogSetup) -> None:
        updates = history(600)
        await append(log, "d", updates[:500])
        await setup.compact(log, "d")
        await append(log, "d", updates[500:])
        stored = await log.load("d")
        assert stored.snapshot is not None
        assert (stored.snapshot.seq, len(stored.tail), stored.last_seq) == (500, len(updates) - 500, len(updates))
        assert text_of(stored.parts) == text_of(updates)
        assert [row.payload for row in await log.read("d", limit=10_000)] == updates

    async def test_what_waits_for_missing_updates_survives_compaction(self, log: UpdateLog, setup: LogSetup) -> None:
        updates = history(30)
        missing = updates.pop(10)
        await append(log, "d", updates)
        await setup.compact(log, "d")
        await append(log, "d", [missing])
        assert text_of((await log.load("d")).parts) == text_of([*updates, missing])

    async def test_erasing_leaves_nothing_behind_and_touches_no_other_document(
        self, log: UpdateLog, setup: LogSetup
    ) -> None:
        for document in ("gone", "kept"):
            await append(log, document, history(50))
            await setup.compact(log, document)
        kept = await log.read("kept", limit=100)
        await log.erase("gone")
        await log.erase("gone")
        assert await log.load("gone") == Stored(None, (), 0)
        assert list(await log.read("gone")) == []
        assert not [name for name in setup.leftovers() if "gone" in name]
        assert await log.read("kept", limit=100) == kept
        assert await append(log, "gone", [b"new"]) == [1]

    async def test_what_a_newer_snapshot_replaces_does_not_stay(self, log: UpdateLog, setup: LogSetup) -> None:
        """A large document that is compacted again and again takes the room of a few snapshots, not of all."""
        doc: pycrdt.Doc = pycrdt.Doc()
        text = doc.get("t", type=pycrdt.Text)
        text.insert(0, random.Random(1).randbytes(600_000).hex())
        sizes = []
        await append(log, "d", [doc.get_update()])
        for _ in range(5):
            await append(log, "d", [edit(doc, lambda: text.insert(0, "x"))])
            await setup.compact(log, "d")
            sizes.append(len([name for name in setup.leftovers() if name.startswith("snapshots/")]))
        assert sizes[-1] == sizes[-2] <= 3
        await log.erase("d")
        assert setup.leftovers() == []

    async def test_health_can_be_watched_until_that_is_given_up(self, log: UpdateLog, setup: LogSetup) -> None:
        seen: list[Health] = []
        others: list[Health] = []
        unwatch = log.watch(seen.append)
        log.watch(others.append)
        for times in (1, 2):
            with setup.failing(log):
                log.submit([Update("d", b"%d" % times, "a", "c", 1)], lambda _: None)
                await until(lambda: not log.health.ok)
            await until(lambda: log.health.ok)
            await append(log, "d", [b"x"])
            if times == 1:
                unwatch()
            assert [health.ok for health in others] == [False, True] * times
            assert [health.ok for health in seen] == [False, True]
        assert others[0].reason
        assert [row.payload for row in await log.read("d")] == [b"1", b"x", b"2", b"x"]

    def test_it_behaves_as_a_plain_list_of_updates(self, make_setup: Callable[[], LogSetup]) -> None:
        compare(lambda: LogMachine(make_setup()), examples=100 if PROVE else 8, steps=40 if PROVE else 15)


@dataclass
class _Document:
    pool: list[bytes]
    rows: list[tuple[bytes, str]] = field(default_factory=list)


class LogMachine(RuleBasedStateMachine):
    """Random work on a log beside a list that is kept by hand."""

    names = ("a", "b")

    def __init__(self, setup: LogSetup) -> None:
        super().__init__()
        self.setup = setup
        self.runner = asyncio.Runner()
        self.documents = {name: _Document(history(40, number + 1)) for number, name in enumerate(self.names)}
        self.log: UpdateLog = self.run(setup.open())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.log.close())
        self.runner.close()

    @rule(name=st.sampled_from(names), author=st.sampled_from(["ann", "bob"]), picks=st.lists(st.integers(0, 44)))
    def submit(self, name: str, author: str, picks: list[int]) -> None:
        """Any updates in any order, repeats and such that wait for others among them."""
        document = self.documents[name]
        payloads = [document.pool[pick % len(document.pool)] for pick in picks]
        if payloads:
            first = len(document.rows) + 1
            outcomes = self.run(append(self.log, name, payloads, author))
            assert outcomes == list(range(first, first + len(payloads)))
            document.rows += [(payload, author) for payload in payloads]

    @rule()
    def reopen(self) -> None:
        self.run(self.log.close())
        self.log = self.run(self.setup.open())

    @rule(name=st.sampled_from(names), pick=st.integers(0, 39))
    def crash_with_something_in_the_queue(self, name: str, pick: int) -> None:
        """What was never acknowledged is there wholly or not at all."""
        document = self.documents[name]
        payload = document.pool[pick]

        async def work() -> None:
            with self.setup.stalled(self.log):
                self.log.submit([Update(name, payload, "ann", "c1", 1)], lambda _: None)
            await self.setup.crash(self.log)
            self.log = await self.setup.open()
            rows = await self.log.read(name, after=len(document.rows), limit=10)
            assert [row.payload for row in rows] in ([], [payload])
            document.rows += [(row.payload, row.author) for row in rows]

        self.run(work())

    @rule(name=st.sampled_from(names))
    def compact(self, name: str) -> None:
        self.run(self.setup.compact(self.log, name))
        stored = self.run(self.log.load(name))
        if self.documents[name].rows:
            assert stored.snapshot is not None
            assert stored.snapshot.seq == len(self.documents[name].rows)
            assert list(stored.tail) == []

    @rule(name=st.sampled_from(names))
    def erase(self, name: str) -> None:
        self.run(self.log.erase(name))
        self.documents[name].rows.clear()

    @rule(name=st.sampled_from(names), after=st.integers(0, 60), limit=st.integers(1, 60))
    def read(self, name: str, after: int, limit: int) -> None:
        rows = self.run(self.log.read(name, after=after, limit=limit))
        assert [(row.payload, row.author) for row in rows] == self.documents[name].rows[after : after + limit]
        assert [row.seq for row in rows] == [after + 1 + index for index in range(len(rows))]

    @invariant()
    def every_document_is_what_was_stored(self) -> None:
        for name, document in self.documents.items():
            stored = self.run(self.log.load(name))
            assert stored.last_seq == len(document.rows)
            # In any other order, too: loading must not depend on luck with what waits for what.
            payloads = [payload for payload, _ in document.rows]
            random.Random(1).shuffle(payloads)
            assert text_of(stored.parts) == text_of(payloads)
