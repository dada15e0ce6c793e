"""Real editing histories, typed through the server by a real client; the final text must be exact."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from bench.process import usage
from bench.servers import Server


def files() -> list[Path]:
    """Return the traces in the folder that `QUIRE_TRACES` names, none while it is unset."""
    folder = os.environ.get("QUIRE_TRACES")
    return sorted(Path(folder).glob("*.json.gz")) if folder else []


def typed(address: str, token: str, document: str, trace: Path, edits: int) -> dict[str, float | bool]:
    """Have a client type the first `edits` edits (0: all) into a document; return what it measured."""
    replay = str(Path(__file__).parent / "replay.mjs")
    done = subprocess.run(
        ["node", replay, address, token, document, str(trace), str(edits)], capture_output=True, text=True, timeout=1200
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float | bool] = json.loads(done.stdout)
    return found


def replay(server: Server, trace: Path, edits: int) -> dict[str, float | bool]:
    """Replay the first `edits` edits (0: all); the server's CPU is added, in µs for one edit."""
    (document,) = server.documents(1)
    protocol = server.protocol
    before = usage(server.pid).cpu
    address = f"ws://127.0.0.1:{server.port}{protocol.path(document)}"
    found = typed(address, protocol.token or "", document, trace, edits)
    found["server_cpu_us_per_edit"] = (usage(server.pid).cpu - before) / found["edits"] * 1e6
    return found
