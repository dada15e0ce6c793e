"""What is stored is the document itself and not some markup of it: it merges, and it knows who wrote what."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pycrdt
import pytest

from conftest import QuireProcess, run_node
from nodes import compacting, open_log
from person import Person, agreed
from quire.blobs.folder import FolderBlobs
from quire.log.archive import Archive
from quire.log.contract import StoredUpdate
from quire.log.sqlite import SqliteLog


async def stored(folder: Path, document: str) -> pycrdt.Doc:
    """Read a document from the log on disk, beside the server."""
    log = SqliteLog(folder / "log.db", Archive(FolderBlobs(folder / "blobs")))
    await log.open()
    doc: pycrdt.Doc = pycrdt.Doc()
    for part in (await log.load(document)).parts:
        doc.apply_update(part)
    await log.close()
    return doc


@pytest.mark.fm("FM-069")
async def test_the_same_edits_through_two_serialisers_are_stored_as_the_same(server: QuireProcess) -> None:
    """Yjs in JavaScript and yrs in Rust; the edits stand in web/tests/node/edits.mjs, too."""
    by_yjs, by_yrs = server.new_document(), server.new_document()
    run_node("edits.mjs", server.url, server.token, by_yjs)
    writer = Person("writer", server, by_yrs)
    async with writer.online():
        await writer.start()
        text = writer.paragraph
        text.insert(0, "The quick brown fox")
        text.format(4, 9, {"bold": {}})
        text.insert(9, "er", {"bold": {}})
        del text[0:4]
        heading = pycrdt.XmlElement("heading", {"level": 2})
        writer.fragment.children.insert(0, heading)
        title = pycrdt.XmlText()
        heading.children.append(title)
        title.insert(0, "Grüße 😀 & <more>")
        title.format(0, len("Grüße".encode()), {"italic": {}})
        title.format(0, len("Grüße".encode()), {"italic": None})
        await writer.saved()
    one, two = await stored(server.data, by_yjs), await stored(server.data, by_yrs)
    assert shape(one.get("default", type=pycrdt.XmlFragment)) == shape(two.get("default", type=pycrdt.XmlFragment))
    for form in ("json", "html", "markdown", "text"):
        first, second = (re.sub(r'"id": ?"[^"]*"', "", server.text(d, form)) for d in (by_yjs, by_yrs))
        assert first == second, form
    assert "Grüße 😀 & <more>" in server.text(by_yjs)
    # No markup is kept anywhere: neither in the log nor beside it.
    with closing(sqlite3.connect(server.data / "log.db")) as log:
        rows = b"".join(row[0] for row in log.execute("SELECT payload FROM updates"))
    assert b"<p>" not in rows
    assert b"<h2" not in rows


def shape(node: object) -> object:
    """Return elements, attributes and runs of formatted text as plain values."""
    if isinstance(node, pycrdt.XmlText):
        return [
            (words, sorted((name, json.dumps(value)) for name, value in (marks or {}).items()))
            for words, marks in node.diff()
        ]
    assert isinstance(node, pycrdt.XmlElement | pycrdt.XmlFragment)
    children = [shape(child) for child in node.children]
    if isinstance(node, pycrdt.XmlElement):
        # A block's id is made with the block and differs from document to document.
        return [node.tag, sorted((name, str(value)) for name, value in node.attributes if name != "id"), children]
    return children


@pytest.mark.fm("FM-069")
async def test_edits_of_head_and_foot_made_apart_are_both_there(server: QuireProcess) -> None:
    document = server.new_document()
    head, foot = Person("head", server, document), Person("foot", server, document)
    async with head.online():
        await head.start("head: ")
        last = pycrdt.XmlElement("paragraph")
        head.fragment.children.append(last)
        last.children.append(pycrdt.XmlText("foot: "))
        await head.saved()
        async with foot.online():
            await foot.until(lambda: len(foot.fragment.children) == 2, "both paragraphs")
    head.insert(6, "changed above")
    foot.fragment.children[1].children[0].insert(6, "changed below")
    async with head.online(), foot.online():
        await head.saved()
        await foot.saved()
        await agreed(head, foot)
    text = server.text(document)
    assert "head: changed above" in text
    assert "foot: changed below" in text
    assert text.count("changed") == 2


def authors(rows: Sequence[StoredUpdate]) -> list[tuple[str, str]]:
    """Return (character, author) of a text, from the log alone: whoever sent the update that brought the character."""
    doc: pycrdt.Doc = pycrdt.Doc()
    text = doc.get("t", type=pycrdt.Text)
    found: list[tuple[str, str]] = []
    author = ""

    def changed(event: pycrdt.TextEvent) -> None:
        at = 0
        for step in event.delta:
            if "retain" in step:
                at += step["retain"]
            elif "delete" in step:
                del found[at : at + step["delete"]]
            else:
                found[at:at] = [(character, author) for character in step["insert"]]
                at += len(step["insert"])

    text.observe(changed)
    for row in rows:
        author = row.author
        doc.apply_update(row.payload)
    assert "".join(character for character, _ in found) == str(text)
    return found


@pytest.mark.fm("FM-069")
async def test_who_wrote_this_is_answered_by_the_log_for_any_selection(tmp_path: Path) -> None:
    """Three people write into one sentence; half of it is archived since."""
    from contracts.log import append

    ann, bob, carol = (pycrdt.Doc(client_id=number) for number in (1, 2, 3))

    async def write(log: SqliteLog, doc: pycrdt.Doc, author: str, words: str, at: int) -> None:
        before = doc.get_state()
        doc.get("t", type=pycrdt.Text).insert(at, words)
        update = doc.get_update(before)
        await append(log, "d", [update], author)
        for other in (ann, bob, carol):
            if other is not doc:
                other.apply_update(update)

    async with open_log(tmp_path) as log, compacting(log) as compactor:
        await write(log, ann, "ann", "the fox jumps", 0)
        await write(log, bob, "bob", "quick ", 4)
        await compactor.compact("d")
        await write(log, carol, "carol", " over the dog", 19)
        await write(log, bob, "bob", "lazy ", 29)
        found = authors(await log.read("d"))
    text = "".join(character for character, _ in found)
    assert text == "the quick fox jumps over the lazy dog"

    def wrote(selection: str) -> set[str]:
        start = text.index(selection)
        return {author for _, author in found[start : start + len(selection)]}

    assert wrote("the quick") == {"ann", "bob"}
    assert wrote("quick") == wrote("lazy") == {"bob"}
    assert wrote("fox jumps") == {"ann"}
    assert wrote("over the lazy dog") == {"carol", "bob"}
