"""Changes of access act on open sockets."""

from __future__ import annotations

import asyncio
import time

from conftest import QuireProcess
from quire.sync import wire
from rawclient import connected, insertion


async def test_a_changed_link_acts_on_open_sockets_within_a_second(server: QuireProcess) -> None:
    document = server.new_document()
    link = str(server.api("PUT", f"/documents/{document}/link", {"role": "editor"})["url"]).partition("#link=")[2]
    async with connected(server, document) as guest:
        guest.send(b"\x02\x00" + wire.var_string(link))
        guest.send(wire.sync_step1(b"\x00"))
        assert await guest.until(b"\x02") == wire.authenticated(writable=True)
        guest.send(wire.sync_update(insertion("guest words")))
        assert await guest.until(b"\x08") == wire.SAVED
        for role, expected in (("viewer", wire.authenticated(writable=False)), (None, b"\x02\x01")):
            started = time.monotonic()
            await asyncio.to_thread(server.api, "PUT", f"/documents/{document}/link", {"role": role})
            assert (await guest.until(b"\x02")).startswith(expected)
            assert time.monotonic() - started < 1
            if role:
                guest.send(wire.sync_update(insertion("more words")))
                assert await guest.until(b"\x08") == wire.NOT_SAVED
        guest.send(wire.sync_update(insertion("even more words")))
    async with connected(server, document) as stranger:
        stranger.send(b"\x02\x00" + wire.var_string(link))
        assert (await stranger.until(b"\x02")).startswith(b"\x02\x01")
