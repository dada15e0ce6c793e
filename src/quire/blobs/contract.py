"""Blob storage: contract. Keys are relative POSIX paths made by the application, content is immutable."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol


class BlobMissing(KeyError):
    """No blob is stored under this key."""


class BlobStore(Protocol):
    """A flat store of immutable objects."""

    async def put(self, key: str, content: bytes) -> None:
        """Store `content` durably (fsync or the service's acknowledgement) under `key`; idempotent."""
        ...

    async def get(self, key: str) -> bytes:
        """Return the content; raises `BlobMissing`."""
        ...

    async def exists(self, key: str) -> bool: ...

    async def delete(self, key: str) -> None:
        """Remove the blob; a missing one is not an error."""
        ...

    def list(self, prefix: str) -> AsyncIterator[str]:
        """Yield the keys below `prefix`."""
        ...
