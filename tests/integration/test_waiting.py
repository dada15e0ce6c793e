"""What waits for missing updates: nobody is told of it before it was proved, and nothing of it is lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack

import pytest

from conftest import QuireProcess
from quire.sync import wire
from rawclient import Client, appended, as_guest, connected, joined, link
from stalls import until
from yjs import yjs


def structs(client: int, clock: int, *encoded: bytes, deletes: bytes = b"\x00") -> bytes:
    return wire.var_uint(1) + bytes((len(encoded), client, clock)) + b"".join(encoded) + deletes


ELEMENT = structs(1, 0, b"\x07\x01" + wire.var_string("default") + b"\x03" + wire.var_string("p"))
VALUES = b"\x28\x00\x01\x00" + wire.var_string("k") + b"\x03" + b"\x77\x01v" * 3
VALUE = b"\xa8\x02\x02\x01\x77\x01w"
HOSTILE = {
    "text that goes on with something collected": [
        structs(2, 5, b"\x04\x01" + wire.var_string("t") + wire.var_string("abc")),
        structs(2, 0, b"\x00\x06"),
    ],
    "several values of an attribute, deleted with their element": [
        structs(2, 0, VALUES, VALUE),
        ELEMENT,
        b"\x00\x01\x01\x01\x00\x01",
    ],
    "neighbours in different places": [
        structs(3, 0, b"\xc4\x02\x00\x01\x00" + wire.var_string("between")),
        ELEMENT,
        appended(0, "abc", 2),
    ],
}


async def told(client: Client, last: str) -> list[bytes]:
    """Return the updates that a member was told, up to the one with the word `last` in it."""
    updates: list[bytes] = []
    while last.encode() not in (updates[-1] if updates else b""):
        updates.append(wire.read_var_bytes(await client.until(b"\x00\x02"), 2)[0])
    return updates


async def step2(client: Client) -> bytes:
    client.send(wire.sync_step1(b"\x00"))
    return wire.read_var_bytes(await client.until(b"\x00\x01"), 2)[0]


async def written(client: Client, update: bytes) -> bytes:
    client.send(wire.sync_update(update))
    return await client.until(b"\x08")


@pytest.mark.fm("FM-172")
@pytest.mark.parametrize("name", HOSTILE)
async def test_yjs_takes_what_members_are_told_of_updates_that_wait_and_do_not_fit(
    server: QuireProcess, name: str
) -> None:
    document = server.new_document()
    async with AsyncExitStack() as stack:
        witness, hostile, later = [await stack.enter_async_context(connected(server, document)) for _ in range(3)]
        await joined(witness, server)
        before = await step2(witness)
        await as_guest(hostile, link(server, document, "editor"))
        for update in HOSTILE[name]:
            assert await written(hostile, update) == wire.SAVED
        assert await written(hostile, appended(0, "last", 9)) == wire.SAVED
        seen = await told(witness, "last")
        await joined(later, server)
        with yjs() as browser:
            assert browser.show([before, *seen]) == browser.show([await step2(later)])


async def test_what_waits_is_told_once_the_missing_part_is_there_and_outlives_a_restart(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch(snapshot_updates="4")
    document = server.new_document()
    async with connected(server, document) as early, connected(server, document) as witness:
        await joined(early, server)
        await joined(witness, server)
        assert await written(early, appended(6, "world", 7)) == wire.SAVED
        assert b"world" not in await step2(witness)
        for clock, letter in enumerate("abcd"):
            assert await written(early, appended(clock, letter, 8)) == wire.SAVED
        assert b"world" not in b"".join(await told(witness, "d"))
    await until(lambda: server.metric("log_compactions_total") > 0, "a snapshot")
    server.stop()
    server.start()
    async with connected(server, document) as late, connected(server, document) as witness:
        await joined(late, server)
        await joined(witness, server)
        assert b"world" not in await step2(witness)
        before = await step2(witness)
        late.send(wire.sync_update(appended(0, "hello ", 7)))
        # Its sender lacks what had waited, too.
        for member in (late, witness):
            updates = await told(member, "world")
            with yjs() as browser:
                assert "hello world" in browser.show([before, *updates])
