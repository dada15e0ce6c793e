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


def replay(server: Server, trace: Path, edits: int) -> dict[str, float | bool]:
    """Replay the first `edits` edits (0: all); the server's CPU is added, in µs for one edit."""
    (document,) = server.documents(1)
    protocol = server.protocol
    before = usage(server.pid).cpu
    done = subprocess.run(
        [
            "node",
            str(Path(__file__).parent / "replay.mjs"),
            f"ws://127.0.0.1:{server.port}{protocol.path(document)}",
            protocol.token or "",
            document,
            str(trace),
            str(edits),
        ],
        capture_output=True,
        text=True,
        timeout=900,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float | bool] = json.loads(done.stdout)
    found["server_cpu_us_per_edit"] = (usage(server.pid).cpu - before) / found["edits"] * 1e6
    return found
