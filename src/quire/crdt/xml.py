"""The XML of a document, all of it.

Yjs takes anything into an element: values, letters, shared types that are no XML. pycrdt lists the children of an
element up to the first of those. A document that has any is read from a copy without what no editor shows, values and
letters, and with elements in place of arrays and maps, XML texts in place of texts.
"""

from __future__ import annotations

from typing import Any, Final

import pycrdt
from pycrdt import XmlElement, XmlFragment, XmlText

from quire.crdt.contents import ELEMENT, XML_TEXT
from quire.crdt.replica import LocalReplica
from quire.crdt.structure import Structure
from quire.crdt.summary import Id, Kind, Run
from quire.crdt.updates import deletions, encode, inspect

DATA: Final = "data"
"""The name of the elements in place of arrays and maps; browsers show them under it, too."""
_TURNED: Final = {
    Kind.ARRAY: bytes((ELEMENT, len(DATA))) + DATA.encode(),
    Kind.TYPE: bytes((XML_TEXT,)),
}


def with_all_xml(replica: LocalReplica) -> pycrdt.Doc[Any]:
    """Return the document, or a copy to read in which all XML is listed."""
    if all(_listed(replica.doc.get(root, type=XmlFragment)) for root in replica.trees):
        return replica.doc
    return LocalReplica([_only_xml(replica.encode_now().update)]).doc


def _listed(root: XmlFragment) -> bool:
    """Whether the children of each element are listed to the end."""
    waiting: list[XmlFragment | XmlElement] = [root]
    while waiting:
        children = waiting.pop().children
        listed = list(children)
        if len(listed) < len(children):
            return False
        waiting += [child for child in listed if not isinstance(child, XmlText)]
    return True


def _only_xml(update: bytes) -> bytes:
    """Return a whole document with nothing but XML in its elements, and in the roots that have any XML in them."""
    summary = inspect(update, stored=True)
    structure = Structure()
    structure.place(summary.runs, strict=False)
    children = list(structure.within(summary.runs))
    parents: set[Id | str] = {(run.client, run.start) for run in summary.runs if run.kind is Kind.ELEMENT}
    parents |= {parent for run, parent in children if isinstance(parent, str) and _is_xml(run)}
    strays = {(run.client, run.start) for run, parent in children if parent in parents and not _is_xml(run)}
    structs, deleted = [], list(deletions(update, summary.deletes_at))
    for run in summary.runs:
        encoded = run.source[run.at : run.to]
        if (run.client, run.start) in strays:
            if run.kind in _TURNED:
                # What tells the type apart is the last byte.
                encoded = encoded[:-1] + _TURNED[run.kind]
            else:
                deleted.append((run.client, run.start, run.end))
        structs.append((run.client, run.start, run.structs, encoded))
    return encode(structs, deleted)


def _is_xml(run: Run) -> bool:
    return run.kind is Kind.ELEMENT or (run.kind is Kind.TYPE and run.source[run.to - 1] == XML_TEXT)
