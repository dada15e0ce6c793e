"""Hostile and broken clients: a clear refusal for them, nothing changes for anyone else."""

from __future__ import annotations

import os

import pycrdt
import pytest

from conftest import ROOT, QuireProcess
from quire.sync import wire
from rawclient import as_guest, connected, insertion, joined, link

CORPUS = ROOT / "tests" / "fuzz" / "corpus" / "update"
HOSTILE = {
    "truncated address": b"\x7fabc",
    "address that is no text": b"\x02\xff\xfe\x02\x00\x01t",
    "nothing": b"",
    "one byte": b"\x03",
    "huge number": b"\xff" * 12,
    "long address": wire.var_string("d\0" + "x" * 2000) + b"\x02\x00" + wire.var_string("t"),
    "long token": wire.var_string("d") + b"\x02\x00" + wire.var_string("t" * 10_000),
}
BODIES = {
    "truncated update": b"\x00\x02\x50abc",
    "unknown sync kind": b"\x00\x09\x00",
    "server-only message": b"\x06\x01x",
    "unknown type": b"\x4d\x01x",
    "unknown type of two bytes": b"\xcd\x01\x01x",
    "presence that is no JSON": wire.awareness(b"\x01\x05\x01\x01{"),
    "presence that is no number": wire.awareness(b"\x01\x05\x01" + wire.var_string('{"x":NaN}')),
    "presence without bound": wire.awareness(b"\x01\x05\x01" + wire.var_string('{"x":-Infinity}')),
    "a version that is no number": b"\x02\x00" + wire.var_string("t") + wire.var_string("4abc"),
    "a version in other digits": b"\x02\x00" + wire.var_string("t") + wire.var_string("\u00b2"),
    "presence that claims much": wire.awareness(b"\xff\xff\xff\x7f"),
    "bad state vector": wire.sync_step1(b"\x05\x01"),
    "state vector of clients that no document has": wire.sync_step1(wire.var_uint(200_000) + b"\x01" * 400_000),
}
UPDATES = {
    "memory bomb": b"\xff\xff\xff\xff\x0f\x00\x00\x00",
    "poisoned clock": bytes.fromhex("010101000080808080080000"),
    "garbage": os.urandom(64),
    "unknown content": b"\x01\x01\x01\x00\x1f\x01\x01a\x00",
    "values in an old form": (CORPUS / "old-values").read_bytes(),
    "skip with a mark": (CORPUS / "marked-skip").read_bytes(),
    "empty list of values": b"\x01\x01\x01\x00\x08\x01\x01t\x00\x00",
    "hook": (CORPUS / "hook").read_bytes(),
    "beside its own future": (CORPUS / "ahead-of-itself").read_bytes(),
    "something after the end": insertion("hello") + b"\x00",
    "truncated": insertion("hello")[:-4],
    "deeply nested value": b"\x01\x01\x01\x00\x08\x01\x01t\x01" + b"\x75\x01" * 5000 + b"\x7e\x00",
}


async def witness_is_unharmed(server: QuireProcess, document: str, text: str) -> None:
    async with connected(server, document) as witness:
        await joined(witness, server)
        witness.send(wire.sync_update(insertion(text)))
        assert await witness.until(b"\x08") == wire.SAVED


@pytest.mark.parametrize("name", HOSTILE)
async def test_malformed_frames_close_only_their_sender(server: QuireProcess, name: str) -> None:
    document = server.new_document()
    async with connected(server, document) as hostile:
        hostile.frame(HOSTILE[name])
        code, reason = await hostile.closed()
        assert code == 4400
        assert reason
    await witness_is_unharmed(server, document, "still here")


@pytest.mark.parametrize("name", BODIES)
async def test_malformed_messages_of_a_member_close_only_their_sender(server: QuireProcess, name: str) -> None:
    document = server.new_document()
    async with connected(server, document) as hostile:
        await joined(hostile, server)
        hostile.send(BODIES[name])
        code, reason = await hostile.closed()
        assert code == 4400
        assert reason
    await witness_is_unharmed(server, document, "still here")


async def test_a_y_websocket_message_of_an_unknown_type_closes_only_its_sender(server: QuireProcess) -> None:
    document = server.new_document()
    path = f"/yjs/{document}?token={server.token}"
    async with connected(server, document, path=path) as witness:
        async with connected(server, document, path=path) as hostile:
            hostile.send(b"\x66\x01x")
            assert await hostile.closed() == (4400, "message of unknown type 102")
        witness.send(wire.sync_step1(b"\x00"))
        assert await witness.until(b"\x00\x01")


@pytest.mark.fm("FM-172")
async def test_hostile_updates_are_refused_by_name_and_change_nothing(server: QuireProcess) -> None:
    document = server.new_document()
    async with connected(server, document) as hostile, connected(server, document) as witness:
        await joined(hostile, server)
        await joined(witness, server)
        witness.send(wire.sync_update(insertion("honest words")))
        assert await witness.until(b"\x08") == wire.SAVED
        before = server.text(document, "json")
        for name, update in UPDATES.items():
            hostile.send(wire.sync_update(update))
            assert await hostile.until(b"\x08") == wire.NOT_SAVED, name
            assert b"malformed" in await hostile.until(b"\x05"), name
        assert server.text(document, "json") == before
        witness.send(wire.sync_update(insertion("more")))
        assert await witness.until(b"\x08") == wire.SAVED
    assert server.process is not None
    assert server.process.poll() is None


