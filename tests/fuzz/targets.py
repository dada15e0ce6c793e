"""Coverage-guided fuzzing of what a hostile client can send. Run by `make fuzz` and, for seconds, by test_fuzz.py.

    python tests/fuzz/targets.py TARGET [libFuzzer options] [corpus folders]

Each target takes bytes. Whatever the bytes are, the code under test refuses them by name and has changed nothing, or
takes them whole. Anything else is an exception or a dead process, and libFuzzer keeps the input that did it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["quire"]):
    from quire.content.prosemirror import first_content, read
    from quire.crdt.replica import LocalReplica, ReplicaCorrupt
    from quire.crdt.updates import (
        EMPTY_STATE,
        MalformedUpdate,
        decode_state_vector,
        encode_state_vector,
        inspect,
        merge,
        without_clients,
    )
    from quire.sync import wire

MAX_STATE = 8 * 1024


def codec(data: bytes) -> None:
    """Numbers, byte strings and text of the wire protocol: what is read is written the same way."""
    for read_one, write_one in (
        (wire.read_var_uint, wire.var_uint),
        (wire.read_var_bytes, wire.var_bytes),
        (wire.read_var_string, wire.var_string),
    ):
        try:
            value, end = read_one(data, 0)
        except wire.MalformedMessage as error:
            assert str(error)
            continue
        assert 0 < end <= len(data)
        assert read_one(write_one(value), 0)[0] == value  # type: ignore[operator]


def presence(data: bytes) -> None:
    """Presence: entries are read whole, and what is sent on is what was read."""
    try:
        entries = wire.decode_awareness(data, max_state=MAX_STATE)
    except wire.MalformedMessage as error:
        assert str(error)
        return
    assert wire.decode_awareness(wire.encode_awareness(entries), max_state=MAX_STATE) == entries


def state(data: bytes) -> None:
    """State vectors."""
    try:
        clock = decode_state_vector(data)
    except MalformedUpdate as error:
        assert str(error)
        return
    assert decode_state_vector(encode_state_vector(clock)) == {client: end for client, end in clock.items() if end}


BASE = first_content(
    {
        "type": "doc",
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "words", "marks": [{"type": "bold"}]}]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [{"type": "paragraph"}]}]},
        ],
    }
)


def update(data: bytes) -> None:
    """Updates: parsed within bounds, applied to a live copy, read as a document, encoded and loaded again."""
    replica = LocalReplica([BASE])
    before = replica.diff_now(EMPTY_STATE)
    try:
        summary = inspect(data)
        without_clients(data, summary, {client for client, _, _ in summary.ranges[:1]})
        changed = replica.apply_now(data, summary).changed
        after = replica.diff_now(EMPTY_STATE)
    except MalformedUpdate as error:
        assert str(error)
        assert LocalReplica([before]).diff_now(EMPTY_STATE) == before
        return
    except ReplicaCorrupt:
        # The room builds its copy anew from what it had.
        assert LocalReplica([before]).state_now().clocks == LocalReplica([BASE]).state_now().clocks
        return
    assert LocalReplica([after]).state_now().clocks == replica.state_now().clocks
    if changed:
        merge([BASE, data])
    read([after])


TARGETS: dict[str, Callable[[bytes], None]] = {
    "codec": codec,
    "presence": presence,
    "state": state,
    "update": update,
}

if __name__ == "__main__":
    name = sys.argv.pop(1)
    seeds = str(Path(__file__).parent / "corpus" / name)
    atheris.Setup([*sys.argv, seeds], TARGETS[name])
    atheris.Fuzz()
