"""Reading a document's content and making its first content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pycrdt
from pycrdt import XmlElement, XmlFragment, XmlText

from quire.crdt.replica import LocalReplica

__all__ = ["XmlElement", "XmlFragment", "XmlText", "fragment_of", "new_document", "seed"]


def fragment_of(parts: Sequence[bytes], name: str) -> XmlFragment:
    """Return the XML fragment `name` of the document made of these updates."""
    fragment: XmlFragment = LocalReplica(parts).doc.get(name, type=XmlFragment)
    return fragment


def new_document() -> pycrdt.Doc[Any]:
    """Return an empty document."""
    return pycrdt.Doc()


def seed(document: pycrdt.Doc[Any], name: str, build: Callable[[XmlFragment], None]) -> bytes:
    """Run `build` on the fragment in one transaction; return the document as one update."""
    fragment: XmlFragment = document.get(name, type=XmlFragment)
    with document.transaction():
        build(fragment)
    return document.get_update()
