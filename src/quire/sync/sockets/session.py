"""The contract between a socket and the protocol that is spoken on it."""

from __future__ import annotations

from typing import Protocol


class Session(Protocol):
    """The protocol spoken on a socket."""

    def receive(self, message: bytes) -> None:
        """Handle one complete message; raises `wire.MalformedMessage` to close the socket with 4400."""
        ...

    @property
    def pending_bytes(self) -> int:
        """Bytes of messages that wait for a document to be open."""
        ...

    @property
    def opening(self) -> bool:
        """Whether it is being found out who this is."""
        ...

    def keep_alive(self) -> None:
        """Send something that the client's watchdog notices."""
        ...

    def blocked(self) -> None:
        """The outbound buffer passed its high-water mark."""
        ...

    def drained(self) -> None:
        """The outbound buffer is empty enough again."""
        ...

    def deny(self, prefix: bytes, reason: str) -> None:
        """Take away the document whose messages begin with `prefix`."""
        ...

    def closed(self) -> None:
        """The socket is gone."""
        ...
