"""Nobody is taken for somebody else who is here: not in the text, not as a cursor, not in the counting of sockets."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count

import httpx
import pycrdt
import pytest

from conftest import EMAIL, PASSWORD, QuireProcess
from quire.sync import wire
from rawclient import Client, appended, as_guest, connected, joined, link, owner_and_guest
from visitors import Browser

VICTIM = 123456

BESIDE = b"\xc4" + wire.var_uint(VICTIM) + b"\x00" + wire.var_uint(VICTIM) + b"\x06"
AHEAD = b"\x01\x01\x07\x00" + BESIDE + b"\x01z\x00"
"""A letter between the first of the text "hello " and the next one that its writer will write."""


def shown(client: int, clock: int, name: str) -> bytes:
    return wire.awareness(wire.encode_awareness([wire.PresenceEntry(client, clock, json.dumps({"user": name}))]))


async def text(client: Client) -> str:
    client.send(wire.sync_step1(b"\x00"))
    seen: pycrdt.Doc = pycrdt.Doc()
    seen.apply_update(wire.read_var_bytes(await client.until(b"\x00\x01"), 2)[0])
    return str(seen.get("t", type=pycrdt.Text))


async def written(client: Client, update: bytes) -> bytes:
    client.send(wire.sync_update(update))
    return await client.until(b"\x08")


async def test_words_beyond_a_gap_take_no_client_id_from_whoever_is_about_to_write(server: QuireProcess) -> None:
    async with owner_and_guest(server) as (owner, forger):
        # Nobody knows the id yet: what waits for its first words is no claim.
        assert await written(forger, appended(1000, "z", VICTIM)) == wire.SAVED
        assert await written(owner, appended(0, "hello ", VICTIM)) == wire.SAVED
        assert await written(owner, appended(6, "world", VICTIM)) == wire.SAVED
        assert await text(owner) == "hello world"


async def test_nobody_deletes_what_somebody_else_has_yet_to_write(server: QuireProcess) -> None:
    async with owner_and_guest(server) as (owner, forger):
        assert await written(owner, appended(0, "hello ", VICTIM)) == wire.SAVED
        ahead = b"\x00\x01" + wire.var_uint(VICTIM) + b"\x01" + wire.var_uint(1) + wire.var_uint(2**30)
        assert await written(forger, ahead) == wire.NOT_SAVED
        assert b"yet to write" in await forger.until(b"\x05")
        assert await written(owner, appended(6, "world", VICTIM)) == wire.SAVED
        # What was there is deleted, as anybody may.
        assert await text(owner) == "hworld"


async def test_nothing_lies_in_wait_for_somebody_s_next_words(server: QuireProcess) -> None:
    """Merged with them, it could take so long that they were refused with it."""
    async with owner_and_guest(server) as (owner, forger):
        assert await written(owner, appended(0, "hello ", VICTIM)) == wire.SAVED
        assert await written(forger, AHEAD) == wire.NOT_SAVED
        assert b"yet to write" in await forger.until(b"\x05")
        assert await written(owner, appended(6, "world", VICTIM)) == wire.SAVED
        # Whoever had seen those words may offer it again now.
        code, reason = await forger.closed()
        assert (code, "can be taken" in reason) == (1012, True)
    async with connected(server, owner.prefix[1:].decode()) as again:
        await joined(again, server)
        assert await written(again, AHEAD) == wire.SAVED


async def test_what_builds_on_a_change_that_was_left_out_deletes_nothing_ahead_of_it(server: QuireProcess) -> None:
    async with owner_and_guest(server) as (owner, reader):
        assert await written(owner, appended(0, "hello ", VICTIM)) == wire.SAVED
        assert await written(reader, AHEAD) == wire.NOT_SAVED
        # Written behind that, in the place of what is there.
        deletions = b"\x01" + wire.var_uint(VICTIM) + b"\x01\x00\x06"
        second = appended(1, "instead", 7)[:-1] + deletions
        assert await written(reader, second) == wire.NOT_SAVED
        assert await text(owner) == "hello "
        assert await written(owner, appended(6, "world", VICTIM)) == wire.SAVED
        code, reason = await reader.closed()
        assert (code, "can be taken" in reason) == (1012, True)
    async with connected(server, owner.prefix[1:].decode()) as again:
        await joined(again, server)
        assert await written(again, pycrdt.merge_updates(AHEAD, second)) == wire.SAVED
        assert await text(again) == "zinsteadworld"


async def test_a_cursor_is_enough_to_own_its_client_id(server: QuireProcess) -> None:
    async with owner_and_guest(server) as (owner, forger):
        owner.send(shown(VICTIM, 1, "Ada"))
        await forger.until(b"\x01")
        for clock in (0, 1000):
            assert await written(forger, appended(clock, "forged", VICTIM)) == wire.NOT_SAVED
            assert b"client-taken" in await forger.until(b"\x05")
        assert await written(owner, appended(0, "mine", VICTIM)) == wire.SAVED
        # What the document holds already is no forgery.
        assert await written(forger, appended(0, "mine", VICTIM)) == wire.SAVED
        assert await text(forger) == "mine"


async def test_whoever_gave_back_words_yields_their_client_id_to_the_writer_s_cursor(server: QuireProcess) -> None:
    """After a crash a reader's browser may have words that were never stored, and be back before their writer."""
    async with owner_and_guest(server) as (owner, reader):
        reader.send(shown(7, 1, "reader"))
        assert await written(reader, appended(0, "hello ", VICTIM)) == wire.SAVED
        assert await written(owner, appended(6, "world", VICTIM)) == wire.NOT_SAVED
        owner.send(shown(VICTIM, 1, "owner"))
        code, reason = await owner.closed()
        assert (code, "can be taken" in reason) == (1012, True)
        async with connected(server, owner.prefix[1:].decode()) as again:
            await joined(again, server)
            again.send(shown(VICTIM, 2, "owner"))
            assert await written(again, appended(6, "world", VICTIM)) == wire.SAVED
            # A cursor tells whose it is: the reader takes it back by none.
            reader.send(shown(VICTIM, 3, "reader"))
            assert await written(reader, appended(11, "!", VICTIM)) == wire.NOT_SAVED
            assert await text(again) == "hello world"


