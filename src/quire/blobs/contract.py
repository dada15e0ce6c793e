"""Blob storage: contract. Keys are relative POSIX paths made by the application, content is immutable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class BlobMissing(KeyError):
    """No blob is stored under this key."""


class BlobStore(Protocol):
    """A flat store of immutable objects.

    `read`, `write` and `remove` block and are for workers; `get`, `put` and `delete` are the same for the event loop,
    which `part` is for as well.
    All of them raise `ValueError` for a key of another form, and `OSError` when storage fails.
    """

    def write(self, key: str, content: bytes) -> None:
        """Store `content` durably (fsync or the service's acknowledgement) under `key`; idempotent."""
        ...

    def read(self, key: str) -> bytes:
        """Return the content; raises `BlobMissing`."""
        ...

    def remove(self, key: str) -> None:
        """Remove the blob; a missing one is not an error."""
        ...

    async def put(self, key: str, content: bytes) -> None:
        """See `write`."""
        ...

    async def get(self, key: str) -> bytes:
        """See `read`; raises `BlobMissing`."""
        ...

    async def part(self, key: str, start: int, size: int) -> bytes:
        """Return `size` bytes of the content from `start` on, fewer at its end; raises `BlobMissing`."""
        ...

    async def delete(self, key: str) -> None:
        """See `remove`; a missing blob is not an error."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below `prefix`; blocks."""
        ...
