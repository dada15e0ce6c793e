"""Building and verifying snapshots: slow for large documents, which are left to a process of their own."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

import pycrdt

from quire.crdt.replica import Encoded, LocalReplica
from quire.crdt.updates import EMPTY_STATE, inspect
from quire.crdt.xml import with_all_xml


class SnapshotMismatch(Exception):
    """A snapshot does not equal the updates it was made from."""


def build_snapshot(payloads: Sequence[bytes]) -> tuple[Encoded, bytes]:
    """Return (the document made of `payloads`, its state vector), verified.

    Deleted content is left out. What waits for missing updates is kept. Raises `SnapshotMismatch` when the result,
    loaded again, differs from an independent replay.
    """
    replica = LocalReplica(payloads)
    snapshot = replica.encode_now()
    verify_snapshot(snapshot.parts, payloads)
    return snapshot, replica.encoded_state()


def verify_snapshot(snapshot: Sequence[bytes], payloads: Sequence[bytes]) -> None:
    """Raise `SnapshotMismatch` unless `snapshot` loads to what `payloads` give one after the other.

    Compared are state vectors, what waits for missing updates, deletions, and the contents of every root. Where the
    CRDT leaves the order of a text undecided, the same characters in another order are the same contents.
    """
    loaded, replayed = LocalReplica(snapshot), LocalReplica(payloads)
    if loaded.state_now().clocks != replayed.state_now().clocks:
        raise SnapshotMismatch("the state vectors differ")
    if _runs(loaded) != _runs(replayed):
        raise SnapshotMismatch("what waits for missing updates differs")
    if _deletions(loaded) != _deletions(replayed):
        raise SnapshotMismatch("the delete sets differ")
    texts = {*loaded.texts, *replayed.texts}
    _require_same(loaded.doc, replayed.doc, texts)
    whole = with_all_xml(loaded), with_all_xml(replayed)
    if whole != (loaded.doc, replayed.doc):
        _require_same(*whole, texts)


def _require_same(loaded: pycrdt.Doc[Any], replayed: pycrdt.Doc[Any], texts: Collection[str]) -> None:
    if root_content(loaded, texts) == root_content(replayed, texts):
        return
    # Of structs whose right neighbour stands before their left one, which no editor makes, the order is not decided,
    # nor what is between the marks of a format.
    left, right = root_content(loaded, texts, marks=False), root_content(replayed, texts, marks=False)
    if {name: sorted(text) for name, text in left.items()} != {name: sorted(text) for name, text in right.items()}:
        raise SnapshotMismatch("the contents differ")


def _runs(replica: LocalReplica) -> dict[int, int]:
    """Furthest clock per client of what waits, however it is cut into runs."""
    furthest: dict[int, int] = {}
    for client, _, end in replica.waiting():
        furthest[client] = max(end, furthest.get(client, 0))
    return furthest


def _deletions(replica: LocalReplica) -> Any:  # noqa: ANN401
    return inspect(replica.diff_now(EMPTY_STATE), stored=True).deletes


def root_content(doc: pycrdt.Doc[Any], texts: Collection[str] = (), *, marks: bool = True) -> dict[str, str]:
    """Return a text form of every root type, whichever type it has; equal content gives equal text.

    `texts` are the roots that are no arrays. Without `marks` formats are left out.
    """
    roots = {}
    for name in sorted(doc.keys()):
        for kind in (pycrdt.XmlFragment, pycrdt.Text, pycrdt.Array, pycrdt.Map):
            if kind is pycrdt.Array and name in texts:
                continue
            text = _text_of(doc.get(name, type=kind), marks=marks)
            if text not in ("", "[]", "{}"):
                roots[f"{name}:{kind.__name__}"] = text
                break
    return roots


def _text_of(shared: Any, *, marks: bool = True) -> str:  # noqa: ANN401
    """The CRDT gives attributes and keys in no order, so they are sorted here."""
    if isinstance(shared, pycrdt.Array | pycrdt.Map):
        return _json(shared)
    if not isinstance(shared, pycrdt.XmlFragment):
        return str(shared)
    out: list[str] = []
    waiting: list[Any] = list(shared.children)[::-1]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, pycrdt.XmlElement):
            attributes: Any = node.attributes
            out.append(f"<{node.tag} {_json(sorted(attributes))}>")
            waiting.append("</>")
            waiting.extend(list(node.children)[::-1])
        elif isinstance(node, pycrdt.XmlFragment):
            waiting.extend(["</>", *list(node.children)[::-1], "<>"])
        elif marks:
            out.append(_json(node.diff()))
        else:
            out.extend(piece if isinstance(piece, str) else _json(piece) for piece, _ in node.diff())
    return "".join(out)


def _json(value: Any) -> str:  # noqa: ANN401
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:  # noqa: ANN401
    """What is no JSON: shared types inside others, bytes, documents inside the document."""
    if isinstance(value, pycrdt.Array):
        return list(value)
    if isinstance(value, pycrdt.Map):
        return dict(value.items())
    if isinstance(value, bytes):
        return value.hex()
    return _text_of(value) if isinstance(value, pycrdt.XmlFragment | pycrdt.Text) else type(value).__name__
