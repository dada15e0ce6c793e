"""The HTTP API on a real server: accounts, access, metadata, attachments."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import json
import re
import resource
import sqlite3
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import quote

import httpx
import pytest

from locks import write_locked
from quire.db.ids import new_document_id, new_id
from quire.documents.pictures import Picture
from quire.server.composition import Server
from quire.storage.failure import FULL, StorageUnavailable
from quire.sync.exchange import RequestSender, Visitor
from quire.sync.rooms import writebuffer
from rawclient import insertion
from visitors import ADA, Browser, colleague, picture


async def test_the_first_visitor_owns_the_server_and_finds_a_welcome_document(browser: Browser) -> None:
    assert (await browser.call("GET", "/setup")).json() == {"needed": True, "code_required": False}
    session = await browser.enter("/setup", ADA)
    assert session["workspace"]["role"] == "owner"
    documents = (await browser.call("GET", "/documents")).json()["items"]
    assert [document["title"] for document in documents] == ["Welcome to Quire"]
    text = (await browser.call("GET", f"/documents/{documents[0]['id']}/content?format=markdown")).text
    assert "# Welcome to Quire" in text
    again = await browser.call("POST", "/setup", ADA)
    assert again.status_code == 409


async def test_set_up_waits_for_storage_and_does_without_the_first_document(
    browser: Browser, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_locked(node.settings.data / "catalogue.db"):
        refused = await browser.call("POST", "/setup", ADA)
    assert (refused.status_code, refused.json()["code"]) == (503, "storage")
    assert refused.headers["Content-Type"] == "application/problem+json"

    async def full(*_: object) -> None:
        raise StorageUnavailable(FULL)

    monkeypatch.setattr(node.factory, "create", full)
    await browser.enter("/setup", ADA)
    assert (await browser.call("GET", "/documents")).json()["items"] == []


async def test_wrong_passwords_are_slowed_down_and_right_ones_get_in(ada: Browser, node: Server) -> None:
    thief = Browser(node.app)  # type: ignore[attr-defined]
    codes = [
        (await thief.call("POST", "/session", {"email": ADA["email"], "password": f"guess{n}"})).status_code
        for n in range(8)
    ]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429
    unknown = await thief.call("POST", "/session", {"email": "nobody@example.com", "password": "x"})
    assert unknown.json()["detail"] == "Email or password is wrong."


async def test_signing_out_everywhere_ends_every_session(ada: Browser, node: Server) -> None:
    other = Browser(node.app)  # type: ignore[attr-defined]
    await other.enter("/session", {"email": ADA["email"], "password": ADA["password"]})
    assert len((await ada.call("GET", "/sessions")).json()["items"]) == 2
    left = await ada.call("DELETE", "/sessions")
    assert left.status_code == 204
    # Pictures of documents do not stay in the browser's cache.
    assert left.headers["Clear-Site-Data"] == '"cache"'
    assert (await other.call("GET", "/documents")).status_code == 401


async def test_a_document_is_private_until_its_link_has_a_role(ada: Browser, node: Server) -> None:
    bob = await colleague(ada, node)
    guest = Browser(node.app)  # type: ignore[attr-defined]
    document = (await ada.call("POST", "/documents", {"title": "Plan"})).json()["id"]
    path = f"/documents/{document}"
    for stranger in (bob, guest):
        for method, where in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/content"), ("PUT", "/link")):
            body = {"title": "x"} if method == "PATCH" else {"role": "editor"} if method == "PUT" else None
            answer = await stranger.call(method, path + where, body, **{"If-Match": "*"})
            assert answer.status_code == 404, (method, where)
    url = (await ada.call("PUT", f"{path}/link", {"role": "viewer"})).json()["url"]
    link = {"X-Quire-Link": url.split("#link=")[1]}
    assert (await guest.call("GET", path, **link)).json()["role"] == "viewer"
    assert (await guest.call("GET", path, **link)).json()["owner"] == {"id": "", "name": ""}
    renamed = await guest.call("PATCH", path, {"title": "Mine"}, **link, **{"If-Match": "*"})
    assert renamed.status_code == 403
    await ada.call("PUT", f"{path}/link", {"role": "editor"})
    assert (await guest.call("PATCH", path, {"title": "Ours"}, **link, **{"If-Match": "*"})).json()["title"] == "Ours"
    assert (await ada.call("GET", f"{path}/link")).json()["url"] == url
    await ada.call("PUT", f"{path}/link", {"role": None})
    assert (await guest.call("GET", path, **link)).status_code == 404
    # The link that was sent works again with its next role.
    assert (await ada.call("PUT", f"{path}/link", {"role": "viewer"})).json()["url"] == url
    assert (await guest.call("GET", path, **link)).json()["role"] == "viewer"
    assert (await guest.call("POST", f"{path}/link/reset", **link)).status_code == 403
    await ada.call("DELETE", path)
    assert (await guest.call("GET", path, **link)).json()["trashed_at"] is not None
    assert (await guest.call("GET", f"{path}/content", **link)).status_code == 404


async def test_a_document_opened_by_its_link_stays_in_ones_list_while_the_link_works(
    ada: Browser, node: Server
) -> None:
    bob = await colleague(ada, node)
    document = (await ada.call("POST", "/documents", {"title": "Plan"})).json()["id"]
    path = f"/documents/{document}"
    url = (await ada.call("PUT", f"{path}/link", {"role": "viewer"})).json()["url"]
    link = {"X-Quire-Link": url.split("#link=")[1]}

    async def listed(query: str = "") -> list[tuple[str, str]]:
        items = (await bob.call("GET", f"/documents?search=plan{query}")).json()["items"]
        return [(item["id"], item["role"]) for item in items]

    assert (await bob.call("PUT", f"{path}/visit")).status_code == 404
    assert (await Browser(node.app).call("PUT", f"{path}/visit", **link)).status_code == 401  # type: ignore[attr-defined]
    assert await listed() == []
    for _ in range(2):
        assert (await bob.call("PUT", f"{path}/visit", **link)).status_code == 204
    assert await listed() == await listed("&shared=true") == [(document, "viewer")]
    assert (await bob.call("GET", f"{path}/content")).status_code == 200
    assert (await ada.call("GET", "/documents?shared=true")).json()["items"] == []
    await ada.call("PUT", f"{path}/link", {"role": None})
    assert await listed() == []
    assert (await bob.call("GET", path)).status_code == 404
    await ada.call("PUT", f"{path}/link", {"role": "editor"})
    assert await listed() == [(document, "editor")]
    await ada.call("DELETE", path)
    assert await listed() == await listed("&trashed=true") == []
    await ada.call("POST", f"{path}/restore")
    assert (await bob.call("DELETE", f"{path}/visit")).status_code == 204
    assert await listed() == []
    assert (await bob.call("GET", path)).status_code == 404


@pytest.mark.fm("FM-023")
async def test_of_two_simultaneous_renames_one_is_told_the_current_value(ada: Browser) -> None:
    made = await ada.call("POST", "/documents", {"title": "First"})
    path, tag = f"/documents/{made.json()['id']}", made.headers["etag"]
    assert (await ada.call("PATCH", path, {"title": "A"})).status_code == 428
    answers = await asyncio.gather(
        *(ada.call("PATCH", path, {"title": title}, **{"If-Match": tag}) for title in ("A", "B"))
    )
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert (won.status_code, lost.status_code) == (200, 412)
    assert won.json()["title"] in ("A", "B")
    assert lost.json()["current"]["title"] == won.json()["title"]
    assert lost.headers["etag"] == won.headers["etag"]


async def chosen(maker: Browser) -> str:
    return new_document_id((await maker.call("GET", "/session")).json()["account"]["id"])


async def test_an_id_that_its_maker_chose_makes_one_document_however_often_it_is_sent(
    ada: Browser, node: Server
) -> None:
    form = {"id": await chosen(ada), "title": "Made on a train"}
    answers = await asyncio.gather(*(ada.call("POST", "/documents", form) for _ in range(4)))
    assert [(answer.status_code, answer.json()["id"]) for answer in answers] == [(201, form["id"])] * 4
    again = await ada.call("POST", "/documents", form | {"title": "Another"})
    assert again.json()["title"] == "Made on a train"
    listed = (await ada.call("GET", "/documents")).json()["items"]
    assert [item["id"] for item in listed].count(form["id"]) == 1
    content = (await ada.call("GET", f"/documents/{form['id']}/content?format=json")).json()
    assert [block["attrs"]["id"] for block in content["content"]] == [form["id"][-12:]]

    eve = await colleague(ada, node)
    taken = await eve.call("POST", "/documents", form)
    assert (taken.status_code, taken.json()["code"]) == (409, "id-taken")
    for odd in ("", "mine", form["id"].upper(), form["id"][:14] + "4" + form["id"][15:], form["id"] + "\n"):
        refused = await ada.call("POST", "/documents", {"id": odd})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "id")


async def test_a_chosen_id_works_after_an_attempt_that_storage_cut_short(ada: Browser, node: Server) -> None:
    form = {"id": await chosen(ada)}
    with write_locked(node.settings.data / "log.db"):
        assert (await ada.call("POST", "/documents", form)).status_code == 503
    assert (await ada.call("POST", "/documents", form)).status_code == 201
    content = (await ada.call("GET", f"/documents/{form['id']}/content?format=json")).json()
    assert len(content["content"]) == 1


async def test_nobody_gets_the_id_of_a_document_that_was_deleted_for_good(ada: Browser, node: Server) -> None:
    form = {"id": await chosen(ada)}
    for method, path in (("POST", ""), ("DELETE", f"/{form['id']}"), ("DELETE", f"/{form['id']}/forever")):
        assert (await ada.call(method, f"/documents{path}", form)).is_success
    for browser in (await colleague(ada, node), ada):
        refused = await browser.call("POST", "/documents", form)
        assert (refused.status_code, refused.json()["code"]) == (409, "id-taken")


async def test_who_once_had_access_may_ask_whether_a_document_is_known(ada: Browser, node: Server) -> None:
    form = {"id": await chosen(ada)}
    proof = (await ada.call("POST", "/documents", form)).json()["proof"]
    assert (await ada.call("GET", f"/documents/{form['id']}")).json()["proof"] == proof
    eve = await colleague(ada, node)

    async def known(document: str, proof: str) -> object:
        answer = await eve.http.get(f"/api/v1/documents/{document}/known", headers={"X-Quire-Proof": proof.encode()})
        return answer.json().get("known", answer.status_code)

    assert await known(form["id"], proof) is True
    for wrong in ("", "ü", proof[:-1], proof.upper()):
        assert await known(form["id"], wrong) == 404
    assert await known(new_id(), proof) == 404
    # Deleted for good it is not made again; what a backup does not know is.
    for path in ("", "/forever"):
        assert (await ada.call("DELETE", f"/documents/{form['id']}{path}")).is_success
    assert await known(form["id"], proof) is True
    with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("DELETE FROM erased")
    assert await known(form["id"], proof) is False
    # It comes back to nobody but who made it.
    taken = await eve.call("POST", "/documents", form)
    assert (taken.status_code, taken.json()["code"]) == (409, "id-taken")
    assert (await ada.call("POST", "/documents", form)).status_code == 201


async def test_who_asks_while_no_thread_is_to_be_had_is_told_to_come_again(
    ada: Browser, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def work(*_: object, **__: object) -> None:
        await asyncio.get_running_loop().run_in_executor(ThreadPoolExecutor(1), int)

    with monkeypatch.context() as machine:
        machine.setattr(threading.Thread, "start", refused)
        for kind in ("documents", "catalogue"):
            if kind == "documents":
                machine.setattr(node.documents, "list", work)
            else:
                await node.services.database.engine.dispose()
            answer = await ada.call("GET", "/documents")
            assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert (await ada.call("GET", "/documents")).status_code == 200
    assert node.services.database.problem is None


async def test_trash_and_back_and_forever(ada: Browser) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    path = f"/documents/{document}"
    assert (await ada.call("DELETE", f"{path}/forever")).status_code == 409
    assert (await ada.call("DELETE", path)).status_code == 204
    assert document not in [d["id"] for d in (await ada.call("GET", "/documents")).json()["items"]]
    assert document in [d["id"] for d in (await ada.call("GET", "/documents?trashed=true")).json()["items"]]
    assert (await ada.call("GET", f"{path}/content")).status_code == 404
    assert (await ada.call("POST", f"{path}/restore")).status_code == 200
    assert (await ada.call("GET", f"{path}/content")).status_code == 200
    await ada.call("DELETE", path)
    assert (await ada.call("DELETE", f"{path}/forever")).status_code == 204
    assert (await ada.call("GET", path)).status_code == 404


async def test_deleting_forever_twice_at_once_is_no_fault(ada: Browser) -> None:
    path = f"/documents/{(await ada.call('POST', '/documents', {})).json()['id']}"
    await ada.call("DELETE", path)
    answers = await asyncio.gather(*(ada.call("DELETE", f"{path}/forever") for _ in range(3)))
    assert sorted({answer.status_code for answer in answers}) in ([204], [204, 404])


async def test_what_is_written_as_a_document_is_deleted_forever_does_not_stay(
    ada: Browser, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    room = await node.rooms.open(document)
    await ada.call("DELETE", f"/documents/{document}")
    # It is on its way to the log for longer than the log needs to forget a document.
    monkeypatch.setattr(writebuffer, "GATHER_SECONDS", 0.5)
    node.rooms.write_buffer._submitted_at = asyncio.get_running_loop().time()
    late = RequestSender(Visitor("ada", "tab", writable=True, known=True))
    room.ingest.receive(insertion("late"), late)
    assert (await ada.call("DELETE", f"/documents/{document}/forever")).status_code == 204
    await late.durable(10)
    assert (await node.log.load(document)).last_seq == 0


async def test_a_picture_that_comes_as_its_document_is_deleted_forever_does_not_stay(
    ada: Browser, node: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/documents/{(await ada.call('POST', '/documents', {})).json()['id']}"
    identify = node.attachments._identify

    async def slowly(content: bytes) -> Picture:
        await ada.call("DELETE", path)
        assert (await ada.call("DELETE", f"{path}/forever")).status_code == 204
        return await identify(content)

    monkeypatch.setattr(node.attachments, "_identify", slowly)
    assert (await ada.http.post(f"/api/v1{path}/attachments", content=picture())).status_code == 404
    assert not [file for file in (node.settings.data / "blobs").rglob("*") if file.is_file()]


async def broken_disk(*_: object) -> None:
    """Take the place of an operation on a disk that fails."""
    raise OSError(errno.EIO, "Input/output error")


@pytest.mark.parametrize("broken", ["log", "blobs"])
async def test_deleting_forever_that_storage_cuts_short_can_be_asked_for_again(
    ada: Browser, node: Server, broken: str
) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    path = f"/documents/{document}"
    digest = (await ada.http.post(f"/api/v1{path}/attachments", content=picture())).json()["digest"]
    await ada.call("DELETE", path)
    data = node.settings.data
    stored = data / "blobs" / "attachments" / document / digest
    with contextlib.ExitStack() as fault:
        if broken == "log":
            fault.enter_context(write_locked(data / "log.db"))
        else:
            patch = fault.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(node.services.blobs, "delete", broken_disk)
        answer = await ada.call("DELETE", f"{path}/forever")
    assert answer.status_code == 503
    assert re.match(r"The document is not deleted completely: .+\. It stays in the trash;", answer.json()["detail"])
    assert document in [d["id"] for d in (await ada.call("GET", "/documents?trashed=true")).json()["items"]]
    assert (await ada.call("DELETE", f"{path}/forever")).status_code == 204
    assert (await ada.call("GET", path)).status_code == 404
    assert (await node.log.load(document)).last_seq == 0
    assert not stored.exists()


async def test_an_exported_page_is_called_as_the_document_is(ada: Browser) -> None:
    document = (await ada.call("POST", "/documents", {"title": "Plans & <b>dreams"})).json()["id"]
    page = await ada.call("GET", f"/documents/{document}/content?format=html")
    assert "<title>Plans &amp; &lt;b&gt;dreams</title>" in page.text


async def test_a_link_to_a_document_in_the_trash_says_so_and_shows_nothing_of_it(ada: Browser, node: Server) -> None:
    bob = await colleague(ada, node)
    path = f"/documents/{(await ada.call('POST', '/documents', {'title': 'Secret'})).json()['id']}"
    url = (await ada.call("PUT", f"{path}/link", {"role": "editor"})).json()["url"]
    link = {"X-Quire-Link": url.split("#link=")[1]}
    assert (await bob.call("GET", path, **link)).json()["title"] == "Secret"
    await ada.call("DELETE", path)
    assert (await bob.call("GET", path, **link)).json()["trashed_at"] is not None
    assert (await bob.call("GET", f"{path}/content?format=text", **link)).status_code == 404
    assert (await bob.call("PATCH", path, {"title": "Mine"}, **link, **{"If-Match": "*"})).status_code == 404
    assert (await ada.call("GET", path)).json()["title"] == "Secret"


async def test_an_invitation_with_an_address_is_for_that_address(ada: Browser, node: Server) -> None:
    made = (await ada.call("POST", "/invitations", {"email": "Carol@example.com"})).json()
    form = {"token": made["url"].split("#")[1], "name": "Mallory", "password": "another long password"}
    mallory = Browser(node.app)  # type: ignore[attr-defined]
    answer = await mallory.call("POST", "/invitations/accept", form | {"email": "mallory@example.com"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (403, "email")
    carol = Browser(node.app)  # type: ignore[attr-defined]
    session = await carol.enter("/invitations/accept", form | {"email": "carol@example.com"})
    assert session["account"]["email"] == "carol@example.com"


async def test_lists_are_searched_sorted_and_paged(ada: Browser) -> None:
    for title in ("beta", "Alpha", "gamma 100%", "delta"):
        await ada.call("POST", "/documents", {"title": title})
    titles, cursor = [], ""
    while True:
        page = (await ada.call("GET", f"/documents?sort=title&order=asc&limit=2{cursor}")).json()
        titles += [document["title"] for document in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert titles == ["Alpha", "beta", "delta", "gamma 100%", "Welcome to Quire"]
    found = (await ada.call("GET", "/documents?search=GAMMA%20%25")).json()["items"]
    assert [document["title"] for document in found] == ["gamma 100%"]
    assert (await ada.call("GET", "/documents?cursor=nonsense")).status_code == 422


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a<script>alert(1)</script>",
        b"",
        picture()[:-20],
    ],
)
async def test_what_is_no_picture_is_refused_whatever_it_claims(ada: Browser, content: bytes) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    answer = await ada.http.post(
        f"/api/v1/documents/{document}/attachments", content=content, headers={"Content-Type": "image/png"}
    )
    assert answer.status_code == 415


def empty_png(width: int, height: int) -> bytes:
    """A PNG of any size with next to no pixels: what it says of itself is read first."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(100))
    parts = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (head, data))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("padding", [0, 100_000])
