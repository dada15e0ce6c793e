"""Copies and previews of documents on a real server."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import pycrdt
import pytest

from conftest import QuireProcess
from locks import write_locked
from person import Person
from quire.content.preview import preview
from quire.content.prosemirror import first_content
from quire.content.welcome import ARABIC, GERMAN, welcome_document
from quire.server.composition import Server
from quire.settings import Settings
from quire.sync.wire import var_bytes
from visitors import ADA, Browser, colleague, picture, written


async def shown(who: Browser, document: str, form: str = "html") -> str:
    return (await who.call("GET", f"/documents/{document}/content?format={form}")).text


async def test_a_copy_is_ones_own_and_outlives_its_source(ada: Browser, node: Server) -> None:
    source, digest = await written(ada, "Plan", "The plan")
    bob = await colleague(ada, node)
    assert (await bob.call("POST", f"/documents/{source}/copy", {})).status_code == 404
    link = (await ada.call("PUT", f"/documents/{source}/link", {"role": "viewer"})).json()["url"].split("#link=")[1]

    made = await bob.call("POST", f"/documents/{source}/copy", {}, **{"X-Quire-Link": link})

    assert made.status_code == 201
    copy = made.json()
    assert made.headers["Location"] == f"/api/v1/documents/{copy['id']}"
    assert (copy["title"], copy["role"], copy["owner"]["name"], copy["link_role"]) == (
        "Copy of Plan",
        "owner",
        "Bob",
        None,
    )
    assert copy["size_bytes"] > 0
    # Nobody else has it, and the source is as it was.
    assert (await ada.call("GET", f"/documents/{copy['id']}")).status_code == 404
    assert f"{source}/attachments/{digest}" in await shown(ada, source)

    await ada.call("DELETE", f"/documents/{source}")
    assert (await ada.call("DELETE", f"/documents/{source}/forever")).status_code == 204
    content = await shown(bob, copy["id"], "json")
    assert "The plan" in content
    assert source not in content
    stored = await bob.call("GET", f"/documents/{copy['id']}/attachments/{digest}")
    assert stored.content == picture()


async def test_a_copy_has_the_blocks_of_its_source_and_nothing_that_was_deleted_there(
    ada: Browser, node: Server
) -> None:
    source, _ = await written(ada, "Plan", "The plan")
    copy = (await ada.call("POST", f"/documents/{source}/copy", {"title": "Mine"})).json()
    assert copy["title"] == "Mine"
    stored = await node.log.load(copy["id"])
    assert len(stored.tail) == 1
    assert b"secret" not in stored.tail[0].payload
    assert '"id": "h1"' in await shown(ada, copy["id"], "json")
    # What is written in one of them is not in the other.
    doc: pycrdt.Doc = pycrdt.Doc()
    doc.apply_update(stored.tail[0].payload)
    doc.get("default", type=pycrdt.XmlFragment).children.append(pycrdt.XmlElement("horizontalRule"))
    await ada.http.post(f"/api/v1/documents/{copy['id']}/sync", content=var_bytes(b"\0") + var_bytes(doc.get_update()))
    assert "<hr>" in await shown(ada, copy["id"])
    assert "<hr>" not in await shown(ada, source)


async def test_what_is_made_again_from_its_makers_copy_is_as_it_was(ada: Browser, node: Server) -> None:
    source, digest = await written(ada, "Plan", "The plan")
    await ada.call("POST", f"/documents/{source}/copy", {})
    copy, _, welcome = [item["id"] for item in (await ada.call("GET", "/documents?sort=created_at")).json()["items"]]
    for document in (copy, welcome):
        before, kept = await shown(ada, document, "json"), (await node.log.load(document)).tail[0].payload
        # An older backup was put back.
        await node.documents.remove_content(document)
        with closing(sqlite3.connect(node.settings.data / "catalogue.db")) as catalogue, catalogue:
            catalogue.execute("DELETE FROM documents WHERE id = ?", (document,))
            catalogue.execute("DELETE FROM grants WHERE resource = ?", (document,))
        assert (await ada.call("POST", "/documents", {"id": document})).status_code == 201
        sent = await ada.http.post(f"/api/v1/documents/{document}/sync", content=var_bytes(b"\0") + var_bytes(kept))
        assert sent.status_code == 200
        assert await shown(ada, document, "json") == before
    # Its pictures are gone until somebody brings them.
    path = f"/api/v1/documents/{copy}/attachments"
    assert (await ada.http.get(f"{path}/{digest}")).status_code == 404
    await ada.http.post(path, content=picture())
    assert (await ada.http.get(f"{path}/{digest}")).content == picture()


@pytest.mark.parametrize(("trouble", "status"), [("no room", 507), ("a log that cannot be written", 503)])
async def test_of_a_copy_that_fails_nothing_stays(
    ada: Browser, node: Server, tmp_path: Path, trouble: str, status: int
) -> None:
    source, _ = await written(ada, "Plan", "The plan")
    data = tmp_path / "data"
    before = {path for path in (data / "blobs").rglob("*") if path.is_file()}
    with ExitStack() as fault:
        if trouble == "no room":
            node.attachments._per_workspace = len(picture()) + 1
        else:
            fault.enter_context(write_locked(data / "log.db"))
        assert (await ada.call("POST", f"/documents/{source}/copy", {})).status_code == status
    assert {path for path in (data / "blobs").rglob("*") if path.is_file()} == before
    assert len((await ada.call("GET", "/documents")).json()["items"]) == 2
    if trouble == "no room":
        assert await node.factory._unfinished() == []


async def test_copies_count_as_what_their_maker_sends_in_an_hour(tmp_path: Path) -> None:
    node = Server(Settings(data=tmp_path / "data", bytes_per_hour_per_account=2000))
    ada = Browser(await node.open())
    await ada.enter("/setup", ADA)
    source, _ = await written(ada, "Plan", "The plan" * 50)
    await node.edits.record()
    size = (await ada.call("GET", f"/documents/{source}")).json()["size_bytes"]
    assert size < 2000
    answers = [await ada.call("POST", f"/documents/{source}/copy", {}) for _ in range(2000 // size + 2)]
    assert answers[0].status_code == 201
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 1
    await node.drain()
    await node.close()


async def test_a_reader_with_a_token_that_may_only_read_makes_no_copy(ada: Browser, node: Server) -> None:
    source, _ = await written(ada, "Plan", "The plan")
    token = (await ada.call("POST", "/tokens", {"name": "ci", "scopes": ["documents:read"]})).json()["secret"]
    program = Browser(node.app)  # type: ignore[attr-defined]
    program.http.headers["Authorization"] = f"Bearer {token}"
    assert (await program.call("POST", f"/documents/{source}/copy", {})).status_code == 403
    guest = Browser(node.app)  # type: ignore[attr-defined]
    assert (await guest.call("POST", f"/documents/{source}/copy", {})).status_code == 401


async def test_a_copy_of_a_long_document_is_there_after_the_server_was_killed(
    launch: Callable[..., QuireProcess],
) -> None:
    server = launch()
    source = server.new_document("Long")
    ada = Person("Ada", server, source)
    async with ada.online():
        await ada.start("word " * 30_000)
        ada.insert(0, "First ")
        await ada.saved()
    copy = str(server.api("POST", f"/documents/{source}/copy", {})["id"])
    server.stop(9)
    server.start()
    assert server.text(copy) == server.text(source)
    reader = Person("Reader", server, copy)
    async with reader.online():
        await reader.until(lambda: reader.text == ada.text, "the whole text")


async def test_a_preview_follows_the_text_and_is_for_readers(ada: Browser, node: Server) -> None:
    document, _ = await written(ada, "Plan", "The plan")
    path = f"/documents/{document}/preview"
    await node.edits.record()
    assert (await ada.call("GET", path)).json() == {"lines": [{"kind": "title", "text": "The plan"}]}
    stranger = await colleague(ada, node)
    assert (await stranger.call("GET", path)).status_code == 404
    doc: pycrdt.Doc = pycrdt.Doc()
    update = first_content({"content": [{"type": "paragraph", "content": [{"type": "text", "text": "More"}]}]})
    doc.apply_update(update)
    await ada.http.post(f"/api/v1/documents/{document}/sync", content=var_bytes(b"\0") + var_bytes(update))
    await node.edits.record()
    lines = (await ada.call("GET", path)).json()["lines"]
    assert {"kind": "text", "text": "More"} in lines


def test_a_preview_shows_what_stands_first_and_no_more() -> None:
    lines = preview([welcome_document()[1]])
    assert lines[0] == ("title", "Welcome to Quire")
    assert ("heading", "Write together") in lines
    assert ("item", "Undo takes back your own changes only.") in lines
    assert ("done", "Tick this box") in lines
    assert len(lines) <= 14
    assert all(len(line.text) <= 120 for line in lines)
    # A line that is cut says so.
    assert lines[1].text.startswith("This is a real document.")
    assert lines[1].text.endswith("…")


@pytest.mark.parametrize(
    ("language", "title", "words"), [("de", "Willkommen bei Quire", GERMAN), ("ar", "مرحبًا بك في Quire", ARABIC)]
)
async def test_the_first_document_speaks_the_language_of_the_first_person(
    node: Server, language: str, title: str, words: dict[str, str]
) -> None:
    browser = Browser(node.app)  # type: ignore[attr-defined]
    await browser.enter("/setup", ADA | {"language": language})
    [document] = (await browser.call("GET", "/documents")).json()["items"]
    assert document["title"] == title
    text = await shown(browser, document["id"], "markdown")
    assert f"# {title}" in text
    left = [english for english in words if len(english) > 12 and english in text]
    assert left == []