async def test_nobody_writes_in_the_name_of_somebody_who_is_here(server: QuireProcess) -> None:
    document = server.new_document()
    mine: pycrdt.Doc = pycrdt.Doc()
    text = mine.get("t", type=pycrdt.Text)
    sent: list[bytes] = []
    subscription = mine.observe(lambda event: sent.append(event.update))
    text.insert(0, "honest ")
    async with connected(server, document) as owner, connected(server, document) as forger:
        await joined(owner, server)
        await as_guest(forger, link(server, document, "editor"))
        owner.send(wire.sync_update(sent[0]))
        assert await owner.until(b"\x08") == wire.SAVED
        theirs: pycrdt.Doc = pycrdt.Doc(client_id=mine.client_id)
        theirs.apply_update(sent[0])
        with theirs.transaction():
            theirs.get("t", type=pycrdt.Text).insert(7, "forged")
        forger.send(wire.sync_update(theirs.get_update(mine.get_state())))
        await forger.until(b"\x08")
        text.insert(7, "words")
        owner.send(wire.sync_update(sent[1]))
        assert await owner.until(b"\x08") == wire.SAVED
        forger.send(wire.sync_step1(b"\x00"))
        whole, _ = wire.read_var_bytes(await forger.until(b"\x00\x01"), 2)
    mine.unobserve(subscription)
    seen: pycrdt.Doc = pycrdt.Doc()
    seen.apply_update(whole)
    assert str(seen.get("t", type=pycrdt.Text)) == "honest words"


async def test_fragments_are_joined_and_bounded(launch) -> None:  # type: ignore[no-untyped-def]
    server = launch(max_frame="300000", max_update="300000")
    document = server.new_document()
    async with connected(server, document) as client:
        await joined(client, server)
        message = client.prefix + wire.sync_update(insertion("x" * 200_000))
        client.frame(message[:1000], fin=False)
        client.frame(message[1000:150_000], opcode=0, fin=False)
        client.frame(message[150_000:], opcode=0)
        assert await client.until(b"\x08") == wire.SAVED
    async with connected(server, document) as client:
        await joined(client, server)
        client.frame(b"a" * 200_000, fin=False)
        client.frame(b"a" * 200_000, opcode=0)
        assert (await client.closed())[0] == 4413


async def test_of_who_has_not_signed_in_little_is_read(server: QuireProcess) -> None:
    document = server.new_document()
    for messages in ([b"a" * 200_000], [wire.var_string(document) + wire.sync_step1(b"\x00" * 1000)] * 200):
        async with connected(server, document) as nobody:
            for message in messages:
                nobody.frame(message)
            code, reason = await nobody.closed()
            assert code == 4413
            assert "before signing in" in reason


async def test_what_a_provider_sends_while_it_signs_in_waits_however_large_it_is(server: QuireProcess) -> None:
    document = server.new_document()
    async with connected(server, document) as client:
        client.send(b"\x02\x00" + wire.var_string(server.token) + wire.var_string("4.8.0"))
        client.send(wire.sync_step1(b"\x00"))
        client.send(wire.sync_update(insertion("x" * 1_000_000)))
        assert await client.until(b"\x08") == wire.SAVED


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.test"}, "403"),
        ({"Origin": "null"}, "403"),
        ({"Origin": "http://["}, "403"),
        ({"Origin": "http://rebound.test", "Host": "rebound.test"}, "403"),
        ({"Cookie": "quire=stolen"}, "403"),
        ({"Connection": "keep-alive, Upgrade"}, "101"),
        ({}, "101"),
    ],
)
async def test_upgrades_are_judged_by_origin_and_firefox_is_welcome(
    server: QuireProcess, headers: dict[str, str], status: str
) -> None:
    try:
        async with connected(server, "x", **headers):
            assert status == "101"
    except ConnectionRefusedError as refused:
        assert f" {status} " in str(refused)


async def test_a_path_that_is_no_address_has_no_sockets(server: QuireProcess) -> None:
    with pytest.raises(ConnectionRefusedError, match=" 404 "):
        async with connected(server, "x", path="//["):
            pass


async def test_a_viewer_cannot_write_but_may_repeat_what_is_there(server: QuireProcess) -> None:
    document = server.new_document()
    async with connected(server, document) as owner:
        await joined(owner, server)
        owner.send(wire.sync_update(insertion("known")))
        assert await owner.until(b"\x08") == wire.SAVED
    reader = server.run("token", "create", "ada@example.com", "--scope", "documents:read").strip()
    writer, server.token = server.token, reader
    async with connected(server, document) as viewer:
        viewer.send(b"\x02\x00" + wire.var_string(reader))
        viewer.send(wire.sync_step1(b"\x00"))
        whole = await viewer.until(b"\x00\x01")
        content, _ = wire.read_var_bytes(whole, 2)
        viewer.send(wire.sync_step2(content))
        assert await viewer.until(b"\x08") == wire.SAVED
        viewer.send(wire.sync_update(insertion("forbidden")))
        assert await viewer.until(b"\x08") == wire.NOT_SAVED
        assert b"read-only" in await viewer.until(b"\x05")
    server.token = writer
    assert "forbidden" not in server.text(document)