@pytest.mark.parametrize("size", [(8000, 8000), (50_000, 50_000), (2**31 - 1, 2**31 - 1)])
async def test_a_picture_of_too_many_pixels_is_refused_for_that(
    ada: Browser, size: tuple[int, int], padding: int
) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    content = empty_png(*size) + bytes(padding)
    answer = await ada.http.post(f"/api/v1/documents/{document}/attachments", content=content)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too-many-pixels"


async def test_what_only_begins_like_a_picture_is_refused_after_a_second_of_work(ada: Browser) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    # Large ones are read in a process of their own.
    large = picture() + bytes(100_000)
    assert (await ada.http.post(f"/api/v1/documents/{document}/attachments", content=large)).status_code == 201
    started = resource.getrusage(resource.RUSAGE_SELF)
    false = b"\xff\xd8" + b"\xff" * 19_000_000
    answer = await ada.http.post(f"/api/v1/documents/{document}/attachments", content=false, timeout=60)
    assert answer.status_code == 415
    ended = resource.getrusage(resource.RUSAGE_SELF)
    assert ended.ru_utime - started.ru_utime < 1.0


async def test_the_pictures_of_a_document_and_of_a_workspace_have_a_limit(ada: Browser, node: Server) -> None:
    one, two = [(await ada.call("POST", "/documents", {})).json()["id"] for _ in range(2)]
    sizes = [len(picture("PNG")), len(picture("GIF"))]
    node.attachments._per_document, node.attachments._per_workspace = sum(sizes) - 1, 2 * sum(sizes) - 1

    async def attached(document: str, kind: str) -> httpx.Response:
        return await ada.http.post(f"/api/v1/documents/{document}/attachments", content=picture(kind))

    assert [(await attached(one, kind)).status_code for kind in ("PNG", "GIF", "PNG")] == [201, 413, 201]
    assert (await attached(one, "GIF")).json()["code"] == "document-full"
    node.attachments._per_document = node.attachments._per_workspace
    assert [(await attached(one, "GIF")).status_code, (await attached(two, "PNG")).status_code] == [201, 201]
    full = await attached(two, "GIF")
    assert (full.status_code, full.json()["code"]) == (507, "workspace-full")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_pictures_are_served_to_readers_of_the_document_only(ada: Browser, node: Server, kind: str) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    answer = await ada.http.post(f"/api/v1/documents/{document}/attachments", content=picture(kind))
    body = answer.json()
    assert (answer.status_code, body["kind"], body["width"], body["height"]) == (201, f"image/{kind.lower()}", 3, 2)
    served = await ada.http.get(body["url"])
    assert served.content == picture(kind)
    assert served.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in served.headers["content-security-policy"]
    assert (await Browser(node.app).http.get(body["url"])).status_code == 404  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("my%20pic%20%C3%BC%20100%25.png", "my pic ü 100%.png"),
        ("..%2F..%2Fetc%5Cpasswd.png", "passwd.png"),
        ("a%0D%0Ab%00.png", "ab.png"),
        ("x" * 300, "x" * 255),
        ("%C3%BC%E2%82", "ü"),
    ],
)
async def test_a_picture_is_downloaded_under_the_name_it_had(ada: Browser, given: str, kept: str) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    stored = await ada.http.post(
        f"/api/v1/documents/{document}/attachments", content=picture(), headers={"X-Filename": given}
    )
    assert stored.json()["name"] == kept
    served = await ada.http.get(stored.json()["url"])
    assert served.headers["content-disposition"] == f"inline; filename*=UTF-8''{quote(kept)}"


