"""Fresh Yjs documents in one Node process: what a browser makes of updates."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from conftest import ROOT


class Yjs:
    """Asks the process; see web/tests/node/apply.mjs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def show(self, updates: Sequence[bytes]) -> str:
        """Apply updates one after the other and return what the document shows; an exception fails the test."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([base64.b64encode(update).decode() for update in updates]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, str] = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["text"]


@contextmanager
def yjs() -> Iterator[Yjs]:
    """Start the Node process; it ends with the block."""
    with subprocess.Popen(
        ["node", str(ROOT / "web" / "tests" / "node" / "apply.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Yjs(process)
        finally:
            process.kill()
