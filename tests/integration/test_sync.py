"""What joins, repeats and returns cost and deliver, on the wire of a real server."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack, closing

import pycrdt
import pytest

from conftest import PROVE, QuireProcess
from quire.crdt.updates import EMPTY_STATE
from quire.sync import wire
from rawclient import Client, connected, joined


class Writer:
    """A Yjs client of its own whose updates are kept one by one."""

    def __init__(self) -> None:
        self.doc: pycrdt.Doc = pycrdt.Doc()
        self.updates: list[bytes] = []
        self._subscription = self.doc.observe(lambda event: self.updates.append(event.update))
        self._text = self.doc.get("t", type=pycrdt.Text)

    def write(self, words: str) -> bytes:
        self._text.insert(len(str(self._text).encode()), words)
        return self.updates[-1]

    @property
    def text(self) -> str:
        return str(self._text)


async def answer_to(client: Client, state_vector: bytes) -> bytes:
    """Return the update that the server gives to somebody who has `state_vector`."""
    client.send(wire.sync_step1(state_vector))
    content, _ = wire.read_var_bytes(await client.until(b"\x00\x01"), 2)
    return content


async def save(client: Client, update: bytes, times: int = 1) -> None:
    for _ in range(times):
        client.send(wire.sync_update(update))
    for _ in range(times):
        assert await client.until(b"\x08") == wire.SAVED


@pytest.mark.fm("FM-014")
async def test_frames_sent_three_times_and_again_after_a_cut_are_stored_once(server: QuireProcess) -> None:
    document, writer = server.new_document(), Writer()
    async with connected(server, document) as client:
        await joined(client, server)
        for number in range(50):
            await save(client, writer.write(f"word{number} "), times=3)
        client.send(wire.sync_update(writer.write("cut ")))
    async with connected(server, document) as client:
        await joined(client, server)
        for update in writer.updates:
            await save(client, update)
        whole = await answer_to(client, EMPTY_STATE)
    seen: pycrdt.Doc = pycrdt.Doc()
    seen.apply_update(whole)
    assert str(seen.get("t", type=pycrdt.Text)) == writer.text
    with closing(sqlite3.connect(server.data / "log.db")) as log:
        (rows,) = log.execute("SELECT last_seq FROM heads WHERE document=?", (document,)).fetchone()
    assert rows == 1 + len(writer.updates)


@pytest.mark.fm("FM-015")
async def test_whatever_was_committed_between_load_and_subscribe_arrives(server: QuireProcess) -> None:
    document, writer = server.new_document(), Writer()
    async with connected(server, document) as client:
        await joined(client, server)
        await save(client, writer.write("loaded "))
        loaded: pycrdt.Doc = pycrdt.Doc()
        loaded.apply_update(await answer_to(client, EMPTY_STATE))
        for number in range(100):
            await save(client, writer.write(f"{number} "))
    async with connected(server, document) as late:
        await joined(late, server)
        loaded.apply_update(await answer_to(late, loaded.get_state()))
    assert str(loaded.get("t", type=pycrdt.Text)) == writer.text


@pytest.mark.fm("FM-041")
async def test_a_return_costs_what_was_missed_and_misses_nothing(launch: Callable[..., QuireProcess]) -> None:
    server = launch(snapshot_updates="300")
    document, writer = server.new_document(), Writer()
    sizes: dict[int, int] = {}
    async with connected(server, document) as client:
        await joined(client, server)
        await save(client, writer.write("x" * 100_000))
        for missed in (0, 1, 100, 1000):
            away: pycrdt.Doc = pycrdt.Doc()
            away.apply_update(await answer_to(client, EMPTY_STATE))
            known = away.get_state()
            for number in range(missed):
                client.send(wire.sync_update(writer.write(f"{number:09} ")))
            for _ in range(missed):
                assert await client.until(b"\x08") == wire.SAVED
            content = await answer_to(client, known)
            away.apply_update(content)
            assert str(away.get("t", type=pycrdt.Text)) == writer.text
            sizes[missed] = len(content)
    # After a restart the room is built from snapshot and log: somebody who saw the very first update only.
    server.stop(signal.SIGKILL)
    server.start()
    first: pycrdt.Doc = pycrdt.Doc()
    first.apply_update(writer.updates[0])
    async with connected(server, document) as client:
        await joined(client, server)
        first.apply_update(await answer_to(client, first.get_state()))
    assert str(first.get("t", type=pycrdt.Text)) == writer.text
    assert sizes[0] < 100
    assert sizes[1] < 200
    assert 1000 < sizes[100] < 10_000
    assert sizes[1000] < 60_000


@pytest.mark.fm("FM-092", "FM-104", size="1,000 opens")
async def test_many_opens_of_one_document_read_storage_once(launch: Callable[..., QuireProcess]) -> None:
    half = 500 if PROVE else 150
    # The clients are one slow process: who waits its turn there is not late.
    server = launch(auth_timeout="120")
    document = server.new_document()
    before = server.metric("sync_loads_total")
    async with AsyncExitStack() as stack:

        async def open_one() -> None:
            await joined(await stack.enter_async_context(connected(server, document)), server)

        await asyncio.gather(*(open_one() for _ in range(half)))
        assert server.metric("sync_loads_total") == before + 1
        await asyncio.gather(*(open_one() for _ in range(half)))
        assert server.metric("sync_loads_total") == before + 1
        assert server.metric("open_sockets") == 2 * half


@pytest.mark.fm("FM-074")
async def test_a_server_that_lost_updates_gets_them_back_from_an_editor_and_not_from_a_viewer(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    document, writer = server.new_document(), Writer()
    async with connected(server, document) as client:
        await joined(client, server)
        for number in range(30):
            await save(client, writer.write(f"{number} "))
    server.stop(signal.SIGKILL)
    with closing(sqlite3.connect(server.data / "log.db")) as log, log:
        log.execute("DELETE FROM updates WHERE document=? AND seq>11", (document,))
        log.execute("UPDATE heads SET last_seq=11 WHERE document=?", (document,))
    server.start()
    whole = writer.doc.get_update()
    owner, server.token = server.token, server.run("token", "create", "ada@example.com", "--scope", "documents:read")
    async with connected(server, document) as viewer:
        viewer.send(b"\x02\x00" + wire.var_string(server.token.strip()))
        viewer.send(wire.sync_step1(writer.doc.get_state()))
        await viewer.until(b"\x00\x01")
        viewer.send(wire.sync_step2(whole))
        assert await viewer.until(b"\x08") == wire.NOT_SAVED
    server.token = owner
    async with connected(server, document) as editor:
        await joined(editor, server)
        lost: pycrdt.Doc = pycrdt.Doc()
        lost.apply_update(await answer_to(editor, EMPTY_STATE))
        assert str(lost.get("t", type=pycrdt.Text)) != writer.text
        editor.send(wire.sync_step2(whole))
        assert await editor.until(b"\x08") == wire.SAVED
        back: pycrdt.Doc = pycrdt.Doc()
        back.apply_update(await answer_to(editor, EMPTY_STATE))
    assert str(back.get("t", type=pycrdt.Text)) == writer.text
