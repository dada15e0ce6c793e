"""Documents are made here: all of one is durable before anybody can see it, and of one that fails nothing stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from quire.access.contract import Role
from quire.db.engine import Database
from quire.db.ids import is_of, new_document_id, now
from quire.db.tables import documents, unfinished
from quire.documents.attachments import Attachment, Attachments, NoRoom, UnknownDocument
from quire.documents.service import Document, DocumentService
from quire.sharing.service import SharingAccess
from quire.storage.failure import StorageUnavailable

_log = structlog.get_logger("quire.documents")


class IdTaken(Exception):
    """The id that somebody chose is or was that of another document, or is for another account to choose."""


class DocumentFactory:
    """Makes documents, empty ones and copies."""

    def __init__(
        self,
        database: Database,
        sharing: SharingAccess,
        attachments: Attachments,
        existing: DocumentService,
        *,
        seed: Callable[[str, str, bytes], Awaitable[None]],
        copied: Callable[[str, str], Awaitable[tuple[bytes, Sequence[str]]]],
        edited: Callable[[str], Awaitable[bool]],
        empty_document: Callable[[str], bytes],
        begun: Callable[[str, bytes], bytes],
        schema_version: int,
    ) -> None:
        """Make documents beside the `existing` ones.

        `seed(document, author, content)` stores a first content. `copied(source, copy)` gives a document's text for
        its copy, and the digests of its pictures. `edited` says whether a text is more than its first content.
        """
        self._db, self._sharing, self._attachments, self._documents = database, sharing, attachments, existing
        self._seed, self._copied, self._edited = seed, copied, edited
        self._empty, self._begun, self._schema_version = empty_document, begun, schema_version

    async def create(self, owner: str, workspace: str, title: str, content: bytes | None = None) -> Document:
        """Make a document: its first update is durable before its row exists."""
        document = new_document_id(owner)
        await self._begin(document)
        first = self._empty(document) if content is None else self._begun(document, content)
        await self._finish(document, owner, workspace, title, first)
        return await self._documents.get(document)

    async def create_as(self, document: str, owner: str, workspace: str, title: str) -> Document:
        """Make an empty document under an id that its owner chose, once however often it is asked for.

        Raises `IdTaken`, and `UnknownDocument` when it was deleted meanwhile. What an attempt before has stored is no
        harm: the first content follows from the id. What people wrote goes to nobody, be it stored here under a lost
        row, or kept in browsers after the end.
        """
        if (made := await self._made(document, owner)) is not None:
            return made
        if not is_of(owner, document):
            raise IdTaken(document)
        if await self._used(document):
            # Another tab may have been quicker, and written in it.
            if (made := await self._made(document, owner)) is not None:
                return made
            raise IdTaken(document)
        # Another attempt may be under way, or have failed.
        with suppress(IntegrityError):
            await self._begin(document)
        with suppress(IntegrityError):
            await self._finish(document, owner, workspace, title, self._empty(document))
        made = await self._made(document, owner)
        if made is None:
            raise UnknownDocument(document)
        return made

    async def copy(self, source: str, owner: str, workspace: str, title: str) -> Document:
        """Make a document with the text and pictures of another and with none of its access.

        Everything is durable before its row exists; what was stored of a copy that fails is removed. Raises `NoRoom`,
        and what reading the source raises.
        """
        document = new_document_id(owner)
        content, digests = await self._copied(source, document)
        pictures = await self._attachments.of(source, digests)
        await self._begin(document)
        try:
            pictures = await self._attachments.copy(source, document, workspace, pictures)
            await self._finish(document, owner, workspace, title, content, pictures)
        except BaseException as error:
            with suppress(StorageUnavailable, OSError):
                if document in await self._unfinished():
                    await self._documents.remove_content(document)
                # After other failures the log may yet store the text: the next start looks for it.
                if isinstance(error, NoRoom):
                    await self._forget(document)
            raise
        return await self._documents.get(document)

    async def remove_unfinished(self) -> None:
        """Remove what failures and crashes left of documents that were being made; before anybody makes any.

        A catalogue from a backup may note as unfinished what was finished since: a text that was edited stays.
        """
        try:
            for document in await self._unfinished():
                if await self._edited(document):
                    _log.warning("a text that no list names was edited, and stays", document=document)
                else:
                    await self._documents.remove_content(document)
                await self._forget(document)
        except (StorageUnavailable, OSError) as error:
            _log.warning("what is left of unfinished documents stays until the next start", reason=str(error))

    async def _used(self, document: str) -> bool:
        """Return whether there was a document of this id before, or there is text of one that no row names."""
        return await self._documents.erased(document) or await self._edited(document)

    async def _made(self, document: str, owner: str) -> Document | None:
        """Return the owner's document, None when there is none of this id; raises `IdTaken`."""
        try:
            found = await self._documents.get(document)
        except UnknownDocument:
            return None
        if found.owner != owner:
            raise IdTaken(document)
        return found

    async def _begin(self, document: str) -> None:
        """Note that a document is being made: only by its note is anything ever removed that no row names."""
        async with self._db.write() as connection:
            await connection.execute(sa.insert(unfinished).values(document=document))

    async def _unfinished(self) -> Sequence[str]:
        async with self._db.read() as connection:
            return (await connection.execute(sa.select(unfinished.c.document))).scalars().all()

    async def _forget(self, document: str) -> None:
        async with self._db.write() as connection:
            await connection.execute(sa.delete(unfinished).where(unfinished.c.document == document))

    async def _finish(
        self, document: str, owner: str, workspace: str, title: str, content: bytes, pictures: Sequence[Attachment] = ()
    ) -> None:
        time = now()
        await self._seed(document, owner, content)
        async with self._db.write() as connection:
            await connection.execute(
                sa.insert(documents).values(
                    id=document,
                    workspace=workspace,
                    owner=owner,
                    title=title,
                    title_key=title.casefold(),
                    version=1,
                    schema_version=self._schema_version,
                    size_bytes=len(content),
                    created_at=time,
                    updated_at=time,
                )
            )
            await self._attachments.record(connection, document, workspace, pictures)
            await self._sharing.grant(connection, ("document", document), ("account", owner), Role.OWNER)
            await connection.execute(sa.delete(unfinished).where(unfinished.c.document == document))
