"""Fan-out between nodes: contract. A hint, never the truth: messages may be lost, repeated or reordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Fanout(Protocol):
    """Carries messages between the nodes that have a document open. All methods run on the event loop."""

    async def open(self) -> None:
        """Join the bus; raises `OSError` when it cannot be reached."""
        ...

    async def close(self) -> None:
        """Stop: nothing is delivered from here on."""
        ...

    def heard(self, channel: str) -> bool:
        """Whether another node may listen to `channel`; False spares the sender from building a message."""
        ...

    def publish(self, channel: str, message: bytes) -> None:
        """Send `message` to all other subscribers of `channel`; never blocks and never raises."""
        ...

    def subscribe(self, channel: str, listener: Callable[[bytes], None]) -> Callable[[], None]:
        """Deliver messages of `channel` from others to `listener` on the event loop; returns unsubscribe.

        A node never receives its own messages. A listener that raises keeps nobody else from the message.
        """
        ...

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` on the event loop when messages may have been lost unseen (the bus was away).

        Returns the unsubscribe function.
        """
        ...
