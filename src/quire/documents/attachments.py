"""The pictures of documents: their rows in the catalogue, their content among the blobs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.blobs.contract import BlobMissing, BlobStore
from quire.db.engine import Database
from quire.db.ids import now
from quire.db.tables import attachments, documents
from quire.documents.pictures import Picture
from quire.storage.failure import StorageUnavailable, reason_of

_log = structlog.get_logger("quire.documents")
PART: Final = 64 * 1024
"""Bytes of a picture that are in memory for whoever reads it, slowly perhaps."""


class UnknownDocument(Exception):
    """No such document, or the caller may not know of it."""


class UnknownAttachment(Exception):
    """The document has no such attachment."""


class NoRoom(Exception):
    """The attachments of the document (or else of its workspace) would take more than `limit` bytes."""

    def __init__(self, *, of_document: bool, limit: int) -> None:
        super().__init__(f"limit of {limit} bytes")
        self.of_document, self.limit = of_document, limit


@dataclass(frozen=True, slots=True)
class Attachment:
    """A stored attachment."""

    digest: str
    kind: str
    name: str
    size: int
    width: int | None
    height: int | None


class Attachments:
    """Content goes first and rows last, so that no row ever lacks its content."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        *,
        identify: Callable[[bytes], Awaitable[Picture]],
        per_document: int,
        per_workspace: int,
    ) -> None:
        """Set up; the limits are bytes of all attachments together."""
        self._db, self._blobs, self._identify = database, blobs, identify
        self._per_document, self._per_workspace = per_document, per_workspace

    async def add(self, document: str, content: bytes, name: str) -> Attachment:
        """Store a picture; raises `NotAPicture`, `NoRoom`, `UnknownDocument` or `StorageUnavailable`.

        The content says its kind, never the client.
        """
        digest = hashlib.sha256(content).hexdigest()
        async with self._db.read() as connection:
            await self._require_room(connection, document, digest, len(content))
        picture = await self._identify(content)
        await self._put(document, digest, content)
        row = Attachment(digest, picture.kind, name, len(content), picture.width, picture.height)
        async with self._db.write() as connection:
            try:
                workspace = await self._require_room(connection, document, digest, row.size)
            except (NoRoom, UnknownDocument):
                # Others came in at the same time, or the document was deleted for good.
                await self._blobs.delete(_blob_key(document, digest))
                raise
            if workspace is not None:
                await self.record(connection, document, workspace, [row])
        return row

    async def get(self, document: str, digest: str) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Return an attachment and its content, which is read as it is asked for.

        Raises `UnknownAttachment`, also for one whose content is lost.
        """
        found = await self.of(document, [digest])
        if not found:
            raise UnknownAttachment(digest)
        key = _blob_key(document, digest)
        try:
            return found[0], self._content(key, await self._blobs.part(key, 0, PART))
        except BlobMissing:
            _log.error("the content of a picture is missing", document=document, digest=digest)
            raise UnknownAttachment(digest) from None

    async def _content(self, key: str, part: bytes) -> AsyncIterator[bytes]:
        at = 0
        while part:
            yield part
            at += len(part)
            part = await self._blobs.part(key, at, PART) if len(part) == PART else b""

    async def of(self, document: str, digests: Sequence[str] | None = None) -> Sequence[Attachment]:
        """Return the document's attachments, or those of `digests` that it has."""
        query = sa.select(
            attachments.c.digest,
            attachments.c.kind,
            attachments.c.name,
            attachments.c.size,
            attachments.c.width,
            attachments.c.height,
        ).where(attachments.c.document == document)
        async with self._db.read() as connection:
            rows = [Attachment(*row) for row in await connection.execute(query)]
        return rows if digests is None else [row for row in rows if row.digest in set(digests)]

    async def copy(
        self, source: str, copy: str, workspace: str, pictures: Sequence[Attachment]
    ) -> Sequence[Attachment]:
        """Store the content of these attachments for another document, too; raises `NoRoom`.

        Returns those whose content is there: what the source cannot show, its copy cannot either.
        """
        async with self._db.read() as connection:
            await self._require_room_in(connection, workspace, sum(picture.size for picture in pictures))
        stored = []
        for picture in pictures:
            with suppress(BlobMissing):
                content = await self._blobs.get(_blob_key(source, picture.digest))
                await self._put(copy, picture.digest, content)
                stored.append(picture)
        return stored

    async def _put(self, document: str, digest: str, content: bytes) -> None:
        try:
            await self._blobs.put(_blob_key(document, digest), content)
        except OSError as error:
            _log.error("a picture cannot be stored", document=document, reason=reason_of(error))
            raise StorageUnavailable(reason_of(error)) from error

    async def record(
        self, connection: AsyncConnection, document: str, workspace: str, pictures: Sequence[Attachment]
    ) -> None:
        """Store the rows of attachments whose content is stored, in the caller's transaction; raises `NoRoom`."""
        await self._require_room_in(connection, workspace, sum(picture.size for picture in pictures))
        for row in pictures:
            await connection.execute(
                sa.insert(attachments).values(
                    document=document,
                    digest=row.digest,
                    kind=row.kind,
                    name=row.name,
                    size=row.size,
                    width=row.width,
                    height=row.height,
                    created_at=now(),
                )
            )

    async def remove(self, document: str) -> None:
        """Remove all content of a document, also what has no row; the rows go with the document's."""
        for key in await asyncio.to_thread(lambda: list(self._blobs.keys(f"attachments/{document}"))):
            await self._blobs.delete(key)

    async def _require_room(self, connection: AsyncConnection, document: str, digest: str, size: int) -> str | None:
        """Return the workspace into which one more attachment of this size fits, or None if it is there already.

        Raises `NoRoom`, `UnknownDocument`.
        """
        mine = attachments.c.document == document
        known = await connection.execute(sa.select(attachments.c.digest).where(mine, attachments.c.digest == digest))
        if known.first() is not None:
            return None
        taken = await connection.execute(_bytes_of().where(mine))
        if taken.scalar_one() + size > self._per_document:
            raise NoRoom(of_document=True, limit=self._per_document)
        found = await connection.execute(sa.select(documents.c.workspace).where(documents.c.id == document))
        workspace: str | None = found.scalar_one_or_none()
        if workspace is None:
            raise UnknownDocument(document)
        await self._require_room_in(connection, workspace, size)
        return workspace

    async def _require_room_in(self, connection: AsyncConnection, workspace: str, size: int) -> None:
        everything = _bytes_of().join(documents, documents.c.id == attachments.c.document)
        taken = await connection.execute(everything.where(documents.c.workspace == workspace))
        if taken.scalar_one() + size > self._per_workspace:
            raise NoRoom(of_document=False, limit=self._per_workspace)


def _bytes_of() -> sa.Select[Any]:
    return sa.select(sa.func.coalesce(sa.func.sum(attachments.c.size), 0)).select_from(attachments)


def _blob_key(document: str, digest: str) -> str:
    return f"attachments/{document}/{digest}"