async def test_what_was_left_out_is_not_called_saved_and_is_asked_for_when_it_can_be_taken(
    server: QuireProcess,
) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with connected(server, document) as guest:
        await as_guest(guest, token)
        async with connected(server, document) as owner:
            await joined(owner, server)
            owner.send(shown(VICTIM, 1, "Ada"))
            await guest.until(b"\x01")
            # An honest browser gives back what it had from somebody else, with words of its own beside it.
            both = pycrdt.merge_updates(appended(0, "theirs", VICTIM), appended(0, "own", 77))
            guest.send(wire.sync_step2(both))
            assert await guest.until(b"\x08") == wire.NOT_SAVED
            assert await text(owner) == "own"
        code, _ = await guest.closed()
        assert code == 1012


async def test_guests_of_one_link_are_not_one_person(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with (
        connected(server, document) as ann,
        connected(server, document) as bob,
        connected(server, document) as watching,
    ):
        await as_guest(ann, token)
        await as_guest(bob, token)
        await joined(watching, server)
        ann.send(shown(555, 1, "Ann"))
        assert b"Ann" in await watching.until(b"\x01")
        assert await written(ann, appended(0, "aaa", 555)) == wire.SAVED
        bob.send(shown(555, 2**53 - 1, "Ann says pay"))
        bob.send(shown(556, 1, "Bob"))
        news = await watching.until(b"\x01")
        assert b"Bob" in news
        assert b"Ann" not in news
        assert await written(bob, appended(3, "EVIL", 555)) == wire.NOT_SAVED
        assert await written(ann, appended(3, "good", 555)) == wire.SAVED
        assert await text(watching) == "aaagood"


async def test_a_guest_gets_its_own_place_back_from_a_connection_that_is_dead(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with (
        connected(server, document) as dead,
        connected(server, document) as back,
        connected(server, document) as watching,
    ):
        await joined(watching, server)
        dead.answers_pings = False
        await as_guest(dead, token)
        await as_guest(back, token)
        dead.send(shown(555, 1, "Ann"))
        assert await written(dead, appended(0, "aaa", 555)) == wire.SAVED
        assert await written(back, appended(3, "bbb", 555)) == wire.NOT_SAVED
        # Nobody answers there, so the words are asked for again.
        assert (await back.closed())[0] == 1012
        async with connected(server, document) as again:
            await as_guest(again, token)
            again.send(shown(555, 2, "Ann again"))
            async with asyncio.timeout(20):
                while b"Ann again" not in await watching.until(b"\x01"):
                    pass
            assert await written(again, appended(3, "bbb", 555)) == wire.SAVED
            assert await text(watching) == "aaabbb"


def over_https(server: QuireProcess, document: str, token: str, update: bytes, tab: str | None = None) -> int:
    """Offer an update without a socket; return the status."""
    request = urllib.request.Request(
        f"{server.url}/api/v1/documents/{document}/sync",
        data=wire.var_bytes(b"\x00") + wire.var_bytes(update),
        headers={"X-Quire-Link": token, **({"X-Quire-Tab": tab} if tab else {})},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


async def test_guests_without_a_socket_are_not_one_person_either(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    ann, bob = "ann-" + "a" * 20, "bob-" + "b" * 20

    async def offered(update: bytes, tab: str | None = None) -> int:
        return await asyncio.to_thread(over_https, server, document, token, update, tab)

    assert await offered(appended(0, "aaa", 555), ann) == 200
    for forger in (bob, None, "short"):
        assert await offered(appended(3, "EVIL", 555), forger) == 409
    async with connected(server, document) as forger:
        await as_guest(forger, token)
        assert await written(forger, appended(3, "EVIL", 555)) == wire.NOT_SAVED
    assert await offered(appended(3, "bbb", 555), ann) == 200
    # With a socket at last she is the same, and still so without it.
    async with connected(server, document, path=f"/collab?schema=1&tab={ann}") as herself:
        await as_guest(herself, token)
        assert await written(herself, appended(6, "ccc", 555)) == wire.SAVED
        assert await offered(appended(9, "EVIL", 555), bob) == 409
        assert await offered(appended(9, "ddd", 555), ann) == 200
        assert await text(herself) == "aaabbbcccddd"


async def test_who_gives_no_name_may_still_write_without_a_socket(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    for clock in range(3):
        assert await asyncio.to_thread(over_https, server, document, token, appended(clock, "x", 555)) == 200


async def test_an_account_finds_its_client_id_free_when_it_comes_back(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with connected(server, document) as other, connected(server, document) as watching:
        await as_guest(other, token)
        await joined(watching, server)
        async with connected(server, document) as owner:
            await joined(owner, server)
            owner.send(shown(VICTIM, 1, "Ada"))
            await other.until(b"\x01")
        while b"null" not in await other.until(b"\x01"):
            pass
        other.send(shown(VICTIM, 2**53 - 1, "Ada of somebody else"))
        assert await written(other, appended(0, "", VICTIM)) in (wire.SAVED, wire.NOT_SAVED)
        async with connected(server, document) as owner:
            await joined(owner, server)
            owner.send(shown(VICTIM, 2, "Ada is back"))
            while b"Ada is back" not in await watching.until(b"\x01"):
                pass


async def test_one_guest_does_not_use_up_the_sockets_of_all(launch: Callable[..., QuireProcess]) -> None:
    server = launch(limits="on", max_sockets_per_account="3")
    document = server.new_document()
    token = link(server, document, "editor")
    async with (
        connected(server, document) as one,
        connected(server, document) as two,
        connected(server, document) as three,
        connected(server, document) as four,
        connected(server, document, **{"X-Forwarded-For": "198.51.100.9"}) as elsewhere,
    ):
        for client in (one, two, three):
            await as_guest(client, token)
        four.send(b"\x02\x00" + wire.var_string(token))
        assert b"too-many-connections" in await four.until(b"\x02")
        await as_guest(elsewhere, token)


async def shown_to(client: Client, number: int) -> dict[str, object]:
    """Return what others are shown of the person with a client id."""
    while True:
        content, _ = wire.read_var_bytes(await client.until(b"\x01"), 1)
        for entry in wire.decode_awareness(content, max_state=8192):
            if entry.client == number and entry.state is not None:
                return dict(json.loads(entry.state)["user"])


def says(client: int, clock: int, user: dict[str, object]) -> bytes:
    return wire.awareness(wire.encode_awareness([wire.PresenceEntry(client, clock, json.dumps({"user": user}))]))


async def test_nobody_shows_a_cursor_under_the_name_of_somebody_else(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with connected(server, document) as owner, connected(server, document) as guest:
        await joined(owner, server)
        await as_guest(guest, token)
        owner.send(says(VICTIM, 1, {"id": "x", "name": "Grace", "color": "#123456"}))
        ada = await shown_to(guest, VICTIM)
        assert ada == {"id": ada["id"], "name": "Ada", "color": "#123456", "guest": False}
        assert ada["id"] != "x"
        guest.send(says(99, 1, dict(ada)))
        shown = await shown_to(owner, 99)
        assert shown == {**ada, "id": shown["id"], "guest": True}
        assert str(shown["id"]).startswith("guest:")
        assert str(ada["id"]) not in str(shown["id"])


async def test_a_new_name_is_on_ones_cursor_at_once(launch: Callable[..., QuireProcess]) -> None:
    server = launch()
    ada = Browser(None)
    ada.http = httpx.AsyncClient(base_url=server.url, headers={"Origin": server.url})
    await ada.enter("/session", {"email": EMAIL, "password": PASSWORD})
    document = server.new_document()
    token = link(server, document, "viewer")
    async with connected(server, document) as owner, connected(server, document) as guest, asyncio.timeout(20):
        await joined(owner, server)
        await as_guest(guest, token)
        assert (await ada.call("PATCH", "/account", {"name": "Augusta"})).status_code == 200
        for clock in count(1):
            owner.send(says(VICTIM, clock, {"at": clock}))
            if (await shown_to(guest, VICTIM))["name"] == "Augusta":
                break


@pytest.mark.parametrize("chosen", ["guest:0198b8a2-6f5e-4c3a-9d1b-2f3e4d5c6b7a", "guest:short", None])
async def test_no_guest_shows_itself_as_another_guest_but_tabs_of_one_are_one(
    server: QuireProcess, chosen: str | None
) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with connected(server, document) as owner, AsyncExitStack() as stack:
        await joined(owner, server)
        first, tab, other = [await stack.enter_async_context(connected(server, document)) for _ in range(3)]
        for client in (first, tab, other):
            await as_guest(client, token)
        first.send(says(91, 1, {"id": chosen, "name": "Otter"}))
        shown = (await shown_to(owner, 91))["id"]
        assert chosen is None or chosen not in str(shown)
        other.send(says(92, 1, {"id": shown, "name": "Otter"}))
        assert (await shown_to(owner, 92))["id"] != shown
        tab.send(says(93, 1, {"id": chosen, "name": "Otter"}))
        # A short id is anybody's: then each connection is a guest of its own.
        assert ((await shown_to(owner, 93))["id"] == shown) is (chosen is not None and len(chosen) > 22)


async def test_whoever_signs_in_on_an_open_document_has_nothing_of_the_guest_before(server: QuireProcess) -> None:
    document = server.new_document()
    token = link(server, document, "editor")
    async with connected(server, document) as owner, connected(server, document) as guest:
        await joined(owner, server)
        await as_guest(guest, token)
        guest.send(says(99, 1, {"name": "Ada"}))
        assert (await shown_to(owner, 99))["guest"] is True
        assert await written(guest, appended(0, "hello ", VICTIM)) == wire.SAVED
        guest.send(b"\x02\x00" + wire.var_string(server.token))
        await guest.until(b"\x02\x02")
        guest.send(says(99, 2, {"name": "Grace"}))
        assert (await shown_to(owner, 99))["name"] == "Ada"
        # The guest is gone, and its ids are free for others.
        assert await written(owner, appended(6, "world", VICTIM)) == wire.SAVED
        assert await text(owner) == "hello world"
