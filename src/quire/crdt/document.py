"""Reading a document's content, making its first content, and another with other values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pycrdt
from pycrdt import XmlElement, XmlFragment, XmlText

from quire.crdt.replica import LocalReplica
from quire.crdt.snapshot import build_snapshot
from quire.crdt.summary import Kind
from quire.crdt.updates import deletions, encode, inspect
from quire.crdt.xml import DATA, with_all_xml

__all__ = ["DATA", "XmlElement", "XmlFragment", "XmlText", "fragment_of", "new_document", "seed", "with_values"]


def fragment_of(parts: Sequence[bytes], name: str) -> XmlFragment:
    """Return the XML fragment `name` of the document made of these updates, to read."""
    fragment: XmlFragment = with_all_xml(LocalReplica(parts)).get(name, type=XmlFragment)
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


def with_values(parts: Sequence[bytes], change: Callable[[bytes], bytes]) -> bytes:
    """Return the document made of these updates as one update, with other plain values, such as those of attributes.

    `change` is given them encoded, and returns as many. What was deleted is left out. Raises `SnapshotMismatch` when
    one update cannot hold the document.
    """
    update = build_snapshot(parts)[0].update
    summary = inspect(update, stored=True)
    structs = [
        (run.client, run.start, run.structs, change(encoded) if run.kind is Kind.CONTENT else encoded)
        for run in summary.runs
        for encoded in [run.source[run.at : run.to]]
    ]
    return encode(structs, list(deletions(update, summary.deletes_at)))
