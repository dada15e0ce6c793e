"""Building and verifying snapshots; runs in a worker process of the compactor."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pycrdt

from quire.crdt.parser import MAX_CHAIN
from quire.crdt.replica import LocalReplica
from quire.crdt.updates import EMPTY_STATE, inspect, merge

MOST_MERGED: Final = 500
"""Updates merged at once."""


class SnapshotMismatch(Exception):
    """A snapshot does not equal the updates it was made from."""


def build_snapshot(payloads: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return (one update that contains all of `payloads`, its state vector), verified.

    Deleted content is left out. What waits for missing updates is kept. Raises `SnapshotMismatch` when the result,
    loaded again, differs from an independent replay.
    """
    replica = LocalReplica(payloads)
    snapshot, state_vector = replica.diff_now(EMPTY_STATE), replica.encoded_state()
    verify_snapshot(snapshot, payloads)
    return snapshot, state_vector


def verify_snapshot(snapshot: bytes, payloads: Sequence[bytes]) -> None:
    """Raise `SnapshotMismatch` unless `snapshot` loads to the same document as `payloads` merged on bytes."""
    loaded, replayed = LocalReplica([snapshot]), LocalReplica([merge(group) for group in _groups(payloads)])
    if loaded.state() != replayed.state():
        raise SnapshotMismatch("the state vectors differ")
    if _runs(loaded) != _runs(replayed):
        raise SnapshotMismatch("what waits for missing updates differs")
    if _deletions(loaded) != _deletions(replayed):
        raise SnapshotMismatch("the delete sets differ")
    if root_content(loaded.doc) != root_content(replayed.doc):
        raise SnapshotMismatch("the contents differ")


def _groups(payloads: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Split updates into groups that can be merged: merging takes the square of their number, and gives one update
    that must keep the bounds of one.
    """
    group: list[bytes] = []
    structs = 0
    for payload in payloads:
        size = inspect(payload).structs
        if group and (len(group) >= MOST_MERGED or structs + size > MAX_CHAIN):
            yield group
            group, structs = [], 0
        group.append(payload)
        structs += size
    if group:
        yield group


def _runs(replica: LocalReplica) -> dict[int, int]:
    """Furthest clock per client of what waits, however it is cut into runs."""
    furthest: dict[int, int] = {}
    for client, _, end in replica.waiting():
        furthest[client] = max(end, furthest.get(client, 0))
    return furthest


def _deletions(replica: LocalReplica) -> Any:  # noqa: ANN401
    return inspect(replica.diff_now(EMPTY_STATE)).deletes


def root_content(doc: pycrdt.Doc[Any]) -> dict[str, str]:
    """Return a text form of every root type, whichever type it has; equal content gives equal text."""
    roots = {}
    for name in sorted(doc.keys()):
        for kind in (pycrdt.XmlFragment, pycrdt.Text, pycrdt.Array, pycrdt.Map):
            text = _text_of(doc.get(name, type=kind))
            if text not in ("", "[]", "{}"):
                roots[f"{name}:{kind.__name__}"] = text
                break
    return roots


def _text_of(shared: Any) -> str:  # noqa: ANN401
    """The CRDT gives attributes and keys in no order, so they are sorted here."""
    if isinstance(shared, pycrdt.Array | pycrdt.Map):
        return json.dumps(shared.to_py(), sort_keys=True, default=str)
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
            out.append(f"<{node.tag} {json.dumps(sorted(attributes), default=str)}>")
            waiting.append("</>")
            waiting.extend(list(node.children)[::-1])
        else:
            out.append(json.dumps(node.diff(), sort_keys=True, default=str))
    return "".join(out)