async def test_the_api_describes_what_it_answers(ada: Browser) -> None:
    described = (await ada.call("GET", "/openapi.json")).json()
    problem, field = (described["components"]["schemas"][name] for name in ("ProblemBody", "FieldProblem"))
    routes = {path.removeprefix("/api/v1"): route for path, route in described["paths"].items()}
    for path, operations in routes.items():
        for operation in operations.values():
            failures = {status: said for status, said in operation["responses"].items() if status[0] != "2"}
            assert [*failures] == ["default"], path
            assert failures["default"]["$ref"] == "#/components/responses/Problem"
    (kind,) = described["components"]["responses"]["Problem"]["content"]
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    for answer in (
        await ada.call("GET", f"/documents/{new_id()}"),
        await ada.call("PATCH", f"/documents/{document}", {"title": "x"}),
        await ada.call("POST", "/documents", {}, **{"X-CSRF-Token": "none"}),
        await ada.call("POST", "/tokens", {"name": ""}),
    ):
        assert answer.headers["Content-Type"] == kind
        assert set(problem["required"]) <= answer.json().keys()
    (error,) = answer.json()["errors"]
    assert set(field["required"]) <= error.keys() <= field["properties"].keys()

    def kinds(path: str) -> set[str]:
        return set(routes[f"/documents/{{document_id}}/{path}"]["get"]["responses"]["200"]["content"])

    forms = ("json", "markdown", "html", "text")
    texts = [await ada.call("GET", f"/documents/{document}/content?format={form}") for form in forms]
    assert {text.headers["Content-Type"] for text in texts} == kinds("content")
    url = (await ada.http.post(f"/api/v1/documents/{document}/attachments", content=picture())).json()["url"]
    assert (await ada.http.get(url)).headers["Content-Type"] in kinds("attachments/{digest}")


async def test_bad_fields_are_named(ada: Browser) -> None:
    answer = await ada.call("POST", "/documents", {"titel": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "titel", "message": "Extra inputs are not permitted", "code": "extra_forbidden"}
    ]


def cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "value", [[10**30, "x"], [-(10**30), "x"], ["\ud800", "x"], [1, "\ud800"], [None, "x"], 5, {}, [[[]], "x"]]
)
async def test_a_cursor_that_no_list_gave_is_said_to_be_one(ada: Browser, value: object) -> None:
    answer = await ada.call("GET", f"/documents?cursor={cursor(value)}")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "The cursor is not one that this list gave; begin again without one."


async def test_a_version_that_no_document_has_is_refused(ada: Browser) -> None:
    document = (await ada.call("POST", "/documents", {})).json()["id"]
    answer = await ada.call("PATCH", f"/documents/{document}", {"title": "x"}, **{"If-Match": "9" * 30})
    assert answer.status_code == 400
