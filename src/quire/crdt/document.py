"""Reading a document's content, making its first content, and changing it as a writer would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pycrdt
from pycrdt import XmlElement, XmlFragment, XmlText

from quire.crdt.replica import LocalReplica
from quire.crdt.snapshot import build_snapshot
from quire.crdt.updates import EMPTY_STATE

__all__ = ["XmlElement", "XmlFragment", "XmlText", "changed", "fragment_of", "new_document", "seed"]


def fragment_of(parts: Sequence[bytes], name: str) -> XmlFragment:
    """Return the XML fragment `name` of the document made of these updates."""
    fragment: XmlFragment = LocalReplica(parts).doc.get(name, type=XmlFragment)
    return fragment


def new_document(client: int | None = None) -> pycrdt.Doc[Any]:
    """Return an empty document, written by a client of this number (None: a random one)."""
    return pycrdt.Doc(client_id=client)


def seed(document: pycrdt.Doc[Any], name: str, build: Callable[[XmlFragment], None]) -> bytes:
    """Run `build` on the fragment in one transaction; return the document as one update."""
    fragment: XmlFragment = document.get(name, type=XmlFragment)
    with document.transaction():
        build(fragment)
    return document.get_update()


def changed(parts: Sequence[bytes], name: str, change: Callable[[XmlFragment], None]) -> bytes:
    """Run `change` on the fragment of the document made of these updates; return the document as one update.

    What was deleted is left out. Raises `SnapshotMismatch` when one update cannot hold the document.
    """
    replica = LocalReplica([build_snapshot(parts)[0].update])
    fragment: XmlFragment = replica.doc.get(name, type=XmlFragment)
    with replica.doc.transaction():
        change(fragment)
    return replica.diff_now(EMPTY_STATE)
