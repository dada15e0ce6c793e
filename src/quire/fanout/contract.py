"""Fan-out between nodes: contract. A hint, never the truth: messages may be lost, repeated or reordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Fanout(Protocol):
    """Publishes a room's merged updates and presence to the other nodes that have the document open."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    def publish(self, channel: str, message: bytes) -> None:
        """Send `message` to all other subscribers of `channel`; never blocks and never raises."""
        ...

    def subscribe(self, channel: str, listener: Callable[[bytes], None]) -> Callable[[], None]:
        """Deliver messages of `channel` from others to `listener` on the event loop; returns unsubscribe.

        A node never receives its own messages.
        """
        ...
