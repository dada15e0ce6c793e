"""Fresh Yjs documents in one Node process: what a browser makes of updates."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nodejs import Ask, nodejs


class Yjs:
    """Asks the process; see web/tests/node/apply.mjs."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def show(self, updates: Sequence[bytes]) -> str:
        """Apply updates one after the other and return what the document shows; an exception fails the test."""
        answer = self._ask([base64.b64encode(update).decode() for update in updates])
        assert "error" not in answer, answer["error"]
        text: str = answer["text"]
        return text


@contextmanager
def yjs() -> Iterator[Yjs]:
    """Start the Node process; it ends with the block."""
    with nodejs("apply.mjs") as ask:
        yield Yjs(ask)
