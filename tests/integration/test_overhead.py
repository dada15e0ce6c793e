"""What merging costs beside the text: in memory, in the snapshot, on the wire and in the state vector."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.traces import typed

from conftest import PROVE, ROOT, QuireProcess, run_node
from quire.crdt.updates import merge
from quire.sync import wire
from rawclient import connected, joined

OWN = ROOT / "tests" / "fixtures" / "traces" / "architecture.json.gz"
"""How ARCHITECTURE.md came to be, from one commit to the next, letter by letter."""
TRACES = Path(os.environ.get("QUIRE_TRACES", ""))
PUBLIC = ("automerge-paper", "rustcode", "seph-blog1", "sveltecomponent")
"""Editing traces that are too large for this repository (github.com/josephg/editing-traces)."""
EDITS = 0 if PROVE else 6000
SESSIONS = 10_000 if PROVE else 2_000


LOAD = """
import sys
from quire.crdt.replica import LocalReplica
def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
snapshot = sys.stdin.buffer.read()
LocalReplica([b"\\x00\\x00"])
before = resident()
replica = LocalReplica([snapshot])
print(resident() - before)
"""


def live_memory(snapshot: bytes) -> int:
    """Return the bytes that a live copy takes, measured in a process of its own."""
    done = subprocess.run([sys.executable, "-c", LOAD], input=snapshot, capture_output=True, check=True)
    return int(done.stdout)


async def join(server: QuireProcess, document: str) -> tuple[int, bytes]:
    """Return what somebody who opens the document gets: the size of its state vector, and the whole of it."""
    parts = []
    async with connected(server, document) as client:
        client.send(b"\x02\x00" + wire.var_string(server.token))
        client.send(wire.sync_step1(b"\x00"))
        state, _ = wire.read_var_bytes(await client.until(b"\x00\x00"), 2)
        while True:
            body = await client.until(b"\x00")
            parts.append(wire.read_var_bytes(body, 2)[0])
            if body[1] == wire.STEP2:
                return len(state), merge(parts)


@pytest.mark.fm("FM-019", size="every edit of each trace")
@pytest.mark.parametrize(
    "trace",
    [
        OWN,
        *(
            pytest.param(
                TRACES / f"{name}.json.gz",
                marks=pytest.mark.skipif(
                    "QUIRE_TRACES" not in os.environ, reason="set QUIRE_TRACES to the folder of the public traces"
                ),
            )
            for name in PUBLIC
        ),
    ],
    ids=["own", *PUBLIC],
)
async def test_a_real_editing_history_costs_little_beside_its_text(server: QuireProcess, trace: Path) -> None:
    document = server.new_document()
    found = typed(f"{server.url.replace('http', 'ws')}/collab", server.token, document, trace, EDITS)
    state, whole = await join(server, document)
    characters = found["characters"]
    measured = {
        "wire bytes an edit": found["wire_bytes_per_edit"],
        "bytes a character on joining": len(whole) / characters,
        "bytes a character in memory": live_memory(whole) / characters,
        "bytes of the state vector": state,
    }
    print(trace.name, measured)
    assert found["equal"]
    # Two writers at most: the maker of the document and the one of its text.
    assert state <= 32
    assert measured["wire bytes an edit"] < 60
    assert measured["bytes a character on joining"] < 10
    assert measured["bytes a character in memory"] < 240


@pytest.mark.fm("FM-019", size="10,000 sessions")
async def test_ten_thousand_short_sessions_keep_the_document_small(server: QuireProcess, seed: int) -> None:
    made = json.loads(run_node("sessions.mjs", str(SESSIONS), str(seed), timeout=1800))
    updates = [base64.b64decode(update) for update in made["updates"]]
    document = server.new_document()
    async with connected(server, document) as writer:
        await joined(writer, server)
        for start in range(0, len(updates), 200):
            part = updates[start : start + 200]
            for update in part:
                writer.send(wire.sync_update(update))
            for _ in part:
                assert await writer.until(b"\x08") == wire.SAVED
    state, whole = await join(server, document)
    measured = {
        "wire bytes a keystroke": sum(map(len, updates)) / len(updates),
        "bytes a session on joining": len(whole) / SESSIONS,
        "bytes a session in memory": live_memory(whole) / SESSIONS,
        "bytes a session in the state vector": state / SESSIONS,
        "milliseconds a keystroke in the browser": made["milliseconds"],
    }
    print(measured)
    # An id never goes away, and costs a few bytes each time somebody opens the document; no edit carries the others'.
    assert measured["bytes a session in the state vector"] < 8
    assert measured["wire bytes a keystroke"] < 32
    assert measured["bytes a session on joining"] < 64
    assert measured["bytes a session in memory"] < 2200
    # Yjs looks at every id once for each change.
    assert measured["milliseconds a keystroke in the browser"] < 50
