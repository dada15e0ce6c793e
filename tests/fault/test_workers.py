"""Worker processes and storage that fail in the middle of a room's work: nobody is left behind without a word."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pycrdt
import pytest

from nodes import DOCUMENT, Guest, Node, made_log, until, written
from quire.crdt import host, pauses, remote
from quire.crdt.remote import Worker
from quire.crdt.replica import ReplicaLost
from quire.crdt.rpc import Operation
from quire.crdt.updates import EMPTY_UPDATE, encode, inspect
from quire.fanout.local import LocalBus
from quire.log.contract import Update
from quire.storage.failure import StorageUnavailable
from quire.sync.rooms import document, ingest
from quire.sync.rooms.registry import LoadFailed
from quire.sync.rooms.room import Room
from quire.sync.rooms.sender import Refusal
from quire.sync.wire import var_uint

HEAVY = 2000
"""Bytes from which these documents live in a worker process."""


async def heavy_node(log: Any, text: str = "x" * HEAVY) -> tuple[Node, Guest]:
    node = Node("n", log, LocalBus(), heavy_document=HEAVY // 2)
    writer = Guest("ada", 1)
    await writer.join(node)
    writer.text += text
    await until(lambda: writer.unsaved == 0, "the long text is saved", node)
    writer.text += "."
    await until(lambda: node.replicas.workers[0]._process is not None and writer.unsaved == 0, "in a worker", node)
    return node, writer


async def reader_of(node: Node, writer: Guest) -> Guest:
    reader = Guest("bob", 2)
    await reader.join(node)
    await until(lambda: str(reader.text) == str(writer.text), "the reader has it", node)
    return reader


def kill_worker(node: Node) -> None:
    process = node.replicas.workers[0]._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)


def recorded(client: int) -> tuple[pycrdt.Text, list[bytes]]:
    """Return a text of one's own, and a list that gets the update of each change made to it."""
    updates: list[bytes] = []
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=client)
    doc.observe(lambda event: updates.append(event.update))
    return doc.get("t", type=pycrdt.Text), updates


