"""Changes of access act on open sockets."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import QuireProcess
from nodes import DOCUMENT, Node, made_log
from quire.access.contract import Credentials, Denied
from quire.fanout.local import LocalBus
from quire.log.contract import Stored
from quire.server.composition import Server
from quire.sync import wire
from quire.sync.exchange import Visitor, exchange
from quire.sync.opendocument import OpenDocument
from quire.sync.sockets.socket import Socket
from rawclient import connected, insertion, link
from visitors import Browser


async def test_a_changed_link_acts_on_open_sockets_within_a_second(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with connected(server, document) as guest:
        guest.send(b"\x02\x00" + wire.var_string(token))
        guest.send(wire.sync_step1(b"\x00"))
        assert await guest.until(b"\x02") == wire.authenticated(writable=True)
        guest.send(wire.sync_update(insertion("guest words")))
        assert await guest.until(b"\x08") == wire.SAVED
        for role, expected in (("viewer", wire.authenticated(writable=False)), (None, b"\x02\x01")):
            started = time.monotonic()
            await asyncio.to_thread(link, server, document, role)
            assert (await guest.until(b"\x02")).startswith(expected)
            assert time.monotonic() - started < 1
            if role:
                guest.send(wire.sync_update(insertion("more words")))
                assert await guest.until(b"\x08") == wire.NOT_SAVED
        guest.send(wire.sync_update(insertion("even more words")))
    async with connected(server, document) as stranger:
        stranger.send(b"\x02\x00" + wire.var_string(token))
        assert (await stranger.until(b"\x02")).startswith(b"\x02\x01")


async def test_who_loses_the_right_between_the_answer_and_the_write_does_not_write(tmp_path: Path) -> None:
    changed = asked = 0

    async def admit() -> Visitor:
        nonlocal changed, asked
        asked += 1
        if asked > 1:
            raise Denied
        # The link is taken away as soon as this has been answered, while the document is read from the log.
        changed += 1
        return Visitor("link:x", "tab", writable=True, known=True)

    async with made_log(tmp_path) as log:
        node = Node("n", log, LocalBus())
        with pytest.raises(Denied):
            await exchange(
                node.rooms,
                DOCUMENT,
                admit=admit,
                changes=lambda: changed,
                state_vector=b"\x00",
                update=insertion("too late"),
            )
        assert asked == 2
        await node.close()
        assert (await log.load(DOCUMENT)).last_seq == 1


async def test_who_loses_access_while_the_document_is_loading_is_told_nothing_of_it(
    ada: Browser, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/documents/{(await ada.call('POST', '/documents', {})).json()['id']}"
    token = (await ada.call("PUT", f"{path}/link", {"role": "viewer"})).json()["url"].partition("#link=")[2]
    loading, go_on, load = asyncio.Event(), asyncio.Event(), node.log.load

    async def slow(document: str) -> Stored:
        loading.set()
        await go_on.wait()
        return await load(document)

    monkeypatch.setattr(node.rooms._log, "load", slow)
    socket: Any = Socket(
        "guest",
        Credentials("127.0.0.1"),
        max_message=1000,
        outbound_limit=1000,
        allowance=None,
        on_open=lambda _: None,
        on_data=lambda _: None,
        on_closed=lambda _: None,
    )
    taken: list[OpenDocument] = []
    opening = asyncio.create_task(
        node.gateway.open(socket, b"", path.split("/")[2], token, None, lambda opened: not taken.append(opened))
    )
    await loading.wait()
    await ada.call("PUT", f"{path}/link", {"role": None})
    go_on.set()
    with pytest.raises(Denied):
        await opening
    assert taken == []


async def test_a_reset_link_ends_the_old_one_on_open_sockets(server: QuireProcess) -> None:
    document = server.new_document()
    old = link(server, document, "editor")
    async with connected(server, document) as guest:
        guest.send(b"\x02\x00" + wire.var_string(old))
        assert await guest.until(b"\x02") == wire.authenticated(writable=True)
        started = time.monotonic()
        fresh = await asyncio.to_thread(server.api, "POST", f"/documents/{document}/link/reset")
        assert (await guest.until(b"\x02")).startswith(b"\x02\x01")
        assert time.monotonic() - started < 1
    new = str(fresh["url"]).partition("#link=")[2]
    assert (fresh["role"], new == old) == ("editor", False)
    for presented, answer in ((old, b"\x02\x01"), (new, wire.authenticated(writable=True))):
        async with connected(server, document) as guest:
            guest.send(b"\x02\x00" + wire.var_string(presented))
            assert (await guest.until(b"\x02")).startswith(answer)


async def test_a_right_that_ends_by_time_ends_on_open_sockets_too(launch: Callable[..., QuireProcess]) -> None:
    server = launch(access_review="0.5")
    document = server.new_document()
    async with connected(server, document) as guest:
        guest.send(b"\x02\x00" + wire.var_string(server.token))
        assert await guest.until(b"\x02") == wire.authenticated(writable=True)
        with sqlite3.connect(server.data / "catalogue.db") as catalogue:
            catalogue.execute("UPDATE api_tokens SET expires_at=1")
        assert (await guest.until(b"\x02")).startswith(b"\x02\x01")


@pytest.mark.parametrize("ready", [False, True])
async def test_a_y_websocket_client_hears_that_its_writing_is_refused(server: QuireProcess, ready: bool) -> None:
    document = server.new_document()
    path = f"/yjs/{document}"
    async with connected(server, document, path=path, **{"X-Quire-Link": link(server, document, "viewer")}) as viewer:
        viewer.send(wire.sync_step1(b"\x00"))
        if ready:
            await viewer.until(b"\x00\x01")
        viewer.send(wire.sync_update(insertion("not allowed")))
        assert b"not change it" in await viewer.until(b"\x02\x00")
    garbage = b"\x01\x01\x01\x00\x1f\x01\x01a\x00"
    async with connected(server, document, path=path, Authorization=f"Bearer {server.token}") as writer:
        writer.send(wire.sync_step1(b"\x00"))
        writer.send(wire.sync_update(garbage))
        code, reason = await writer.closed()
        assert code == 4400
        assert reason
