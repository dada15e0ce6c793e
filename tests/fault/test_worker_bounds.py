"""The worker process of heavy documents has a deadline and a memory limit: past them it dies, and only that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from conftest import QuireProcess
from person import Person, agreed
from quire.crdt.rpc import REQUEST, Operation
from quire.crdt.updates import EMPTY_UPDATE
from quire.sync import wire
from rawclient import connected, fan, insertion, joined
from stalls import children, until

WORKER = "quire.crdt.worker"
SOONER = """
import signal
# What the worker asks for as its deadline comes sixty times as soon.
signal.alarm = lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds / 60)
"""
SMALLER = """
import resource
given = resource.setrlimit
# What the worker asks for as its address space is 32 times as small.
resource.setrlimit = lambda kind, limits: given(kind, tuple(limit // 32 for limit in limits))
"""


def long_work() -> bytes:
    """An update that the parser has to take, that is long, and that takes 200 MB to read: 800,000 authors' letters."""
    authors = 800_000
    letters = (b"\x01" + wire.var_uint(2**31 + author) + b"\x00\x04\x01\x01t\x01x" for author in range(authors))
    return wire.var_uint(authors) + b"".join(letters) + b"\x00"


@pytest.mark.fm("FM-132")
@pytest.mark.parametrize("limit", [SOONER, SMALLER], ids=["deadline", "memory"])
async def test_work_past_the_worker_s_limit_ends_the_worker_and_costs_nobody_else(
    launch: Callable[..., QuireProcess], tmp_path: Path, limit: str
) -> None:
    shim = tmp_path / "shim"
    shim.mkdir()
    (shim / "sitecustomize.py").write_text(f"import sys\nif {WORKER!r} in sys.orig_argv:\n{indented(limit)}")
    server = launch()
    server.stop()
    server.environment["PYTHONPATH"] = f"{shim}:{server.environment['PYTHONPATH']}"
    server.start()
    busy, large = server.new_document(), server.new_document()
    one, two = Person("one", server, large), Person("two", server, large)
    async with one.online(), two.online(), connected(server, busy) as sender:
        # This document is in the worker, too.
        await one.start("large " * 40_000)
        await two.until(lambda: two.ready, "the large document")
        await until(lambda: len(children(server, WORKER)) == 1, "a worker")
        before = children(server, WORKER)
        await joined(sender, server)
        sender.send(wire.sync_update(long_work()))
        assert await sender.until(b"\x08") == wire.NOT_SAVED
        assert b"the worker process died" in await sender.until(b"\x05")
        # Others in the worker write on, and so does the sender.
        one.insert(0, "after ")
        await two.until(lambda: two.text.startswith("after "), "a word in the large document")
        await one.saved()
        await agreed(one, two)
        sender.send(wire.sync_update(insertion("small")))
        assert await sender.until(b"\x08") == wire.SAVED
        assert before != children(server, WORKER)
    assert server.text(large).startswith("after large ")
    assert len(server.text(large).split()) == 40_001


def indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.strip().splitlines())


@pytest.mark.fm("FM-132")
async def test_an_update_of_many_structs_is_tried_apart(launch: Callable[..., QuireProcess]) -> None:
    """Each of them may take the longer the more stand at the same place: crafted ones took seconds."""
    server = launch()
    document = server.new_document()
    structs = b"\x04\x01\x01t\x01x" * 2000
    async with connected(server, document) as sender:
        await joined(sender, server)
        sender.send(wire.sync_update(b"\x01" + wire.var_uint(2000) + b"\x09\x00" + structs + b"\x00"))
        assert await sender.until(b"\x08") == wire.SAVED
        assert len(children(server, WORKER)) == 1


async def test_much_that_waits_is_placed_apart(launch: Callable[..., QuireProcess]) -> None:
    """A few bytes are enough then to have all of it merged."""
    server = launch()
    document = server.new_document()
    async with connected(server, document) as sender:
        await joined(sender, server)
        for author in range(2, 40):
            # They stand behind a letter that does not come yet.
            sender.send(wire.sync_update(fan(author, 990)))
            assert await sender.until(b"\x08") == wire.SAVED
        await until(lambda: len(children(server, WORKER)) == 1, "a worker")
        sender.send(wire.sync_update(fan(1, 1)))
        await sender.until(b"\x08")


def test_a_worker_whose_parent_was_killed_ends_without_a_word() -> None:
    update = EMPTY_UPDATE
    with subprocess.Popen(
        [sys.executable, "-m", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        assert worker.stderr is not None
        worker.stdout.close()
        worker.stdin.write(REQUEST.pack(len(update), Operation.INSPECT, 0) + update)
        worker.stdin.flush()
        assert worker.stderr.read() == b""
        assert worker.wait() == 0


async def test_processes_that_are_killed_while_they_have_no_work_are_made_again(
    launch: Callable[..., QuireProcess],
) -> None:
    """The kernel does that for want of memory: they are the first that it looks at."""
    server = launch(snapshot_updates="20")
    document = server.new_document()
    author = Person("author", server, document)

    async def compacted(times: int) -> None:
        for _ in range(30):
            author.insert(0, "x" * 300)
            await author.saved()
        await until(lambda: server.metric("log_compactions_total") >= times, "a compaction")

    def told() -> bool:
        # Who asks before the server has heard of their end is answered 503.
        with suppress(urllib.error.HTTPError):
            return bool(server.text(document).strip() == author.text.strip())
        return False

    async with author.online():
        await author.start("start ")
        await compacted(1)
        assert server.text(document).strip() == author.text.strip()
        # One that compacts, and one that makes the text of large documents.
        assert len(children(server, "quire.ops.children")) == 2
        for child in children(server, "quire.ops.children"):
            os.kill(child, signal.SIGKILL)
        await until(lambda: children(server, "quire.ops.children") == [], "they are gone")
        await until(told, "the text is made again")
        await compacted(2)
        assert server.metric("log_failed_compactions_total") == 0