async def test_a_member_that_was_held_gets_everything_though_the_worker_died(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        reader = await reader_of(node, writer)
        room, member = await node.room(), reader.member
        assert member is not None
        room.catch_up.hold(member)
        writer.text += " while he was held"
        await until(lambda: writer.unsaved == 0, "saved", node)
        kill_worker(node)
        room.catch_up.release(member)
        await until(lambda: str(reader.text) == str(writer.text), "one diff after all", node)
        writer.text += " and after"
        await until(lambda: str(reader.text) == str(writer.text), "increments again", node)
        await node.close()


async def test_who_comes_back_after_the_worker_died_is_asked_for_what_was_written_away(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        reader = await reader_of(node, writer)
        reader.leave()
        reader.text += " written away"
        kill_worker(node)
        await reader.join(node)
        await until(lambda: str(writer.text).endswith("written away") and reader.unsaved == 0, "it arrives", node)
        await node.close()


async def test_a_worker_that_cannot_start_costs_no_edit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        kill_worker(node)
        await until(lambda: node.replicas.workers[0]._process is None, "the worker is gone", node)

        async def no_memory(_: str) -> None:
            raise OSError(12, "Cannot allocate memory")

        with monkeypatch.context() as patch:
            patch.setattr(remote, "start_child", no_memory)
            writer.text += " kept"
            await until(lambda: writer.refused != [], "the writer is told", node)
            assert writer.refused[0]["reason"] == "storage"
            reader = Guest("bob", 2)
            reader.text += "written away "
            await reader.join(node)
            assert reader.member is not None
            line: Any = reader.member.socket
            await until(lambda: line.closed is not None, "a reader is sent away, to come again", node)
            assert line.closed[0] == 1013
        writer.leave()
        await writer.join(node)
        await until(lambda: writer.unsaved <= 1 and node.stats.saved > 2, "offered again and saved", node)
        stored = pycrdt.Doc()
        for row in (await log.load(DOCUMENT)).tail:
            stored.apply_update(row.payload)
        assert str(stored.get("t", type=pycrdt.Text)).endswith("kept")
        await node.close()


def crafted(client: int, parts: int = 60_000) -> bytes:
    """An update that is slow to read: each of its parts is one more struct."""
    return b"\x01" + var_uint(parts) + var_uint(client) + b"\x00" + b"\x00\x01" * parts + b"\x00"


class Payer:
    """Somebody who causes work, and what it cost."""

    connection = "line"

    def __init__(self, author: str) -> None:
        self.author = self.identity = author
        self.seconds = 0.0
        self.refusals: list[Refusal] = []

    def charge(self, seconds: float) -> None:
        self.seconds += seconds

    def saved(self, count: int) -> None:
        """Nobody waits for it."""

    def refused(self, why: Refusal, detail: str) -> None:
        self.refusals.append(why)


async def test_what_a_reader_offers_is_compared_without_a_copy_that_lacks_what_comes_meanwhile(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        reader = await reader_of(node, writer)
        room = await node.room()
        await room.rest()
        # The live copy is built for the first letter; the comparison, which needs one too, begins beside it.
        writer.text += "a"
        deletion = encode((), [(1, 0, 1)])
        compared = asyncio.create_task(room.contains(deletion, inspect(deletion), Payer("mallory")))
        await until(lambda: str(reader.text).endswith("a"), "the first letter arrives", node)
        assert not await compared
        writer.text += "b"
        await until(lambda: str(reader.text).endswith("ab"), "the second letter arrives", node)
        await node.close()


async def test_a_comparison_that_waits_while_its_room_closes_leaves_no_copy_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: set[int] = set()
    call = Worker.call

    async def noted(worker: Worker, operation: Operation, replica: int, body: bytes, **how: Any) -> bytes:
        answer = await call(worker, operation, replica, body, **how)
        if operation is Operation.OPEN:
            held.add(replica)
        elif operation is Operation.CLOSE:
            held.discard(replica)
        return answer

    monkeypatch.setattr(Worker, "call", noted)
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        assert held
        room, deletion = await node.room(), encode((), [(1, 0, 1)])
        lock = room._deletions._lock
        async with lock:
            compared = asyncio.create_task(room.contains(deletion, inspect(deletion), Payer("mallory")))
            await until(lambda: bool(lock._waiters), "the comparison waits", node)
            writer.leave()
            node.rooms.sweep(asyncio.get_running_loop().time() + 3600)
            await asyncio.gather(*node.rooms._closing.values())
            assert held == set()
        with pytest.raises(ReplicaLost):
            await compared
        assert held == set()
        await node.close()


async def test_a_long_row_that_is_stored_is_read_in_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made_log(tmp_path) as log:
        text, updates = recorded(client=9)
        text += "long " * 1000
        text += "and short"
        done = asyncio.Event()
        log.submit([Update(DOCUMENT, update, "ada", "c", 0) for update in updates], lambda _: done.set())
        await done.wait()
        read_here: list[int] = []
        read = document.inspect

        def noted(update: bytes, **how: bool) -> Any:
            read_here.append(len(update))
            return read(update, **how)

        monkeypatch.setattr(document, "inspect", noted)
        node = Node("n", log, LocalBus(), heavy_update=1000)
        room = await node.room()
        assert max(read_here) < 1000
        assert room.clock.exact
        assert room.clock.of(9) == len(str(text))
        await node.close()

        async def no_memory(_: str) -> None:
            raise OSError(12, "Cannot allocate memory")

        monkeypatch.setattr(remote, "start_child", no_memory)
        node, guest = Node("n", log, LocalBus(), heavy_update=1000), Guest("bob", 1)
        await guest.join(node)
        await until(lambda: str(guest.text) == str(text), "it opens without a worker as well", node)
        await node.close()


async def test_the_time_of_a_worker_is_charged_to_whoever_caused_it(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, _ = await heavy_node(log)
        room = await node.room()
        proving, comparing, answering, building = (Payer(f"somebody {number}") for number in range(4))
        room.ingest.receive(crafted(9), proving)
        await room.missing(b"\x01\x05\x01", answering)
        await room.contains(crafted(9), None, comparing)
        await room.rest()
        await room.missing(b"\x01\x05\x01", building)
        assert proving.seconds > 0.02
        assert comparing.seconds > 0.02
        assert building.seconds > 0.02
        assert 0 < answering.seconds < building.seconds
        await node.close()


async def test_whoever_a_worker_dies_of_is_charged_for_the_time_until_then(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, _ = await heavy_node(log)
        room, payer = await node.room(), Payer("mallory")
        process = node.replicas.workers[0]._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        started = time.monotonic()
        room.ingest.receive(crafted(9), payer)
        await until(lambda: time.monotonic() > started + 0.3, "the worker does not answer", node)
        kill_worker(node)
        await room.missing(b"\x00")
        assert 0.2 <= payer.seconds <= time.monotonic() - started
        assert payer.refusals == []
        await node.close()


async def test_a_worker_that_is_stopped_is_ended_and_the_edit_that_waited_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps no deadline of its own then, and everybody's large documents would wait for ever."""
    monkeypatch.setattr(remote, "PATIENCE", 0.5)
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        process = node.replicas.workers[0]._process
        assert process is not None
        os.kill(process.pid, signal.SIGSTOP)
        writer.text += " all the same"
        await until(lambda: writer.unsaved == 0, "saved", node)
        assert writer.refused == []
        assert node.replicas.deaths == 1
        await node.close()


POISON = b"poison"
DIES_OF_POISON = f"""
import sys
if "quire.crdt.worker" in sys.orig_argv:
    import os
    from quire.crdt import updates
    inspect = updates.inspect
    updates.inspect = lambda update, **how: os.abort() if {POISON!r} in update else inspect(update, **how)
"""


def let_poison(folder: Path, monkeypatch: pytest.MonkeyPatch, do: str = "os.abort()") -> None:
    """Have worker processes do something when they read a poisoned update: die of it."""
    shim = folder / "shim"
    shim.mkdir()
    (shim / "sitecustomize.py").write_text(DIES_OF_POISON.replace("os.abort()", do))
    monkeypatch.syspath_prepend(str(shim))


async def test_an_error_that_nobody_foresaw_ends_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    let_poison(tmp_path, monkeypatch, "{}[0]")
    async with made_log(tmp_path) as log:
        node, _ = await heavy_node(log)
        room, payer = await node.room(), Payer("ada")
        room.ingest.receive(b"\x00" * 200_000 + POISON, payer)
        await until(lambda: payer.refusals != [], "refused", node)
        assert payer.refusals == [Refusal.MALFORMED]
        assert node.replicas.deaths == 0
        await node.close()


async def test_an_update_whose_worker_is_killed_is_asked_for_again_but_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_poison(tmp_path, monkeypatch, "os.kill(os.getpid(), 9)")
    async with made_log(tmp_path) as log:
        node, _ = await heavy_node(log)
        room, payer = await node.room(), Payer("ada")
        for number in range(3):
            room.ingest.receive(b"\x00" * 200_000 + bytes([number]) + POISON, payer)
            await until(lambda: len(payer.refusals) > number, "refused", node)  # noqa: B023 - awaited here
            assert node.replicas.deaths == 2 * (number + 1)
        assert payer.refusals == [Refusal.STORAGE, Refusal.STORAGE, Refusal.MALFORMED]
        await node.close()


async def test_an_update_that_kills_the_worker_does_so_once_to_the_documents_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_poison(tmp_path, monkeypatch)
    async with made_log(tmp_path) as log:
        made = asyncio.Event()
        first = [Update(f"another {number}", EMPTY_UPDATE, "server", "server", 0) for number in range(2)]
        log.submit(first, lambda _: made.set())
        await made.wait()
        node, writer = await heavy_node(log)
        mallory = Payer("mallory")
        shared, apart = node.replicas.workers
        for number in range(2):
            room = await node.rooms.open(f"another {number}")
            room.ingest.receive(b"\x00" * 200_000 + POISON, mallory)
            await until(lambda: len(mallory.refusals) > number, "refused", node)  # noqa: B023 - awaited here
            writer.text += " and on"
            await until(lambda: writer.unsaved == 0, "saved", node)
        assert mallory.refusals == [Refusal.MALFORMED] * 2
        assert writer.refused == []
        assert shared.generation == 1
        assert apart.generation == 3
        # Also in the document of somebody else.
        room = await node.room()
        room.ingest.receive(b"\x00" * 200_000 + POISON, mallory)
        writer.text += " to the end"
        await until(lambda: writer.unsaved == 0, "saved", node)
        assert shared.generation == 1
        await node.close()


@pytest.mark.parametrize("end", ["os.abort()", "os.kill(os.getpid(), 9)"])
async def test_a_stored_text_that_workers_die_of_is_shown_and_not_tried_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    let_poison(tmp_path, monkeypatch, end)
    async with made_log(tmp_path) as log:
        text, updates = recorded(client=9)
        text += "x" * HEAVY + POISON.decode()
        stored = asyncio.Event()
        log.submit([Update("another", update, "ada", "c", 0) for update in updates], lambda _: stored.set())
        await stored.wait()
        node, writer = await heavy_node(log)
        shared = node.replicas.workers[0]
        reader = Guest("bob", 2)
        reader.text += "written away "

        async def comes() -> Room:
            before = len(reader.refused)
            await reader.join(node, "another")
            await until(lambda: len(reader.refused) > before, "an answer", node)
            return reader.room

        room = await comes()
        assert str(text) in str(reader.text)
        assert reader.refused[-1]["reason"] == "storage"
        assert reader.refused[-1]["detail"] == host.UNOPENABLE
        deaths = node.replicas.deaths
        assert 0 < deaths <= pauses.KILLED
        assert shared.generation == 1
        assert node.replicas.unopenable == 1
        await comes()
        assert node.replicas.deaths == deaths
        assert reader.member is not None
        assert not room.takes_again(reader.member)
        # After the pause it is tried once more, where it hurts nobody else.
        later = time.monotonic() + 2 * pauses.FIRST
        monkeypatch.setattr(pauses, "time", SimpleNamespace(monotonic=lambda: later))
        assert room.takes_again(reader.member)
        await comes()
        assert node.replicas.deaths == deaths + 1
        assert shared.generation == 1
        writer.text += " and on"
        await until(lambda: writer.unsaved == 0, "saved", node)
        assert writer.refused == []
        await node.close()


@pytest.mark.parametrize(("times", "refused"), [(3, []), (1000, ["storage"])])
async def test_an_update_whose_document_is_lost_through_others_is_never_called_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, refused: list[str]
) -> None:
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        left = iter(range(times))
        apply = remote.RemoteReplica.apply

        async def lost(replica: remote.RemoteReplica, *arguments: Any) -> Any:
            if next(left, None) is not None:
                raise ReplicaLost
            return await apply(replica, *arguments)

        with monkeypatch.context() as patch:
            patch.setattr(remote.RemoteReplica, "apply", lost)
            writer.text += " kept"
            await until(lambda: writer.unsaved == 0 or writer.refused != [], "an answer", node)
        assert [told["reason"] for told in writer.refused] == refused
        await node.close()


async def test_much_work_for_one_document_holds_up_no_other(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node, writer = await heavy_node(log)
        mallory = Payer("mallory")
        crowd = [asyncio.create_task(node.replicas.inspect("another", crafted(7), mallory)) for _ in range(40)]
        await until(lambda: node.replicas.requests > 20, "the worker has much to do", node)
        writer.text += " at once"
        await until(lambda: writer.unsaved == 0, "saved", node)
        assert sum(not task.done() for task in crowd) > 20
        await asyncio.gather(*crowd)
        await node.close()


async def test_what_waits_of_one_author_has_a_bound_over_all_rooms(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        made = asyncio.Event()
        first = [Update(document, EMPTY_UPDATE, "server", "server", 0) for document in ("another", "a third")]
        log.submit(first, lambda _: made.set())
        await made.wait()
        node = Node("n", log, LocalBus(), unsaved_room_limit=150_000, heavy_update=1000)
        rooms = [await node.rooms.open(document) for document in (DOCUMENT, "another", "a third")]
        mallory, ada = Payer("mallory"), Payer("ada")
        for number, room in enumerate(rooms):
            room.ingest.receive(crafted(number + 1), mallory)
            room.ingest.receive(crafted(number + 11, 1000), ada)
        assert mallory.refusals == [Refusal.STORAGE]
        assert ada.refusals == []
        assert not rooms[2].ingest.relieved("mallory")
        await until(lambda: all(room.settled for room in rooms), "proved", node)
        assert rooms[2].ingest.relieved("mallory")
        await node.close()


def work(seconds: float) -> None:
    """Keep the processor busy."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


@pytest.mark.parametrize(("delay", "moved"), [(time.sleep, False), (work, True)])
async def test_only_work_moves_a_document_to_a_worker_and_no_pause_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, delay: Callable[[float], None], moved: bool
) -> None:
    async with made_log(tmp_path) as log:
        node, writer = Node("n", log, LocalBus()), Guest("ada", 1)
        await writer.join(node)
        writer.text += "first"
        await until(lambda: writer.unsaved == 0, "the document is open", node)
        read = ingest.inspect

        def slowly(update: bytes) -> Any:
            delay(0.2)
            return read(update)

        monkeypatch.setattr(ingest, "inspect", slowly)
        writer.text += "second"
        monkeypatch.undo()
        writer.text += "third"
        await until(lambda: writer.unsaved == 0, "saved", node)
        assert (node.replicas.workers[0]._process is not None) is moved
        await node.close()


async def test_a_stored_row_that_cannot_be_read_is_an_error_and_never_a_wait(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        done = asyncio.Event()
        row = Update(DOCUMENT, b"\x01\x01\x01\x00\x1f\x01\x01a\x00", "ada", "c", 0)
        log.submit([row], lambda _: done.set())
        await done.wait()
        node = Node("n", log, LocalBus())
        with pytest.raises(LoadFailed, match="cannot be read"):
            await node.room()
        assert node.stats.load_failures == 1
        await node.close()


@pytest.mark.fm("FM-014")
async def test_an_update_that_waits_is_stored_once_however_often_it_comes(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node = Node("n", log, LocalBus())
        text, updates = recorded(client=9)
        text += "first "
        text += "second "
        del text[0:6]
        guest = Guest("ada", 1)
        await guest.join(node)
        for _ in range(50):
            guest._send(updates[1])
            guest._send(updates[2])
        await until(lambda: guest.unsaved <= 0, "all are answered", node)
        room = await node.room()
        assert room.settled
        assert len(await written(log)) <= 3
        assert room.size < 200
        guest._send(updates[0])
        reader = Guest("bob", 2)
        await reader.join(node)
        await until(lambda: str(reader.text) == "second ", "whole once the missing one is here", node)
        await node.close()


async def test_updates_that_wait_are_bounded(tmp_path: Path) -> None:
    async with made_log(tmp_path) as log:
        node = Node("n", log, LocalBus())
        text, updates = recorded(client=9)
        for index in range(1200):
            text += f"{index} "
        guest = Guest("mallory", 1)
        await guest.join(node)
        for update in updates[1:]:
            guest._send(update)
        await until(lambda: len(guest.refused) >= 199, "the rest is refused", node)
        assert {message["reason"] for message in guest.refused} == {"storage"}
        # What waits keeps nobody from writing.
        guest.text += "still possible"
        await until(lambda: (node.stats.saved or 0) >= 1001, "saved", node)
        await node.close()


async def test_the_log_goes_on_after_an_error_that_nobody_foresaw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made_log(tmp_path) as log:
        node = Node("n", log, LocalBus())
        guest = Guest("ada", 1)
        await guest.join(node)
        await until(lambda: guest.unsaved <= 0, "joined", node)

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("nobody foresaw this")

        with monkeypatch.context() as patch:
            patch.setattr(log, "_transact", broken)
            guest.text += "kept in memory"
            await until(lambda: not log.health.ok, "it is said", node)
            assert guest.unsaved > 0
        await until(lambda: guest.unsaved <= 0 and log.health.ok, "saved when it passed", node)
        await node.close()


async def test_the_log_is_read_again_until_it_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made_log(tmp_path) as log:
        node = Node("n", log, LocalBus())
        guest = Guest("ada", 1)
        await guest.join(node)
        room = await node.room()
        other: pycrdt.Doc[Any] = pycrdt.Doc(client_id=7)
        other.get("t", type=pycrdt.Text).insert(0, "of a node that is gone")
        done = asyncio.Event()
        log.submit([Update(DOCUMENT, other.get_update(), "bob", "c", 0)], lambda _: done.set())
        await done.wait()

        async def away(_: str) -> None:
            raise StorageUnavailable("away")

        with monkeypatch.context() as patch:
            patch.setattr(room._neighbours, "_load", away)
            node.fanout.mend()
            await until(lambda: node.stats.reread > 0, "it was tried", node)
        await until(lambda: "gone" in str(guest.text), "it is read", node)
        await node.close()
