"""Snapshots of documents as browsers write them."""

from __future__ import annotations

from typing import Any

import pycrdt
import pytest

from quire.crdt.snapshot import SnapshotMismatch, build_snapshot, root_content, verify_snapshot


def document(words: str) -> pycrdt.Doc[Any]:
    doc: pycrdt.Doc[Any] = pycrdt.Doc()
    fragment = doc.get("default", type=pycrdt.XmlFragment)
    for index in range(10):
        attributes = {"id": f"block-{index}", "indent": "0", "textAlign": "left", "lineHeight": "1.5"}
        paragraph = fragment.children.append(pycrdt.XmlElement("paragraph", attributes))
        paragraph.children.append(pycrdt.XmlText(words)).format(0, 4, {"bold": True, "italic": True, "code": {"a": 1}})
    doc.get("settings", type=pycrdt.Map).update(dict.fromkeys("zyxwvu", 1))
    return doc


def test_elements_with_several_attributes_and_marks_equal_themselves() -> None:
    # The CRDT keeps attributes in an order that differs from copy to copy.
    for _ in range(20):
        doc = document("some words")
        snapshot, _ = build_snapshot([doc.get_update()])
        copy: pycrdt.Doc[Any] = pycrdt.Doc()
        copy.apply_update(snapshot.update)
        assert root_content(copy) == root_content(doc)


def test_other_words_in_the_same_places_are_noticed() -> None:
    with pytest.raises(SnapshotMismatch):
        verify_snapshot([document("some words").get_update()], [document("some werds").get_update()])
    assert root_content(document("some words")) != root_content(document("some werds"))


def test_words_beside_neighbours_in_the_wrong_order_keep_no_document_from_being_compacted() -> None:
    """They may stand elsewhere in the snapshot, and an object between them divides other words."""
    text = b"\x01\x01\x01\x00\x07\x01\x07default\x06\x00"
    middle = (
        b"\x02\x03\x02\x00\x04\x00\x01\x00\x02ab\x84\x02\x01\x02cd\x84\x02\x03\x02ef"
        b'\x03\x01\x01\x81\x02\x01\x01\x85\x02\x03\x07{"a":1}\x00\x01\x00'
    )
    first = b"\x01\x02\x03\x00\x00\x01\x44\x01\x02\x02cd\x00"
    snapshot, _ = build_snapshot([text, middle, first])
    assert snapshot.waiting == ()
