"""A snapshot is compared with what it was made from by content, not by a text form of it."""

from __future__ import annotations

import pycrdt
import pytest

from quire.crdt.snapshot import SnapshotMismatch, build_snapshot, verify_snapshot


def blocks(title: str) -> list[bytes]:
    """Updates of a document whose blocks have several attributes and marks, as the editor makes them."""
    doc: pycrdt.Doc = pycrdt.Doc()
    fragment = doc.get("default", type=pycrdt.XmlFragment)
    updates: list[bytes] = []
    subscription = doc.observe(lambda event: updates.append(event.update))
    for number in range(8):
        attributes = {"id": f"b{number}", "indent": float(number), "textAlign": "left", "lineHeight": "1.5"}
        fragment.children.append(pycrdt.XmlElement("paragraph", attributes, [pycrdt.XmlText(f"{title} {number}")]))
        fragment.children[number].children[0].format(0, 3, {"bold": {}, "textStyle": {"color": "#000", "size": "9pt"}})
    doc.unobserve(subscription)
    return updates


def test_attributes_have_no_order() -> None:
    for _ in range(20):
        build_snapshot(blocks("text"))


def test_another_content_is_noticed() -> None:
    updates = blocks("text")
    with pytest.raises(SnapshotMismatch):
        verify_snapshot(build_snapshot(updates)[0], updates[:-1])
