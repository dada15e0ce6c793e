"""Browsers without a screen: the app's own editor and binding in one Node process, driven by requests."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from conftest import ROOT


class BrokenReplica(AssertionError):
    """A replica broke the schema, or the editor failed."""


class Browsers:
    """Replicas in Node. Requests and answers are a JSON line each; see web/tests/replicas/commands.ts."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def _ask(self, **request: object) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"Node ended with {self._process.wait()}"
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise BrokenReplica(answer["error"])
        return answer

    def open(self, clients: Sequence[int], base: bytes, seed: int = 0) -> list[list[bytes]]:
        """Start anew with one replica per client id; return what each wrote on opening."""
        answer = self._ask(do="open", clients=list(clients), base=_text(base), seed=seed)
        return [[base64.b64decode(update) for update in updates] for updates in answer["updates"]]

    def edit(self, replica: int, times: int) -> tuple[list[bytes], list[str]]:
        """Make random edits; return the updates and the names of the edits."""
        answer = self._ask(do="edit", replica=replica, times=times)
        return [base64.b64decode(update) for update in answer["updates"]], answer["names"]

    def act(self, replica: int, action: str, **details: object) -> list[bytes]:
        """Make one named edit (see web/tests/replicas/actions.ts); return its updates."""
        answer = self._ask(do="act", replica=replica, action=action, details=details)
        return [base64.b64decode(update) for update in answer["updates"]]

    def receive(self, replica: int, updates: Sequence[bytes]) -> list[bytes]:
        """Deliver updates; the document is checked against the schema. Return what the replica wrote in answer."""
        answer = self._ask(do="receive", replica=replica, updates=[_text(update) for update in updates])
        return [base64.b64decode(update) for update in answer["updates"]]

    def stored(self, replica: int) -> tuple[dict[str, Any], bytes]:
        """Return the shared document as an editor opens it, checked against the schema, and as one update."""
        answer = self._ask(do="stored", replica=replica)
        return answer["document"], base64.b64decode(answer["update"])

    def misplaced(self, seeds: int) -> dict[str, bytes]:
        """Return documents that hold what no schema has a place for, by name, and as many of random content."""
        answer = self._ask(do="misplaced", seeds=seeds)
        return {name: base64.b64decode(update) for name, update in answer["documents"].items()}

    def shown(self, replica: int) -> dict[str, Any]:
        """Return the document that the person sees, as ProseMirror JSON."""
        document: dict[str, Any] = self._ask(do="stored", replica=replica)["shown"]
        return document


def _text(update: bytes) -> str:
    return base64.b64encode(update).decode()


@contextmanager
def browsers() -> Iterator[Browsers]:
    """Start the Node process; it ends with the block."""
    with subprocess.Popen(
        ["node", str(ROOT / "web" / "tests" / "node" / "replicas.mjs")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Browsers(process)
        finally:
            process.kill()
