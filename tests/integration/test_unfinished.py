"""Documents whose making failed or was cut short: nothing of them stays, and nothing else goes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from locks import write_locked
from quire.documents.service import Document
from quire.server.composition import Server
from quire.settings import Settings
from quire.storage.failure import StorageUnavailable
from stalls import until
from visitors import ADA, Browser, colleague, written


@asynccontextmanager
async def served(data: Path) -> AsyncIterator[tuple[Server, Browser]]:
    """Serve a data folder, with Ada signed in."""
    node = Server(Settings(data=data))
    node.app = await node.open()  # type: ignore[attr-defined]
    browser = Browser(node.app)  # type: ignore[attr-defined]
    if await node.services.people.any():
        await browser.enter("/session", {"email": ADA["email"], "password": ADA["password"]})
    else:
        await browser.enter("/setup", ADA)
    yield node, browser
    await node.drain()
    await node.close()


def go_back_to_before(data: Path, document: str) -> None:
    """Let the catalogue be an older one, of before the document was made."""
    with closing(sqlite3.connect(data / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("DELETE FROM documents WHERE id=?", (document,))


def stored(data: Path) -> set[str]:
    """Return the documents of the log, the notes of those being made, and the files of pictures."""
    with closing(sqlite3.connect(data / "log.db")) as log, closing(sqlite3.connect(data / "catalogue.db")) as catalogue:
        texts = {document for (document,) in log.execute("SELECT document FROM heads")}
        notes = {f"note {document}" for (document,) in catalogue.execute("SELECT document FROM unfinished")}
    return texts | notes | {str(path) for path in (data / "blobs").rglob("*") if path.is_file()}


async def test_a_text_that_storage_takes_too_late_is_removed_at_the_next_start(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, ada):
        await written(ada, "Plan", "The plan")
        before = stored(tmp_path)
        with write_locked(tmp_path / "log.db"):
            assert (await ada.call("POST", "/documents", {})).status_code == 503
        await until(lambda: len(stored(tmp_path)) == len(before) + 2, "the text, and the note of it")
    async with served(tmp_path) as (_, ada):
        assert stored(tmp_path) == before
        assert len((await ada.call("GET", "/documents")).json()["items"]) == 2


@pytest.mark.parametrize("path", ["", "/{source}/copy"])
async def test_what_a_crash_leaves_between_text_and_row_is_removed_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async with served(tmp_path) as (node, ada):
        source, _ = await written(ada, "Plan", "The plan")
        before = stored(tmp_path)

        def killed(*_: object) -> None:
            raise OSError("killed")

        with monkeypatch.context() as patch:
            patch.setattr(node.factory._sharing, "grant", killed)
            patch.setattr(node.documents, "remove_content", killed)
            with pytest.raises(OSError, match="killed"):
                await ada.call("POST", f"/documents{path.format(source=source)}", {})
        assert len(stored(tmp_path) - before) == (3 if path else 2)
    async with served(tmp_path):
        assert stored(tmp_path) == before


async def test_a_copy_that_is_made_stays_although_its_maker_hears_of_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as (node, ada):
        source, _ = await written(ada, "Plan", "The plan")
        get = node.documents.get

        async def unanswered(document: str) -> Document:
            if document == source:
                return await get(document)
            raise StorageUnavailable(f"{document} cannot be read now")

        with monkeypatch.context() as patch:
            patch.setattr(node.documents, "get", unanswered)
            failed = await ada.call("POST", f"/documents/{source}/copy", {"title": "Mine"})
            assert failed.status_code == 503
        [copy] = [
            item["id"] for item in (await ada.call("GET", "/documents")).json()["items"] if item["title"] == "Mine"
        ]
        assert (await ada.call("GET", f"/documents/{copy}/content")).status_code == 200
    async with served(tmp_path) as (_, ada):
        assert (await ada.call("GET", f"/documents/{copy}/content")).status_code == 200


async def test_a_text_that_was_edited_stays_although_a_catalogue_of_before_calls_it_unfinished(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, ada):
        document, _ = await written(ada, "Plan", "The plan")
    before = stored(tmp_path)
    go_back_to_before(tmp_path, document)
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as catalogue, catalogue:
        catalogue.execute("INSERT INTO unfinished VALUES(?)", (document,))
    async with served(tmp_path):
        assert stored(tmp_path) == before


async def test_a_text_that_an_older_catalogue_does_not_know_is_never_removed(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, ada):
        document, _ = await written(ada, "Plan", "The plan")
    before = stored(tmp_path)
    go_back_to_before(tmp_path, document)
    async with served(tmp_path):
        assert stored(tmp_path) == before


async def test_a_text_that_an_older_catalogue_does_not_know_goes_to_nobody_who_names_its_id(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, ada):
        document, _ = await written(ada, "Plan", "The plan")
    go_back_to_before(tmp_path, document)
    async with served(tmp_path) as (node, ada):
        eve = await colleague(ada, node)
        refused = await eve.call("POST", "/documents", {"id": document})
        assert (refused.status_code, refused.json()["code"]) == (409, "id-taken")
        assert (await eve.call("GET", f"/documents/{document}/content")).status_code == 404
