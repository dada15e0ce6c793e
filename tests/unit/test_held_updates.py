"""Updates that wait for missing ones cost what they bring, however many there are and however long they wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pycrdt
import pytest

from nodes import Guest, Node, made_log, until
from quire.crdt import replica, waiting
from quire.crdt.replica import LocalReplica
from quire.crdt.updates import deletions, encode, inspect
from quire.fanout.local import LocalBus
from quire.sync.rooms import vetting


def letters(client: int, count: int) -> list[bytes]:
    """Updates of somebody who types so many letters at the end of a text."""
    updates: list[bytes] = []
    doc: pycrdt.Doc[Any] = pycrdt.Doc(client_id=client)
    text = doc.get("t", type=pycrdt.Text)
    subscription = doc.observe(lambda event: updates.append(event.update))
    for number in range(count):
        text += chr(ord("a") + number % 26)
    doc.unobserve(subscription)
    return updates


def take(document: LocalReplica, update: bytes) -> None:
    document.apply_now(update, inspect(update))


def text_of(document: LocalReplica) -> str:
    return str(document.doc.get("t", type=pycrdt.Text))


def test_what_waits_is_not_read_again_when_something_else_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    document = LocalReplica([])
    for number in range(300):
        take(document, encode((), [(5, 1000 + 2 * part, 1001 + 2 * part + number) for part in range(1000)]))
    assert document.state_now().waiting == 300
    read: list[int] = []

    def noted(update: bytes, at: int) -> list[tuple[int, int, int]]:
        read.append(len(update))
        return deletions(update, at)

    for module in (replica, waiting):
        monkeypatch.setattr(module, "deletions", noted)
    typed = letters(5, 300)
    for update in typed:
        take(document, update)
    assert len(text_of(document)) == 300
    assert sum(read) <= sum(map(len, typed))


def test_what_is_deleted_before_it_comes_is_never_seen() -> None:
    document = LocalReplica([])
    take(document, encode((), [(5, 2, 4), (5, 6, 100)]))
    take(document, encode((), [(5, 3, 5), (5, 6, 8)]))
    shown = []
    for update in letters(5, 10):
        take(document, update)
        shown.append(text_of(document))
    assert shown == ["a", "ab", "ab", "ab", "ab", "abf", "abf", "abf", "abf", "abf"]
    assert document.state_now().waiting == 1
    rest = letters(5, 100)[10:]
    for update in rest:
        take(document, update)
    assert text_of(document) == "abf"
    assert document.state_now().waiting == 0


async def test_what_waits_of_one_document_is_bounded_in_bytes_beside_one_update_of_any_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vetting, "MOST_WAITING_BYTES", 500)
    async with made_log(tmp_path) as log:
        node, writer = Node("n", log, LocalBus()), Guest("ada", 1)
        await writer.join(node)
        room, member = await node.room(), writer.member
        assert member is not None

        def offer(client: int, parts: int) -> None:
            room.ingest.receive(encode((), [(client, 2 * part, 2 * part + 1) for part in range(parts)]), member)

        offer(5, 1000)
        await until(lambda: room.settled, "taken", node)
        assert writer.refused == []
        offer(6, 10)
        await until(lambda: [told["reason"] for told in writer.refused] == ["storage"], "refused", node)
        for update in letters(5, 2000):
            room.ingest.receive(update, member)
        await until(lambda: room.settled, "what was missing has come", node)
        offer(6, 10)
        await until(lambda: room.settled, "taken", node)
        assert len(writer.refused) == 1
        await node.close()
