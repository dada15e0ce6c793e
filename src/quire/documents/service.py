"""Documents: making, copying and listing them, their metadata and the trash."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from quire.access.contract import Principal, Role
from quire.db.engine import Database
from quire.db.ids import is_of, new_document_id, now
from quire.db.tables import accounts, documents, erased, grants, links, unfinished
from quire.documents.attachments import Attachment, Attachments, NoRoom, UnknownDocument
from quire.documents.edits import Edit
from quire.sharing.service import SharingAccess
from quire.storage.failure import StorageUnavailable, reason_of

_log = structlog.get_logger("quire.documents")
SORTS = {"updated_at": documents.c.updated_at, "created_at": documents.c.created_at, "title": documents.c.title_key}
Sort = Literal["updated_at", "created_at", "title"]


class UnknownCursor(Exception):
    """The cursor is not one that the list gave."""


class StaleVersion(Exception):
    """The metadata changed since the caller read it; `current` is what it is now."""

    def __init__(self, current: Document) -> None:
        super().__init__(f"version is {current.version}")
        self.current = current


class IdTaken(Exception):
    """The id that somebody chose is or was that of another document, or is for another account to choose."""


class NotInTrash(Exception):
    """Only documents in the trash can be deleted forever."""


class EraseFailed(Exception):
    """Storage failed while a document was deleted forever; trying again ends it."""


@dataclass(frozen=True, slots=True)
class Document:
    """Metadata of one document as one principal sees it."""

    id: str
    workspace: str
    title: str
    version: int
    owner: str
    owner_name: str
    schema_version: int
    size_bytes: int
    created_at: int
    updated_at: int
    trashed_at: int | None
    link_role: str | None


async def any_document(database: Database) -> bool:
    """Return whether the catalogue lists any document, those in the trash included."""
    async with database.read() as connection:
        return (await connection.execute(sa.select(documents.c.id).limit(1))).first() is not None


class DocumentService:
    """Metadata is here, text in the log: `seed` makes a document's first content before anyone can see it."""

    def __init__(
        self,
        database: Database,
        sharing: SharingAccess,
        attachments: Attachments,
        *,
        seed: Callable[[str, str, bytes], Awaitable[None]],
        copied: Callable[[str, str], Awaitable[tuple[bytes, Sequence[str]]]],
        erase: Callable[[str], Awaitable[None]],
        edited: Callable[[str], Awaitable[bool]],
        changed: Callable[[Document], None],
        empty_document: Callable[[str], bytes],
        begun: Callable[[str, bytes], bytes],
        schema_version: int,
    ) -> None:
        """Set up.

        `copied(source, copy)` gives a document's text for its copy, and the digests of its pictures; `edited` says
        whether a text is more than its first content.
        """
        self._db, self._sharing, self._attachments = database, sharing, attachments
        self._seed, self._copied, self._erase, self._edited = seed, copied, erase, edited
        self._changed = changed
        self._empty, self._begun, self._schema_version = empty_document, begun, schema_version

    async def create(self, owner: str, workspace: str, title: str, content: bytes | None = None) -> Document:
        """Make a document: its first update is durable before its row exists."""
        document = new_document_id(owner)
        await self._begin(document)
        first = self._empty(document) if content is None else self._begun(document, content)
        await self._finish(document, owner, workspace, title, first)
        return await self.get(document)

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

    async def known(self, document: str) -> bool:
        """Return whether there is a document of this id, or was one until it was deleted for good."""
        query = sa.select(documents.c.id).where(documents.c.id == document)
        async with self._db.read() as connection:
            found = (await connection.execute(query)).first()
        return found is not None or await self._erased(document)

    async def _used(self, document: str) -> bool:
        """Return whether there was a document of this id before, or there is text of one that no row names."""
        return await self._erased(document) or await self._edited(document)

    async def _erased(self, document: str) -> bool:
        query = sa.select(erased.c.document).where(erased.c.document == document)
        async with self._db.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def _made(self, document: str, owner: str) -> Document | None:
        """Return the owner's document, None when there is none of this id; raises `IdTaken`."""
        try:
            found = await self.get(document)
        except UnknownDocument:
            return None
        if found.owner != owner:
            raise IdTaken(document)
        return found

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
                    await self._remove(document)
                # After other failures the log may yet store the text: the next start looks for it.
                if isinstance(error, NoRoom):
                    await self._forget(document)
            raise
        return await self.get(document)

    async def remove_unfinished(self) -> None:
        """Remove what failures and crashes left of documents that were being made; before anybody makes any.

        A catalogue from a backup may note as unfinished what was finished since: a text that was edited stays.
        """
        try:
            for document in await self._unfinished():
                if await self._edited(document):
                    _log.warning("a text that no list names was edited, and stays", document=document)
                else:
                    await self._remove(document)
                await self._forget(document)
        except (StorageUnavailable, OSError) as error:
            _log.warning("what is left of unfinished documents stays until the next start", reason=str(error))

    async def _begin(self, document: str) -> None:
        """Note that a document is being made: only by its note is anything ever removed that no row names."""
        async with self._db.write() as connection:
            await connection.execute(sa.insert(unfinished).values(document=document))

    async def _unfinished(self) -> Sequence[str]:
        async with self._db.read() as connection:
            return (await connection.execute(sa.select(unfinished.c.document))).scalars().all()

    async def _remove(self, document: str) -> None:
        await self._attachments.remove(document)
        await self._erase(document)

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

    async def get(self, document: str) -> Document:
        """Return metadata; raises `UnknownDocument`. Access is the caller's business."""
        async with self._db.read() as connection:
            row = (await connection.execute(_select().where(documents.c.id == document))).first()
        if row is None:
            raise UnknownDocument(document)
        return Document(*row)

    async def list(
        self,
        principal: Principal,
        *,
        search: str,
        sort: Sort,
        descending: bool,
        trashed: bool,
        shared: bool,
        cursor: str | None,
        limit: int,
    ) -> tuple[Sequence[Document], str | None]:
        """Return one page of the documents that the principal's account was given, and the next page's cursor.

        Those are what it was granted and, outside the trash, what it opened by a link that still gives access;
        `shared` leaves out its own. Raises `UnknownCursor`.
        """
        column = SORTS[sort]
        mine = sa.select(grants.c.resource).where(
            grants.c.resource_kind == "document",
            grants.c.subject_kind == "account",
            grants.c.subject == (principal.account or ""),
        )
        known: sa.ColumnElement[bool] = documents.c.id.in_(mine)
        if not trashed:
            known = sa.or_(known, documents.c.id.in_(self._sharing.visited(principal.account or "")))
        query = _select().where(known)
        if shared:
            query = query.where(documents.c.owner != principal.account)
        query = query.where(documents.c.trashed_at.is_not(None) if trashed else documents.c.trashed_at.is_(None))
        for word in search.casefold().split():
            query = query.where(documents.c.title_key.contains(word, autoescape=True))
        if cursor is not None:
            value, last = _decode_cursor(cursor)
            place, edge = sa.tuple_(column, documents.c.id), sa.tuple_(sa.literal(value), sa.literal(last))
            query = query.where(place < edge if descending else place > edge)
        order = (column.desc(), documents.c.id.desc()) if descending else (column, documents.c.id)
        async with self._db.read() as connection:
            rows = [Document(*row) for row in await connection.execute(query.order_by(*order).limit(limit + 1))]
        if len(rows) <= limit:
            return rows, None
        last_row = rows[limit - 1]
        value = last_row.title.casefold() if sort == "title" else getattr(last_row, sort)
        return rows[:limit], _encode_cursor(value, last_row.id)

    async def rename(self, document: str, title: str, version: int | None) -> Document:
        """Set the title if the version still fits (None: whatever it is); raises `UnknownDocument`, `StaleVersion`."""
        async with self._db.write() as connection:
            where = [documents.c.id == document]
            if version is not None:
                where.append(documents.c.version == version)
            done = await connection.execute(
                sa.update(documents)
                .where(*where)
                .values(title=title, title_key=title.casefold(), version=documents.c.version + 1)
            )
            row = (await connection.execute(_select().where(documents.c.id == document))).first()
        if row is None:
            raise UnknownDocument(document)
        current = Document(*row)
        if done.rowcount == 0:
            raise StaleVersion(current)
        self._changed(current)
        return current

    async def trash(self, document: str, *, trashed: bool) -> Document:
        """Move to the trash, or back; raises `UnknownDocument`."""
        async with self._db.write() as connection:
            await connection.execute(
                sa.update(documents)
                .where(documents.c.id == document)
                .values(trashed_at=now() if trashed else None, version=documents.c.version + 1)
            )
        self._sharing.changed(document)
        return await self.get(document)

    async def erase(self, document: str) -> None:
        """Delete a document in the trash for good, with its text and attachments.

        Raises `UnknownDocument`, `NotInTrash`, or `EraseFailed`: what is left then stays in the trash, and erasing can
        be tried again.
        """
        current = await self.get(document)
        if current.trashed_at is None:
            raise NotInTrash(document)
        try:
            await self._remove(document)
            # The row goes last: without it nobody could ask for the rest again.
            async with self._db.write() as connection:
                await connection.execute(
                    sa.delete(grants).where(grants.c.resource_kind == "document", grants.c.resource == document)
                )
                gone = await connection.execute(sa.delete(documents).where(documents.c.id == document))
                # Somebody else may have asked for the same.
                if gone.rowcount:
                    await connection.execute(sa.insert(erased).values(document=document))
        except StorageUnavailable as error:
            raise EraseFailed(str(error)) from error
        except OSError as error:
            raise EraseFailed(reason_of(error)) from error
        self._sharing.changed(document)

    async def record(self, edits: Mapping[str, Edit]) -> None:
        """Record when documents were edited last, and how large they are by now."""
        # In one statement: each one waits for a thread, and all others who write wait with it.
        note = (
            sa.update(documents)
            .where(documents.c.id == sa.bindparam("edited"))
            .values(
                updated_at=sa.bindparam("at"),
                size_bytes=sa.func.coalesce(sa.bindparam("size", type_=sa.Integer), documents.c.size_bytes),
            )
        )
        rows = [{"edited": document, "at": edit.at, "size": edit.size} for document, edit in edits.items()]
        async with self._db.write() as connection:
            await connection.execute(note, rows)


def _select() -> sa.Select[Any]:
    return (
        sa.select(
            documents.c.id,
            documents.c.workspace,
            documents.c.title,
            documents.c.version,
            documents.c.owner,
            accounts.c.name,
            documents.c.schema_version,
            documents.c.size_bytes,
            documents.c.created_at,
            documents.c.updated_at,
            documents.c.trashed_at,
            links.c.role,
        )
        .select_from(documents)
        .join(accounts, accounts.c.id == documents.c.owner)
        .outerjoin(links, links.c.document == documents.c.id)
    )


def _encode_cursor(value: object, document: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, document]).encode()).decode()


def _decode_cursor(cursor: str) -> tuple[int | str, str]:
    try:
        value, document = json.loads(base64.urlsafe_b64decode(cursor))
        # What the database could not compare is not from here: words without a coding, numbers beyond 64 bits.
        fits = -(2**63) <= value < 2**63 if isinstance(value, int) else isinstance(value.encode(), bytes)
        document.encode()
    except (ValueError, TypeError, AttributeError, RecursionError):
        fits = False
    if not fits:
        raise UnknownCursor(cursor)
    return value, document
