"""Building and verifying snapshots; runs in a worker process of the compactor."""

from __future__ import annotations

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


def root_content(doc: pycrdt.Doc[Any]) -> dict[str, object]:
    """Return the content of every root type, whichever type it has, in a form that can be compared."""
    roots: dict[str, object] = {}
    for name in sorted(doc.keys()):
        for kind in (pycrdt.XmlFragment, pycrdt.Text, pycrdt.Array, pycrdt.Map):
            root = doc.get(name, type=kind)
            if str(root) not in ("", "[]", "{}"):
                roots[f"{name}:{kind.__name__}"] = _content(root)
                break
    return roots


def _content(node: Any) -> object:  # noqa: ANN401
    if isinstance(node, pycrdt.XmlText):
        return node.diff(), _attributes(node)
    if isinstance(node, pycrdt.XmlElement):
        return node.tag, _attributes(node), [_content(child) for child in node.children]
    if isinstance(node, pycrdt.XmlFragment):
        return [_content(child) for child in node.children]
    if isinstance(node, pycrdt.Text):
        return node.diff()
    return node.to_py()


def _attributes(node: Any) -> dict[str, Any]:  # noqa: ANN401
    """Attributes have no order of their own: the text form lists them in any."""
    return dict(node.attributes)
