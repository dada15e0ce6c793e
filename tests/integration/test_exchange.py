"""What a browser without sockets is told."""

from __future__ import annotations

import pycrdt

from quire.crdt.cursor import Cursor
from quire.crdt.updates import inspect
from quire.sync.wire import var_bytes
from visitors import Browser, written


async def exchange(who: Browser, document: str, doc: pycrdt.Doc, update: bytes = b"") -> tuple[bytes, bytes]:
    """Return (state vector, what `doc` lacks) as the server tells them."""
    path = f"/api/v1/documents/{document}/sync"
    answer = await who.http.post(path, content=var_bytes(doc.get_state()) + var_bytes(update))
    assert answer.status_code == 200, answer.text
    cursor = Cursor(answer.content)
    return cursor.bytes(), cursor.bytes()


async def test_who_deleted_words_without_having_them_is_told_from_who_had_them(ada: Browser) -> None:
    """A browser brings back its words that went with a block whose deleter had not seen them."""
    document, _ = await written(ada, "Plan", "The plan")
    author: pycrdt.Doc = pycrdt.Doc()
    author.apply_update((await exchange(ada, document, author))[1])
    known = author.get_state()
    heading = author.get("default", type=pycrdt.XmlFragment).children[1]
    text = heading.children[0]
    assert isinstance(text, pycrdt.XmlText)
    text += " of mine"
    other: pycrdt.Doc = pycrdt.Doc()
    other.apply_update((await exchange(ada, document, other))[1])
    before = other.get_state()
    del other.get("default", type=pycrdt.XmlFragment).children[1]
    await exchange(ada, document, other, other.get_update(before))

    state, missing = await exchange(ada, document, author, author.get_update(known))
    assert author.client_id not in {client for client, _ in inspect(missing).deletes}
    author.apply_update(missing)
    assert "mine" not in str(author.get("default", type=pycrdt.XmlFragment))
    # It has them all the same, and says so.
    assert author.client_id not in {client for client, _, _ in inspect(author.get_update(state)).ranges}


async def test_what_stands_behind_the_update_is_not_taken_for_saved(ada: Browser) -> None:
    document, _ = await written(ada, "Plan", "The plan")
    path = f"/api/v1/documents/{document}/sync"
    answer = await ada.http.post(path, content=var_bytes(b"\0") + var_bytes(b"") + b"more")
    assert (answer.status_code, "4 bytes follow" in answer.json()["detail"]) == (400, True)
