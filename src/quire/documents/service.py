"""Documents: their list, their metadata and the trash."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.access.contract import Principal
from quire.db.columns import BytesOf, Damaged, NumberOf
from quire.db.engine import Database
from quire.db.ids import now
from quire.db.tables import accounts, documents, erased, grants, links
from quire.documents.attachments import Attachments, UnknownDocument
from quire.documents.edits import Edit
from quire.limits.throttle import Throttle
from quire.sharing.service import SharingAccess
from quire.storage.failure import StorageUnavailable, reason_of

_log = structlog.get_logger("quire.documents")
# Damage, too, stands where the next page's cursor says: titles in the order of their bytes.
SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "updated_at": NumberOf(documents.c.updated_at),
    "created_at": NumberOf(documents.c.created_at),
    "title": BytesOf(documents.c.title_key),
}
Sort = Literal["updated_at", "created_at", "title"]


class UnknownCursor(Exception):
    """The cursor is not one that the list gave."""


class StaleVersion(Exception):
    """The metadata changed since the caller read it; `current` is what it is now."""

    def __init__(self, current: Document) -> None:
        super().__init__(f"version is {current.version}")
        self.current = current


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
    """Metadata is here, text in the log."""

    def __init__(
        self,
        database: Database,
        sharing: SharingAccess,
        attachments: Attachments,
        *,
        erase: Callable[[str], Awaitable[None]],
        changed: Callable[[Document], None],
    ) -> None:
        """Set up; `erase` deletes a document's text, `changed` hears of new metadata."""
        self._db, self._sharing, self._attachments = database, sharing, attachments
        self._erase, self._changed = erase, changed
        self._damaged = Throttle(600)

    async def known(self, document: str) -> bool:
        """Return whether there is a document of this id, or was one until it was deleted for good."""
        query = sa.select(documents.c.id).where(documents.c.id == document)
        async with self._db.read() as connection:
            found = (await connection.execute(query)).first()
        return found is not None or await self.erased(document)

    async def erased(self, document: str) -> bool:
        """Return whether there was a document of this id until it was deleted for good."""
        query = sa.select(erased.c.document).where(erased.c.document == document)
        async with self._db.read() as connection:
            return (await connection.execute(query)).first() is not None

    async def get(self, document: str) -> Document:
        """Return metadata; raises `UnknownDocument`. Access is the caller's business."""
        async with self._db.read() as connection:
            return await self._one(connection, document)

    async def _one(self, connection: AsyncConnection, document: str) -> Document:
        row = (await connection.execute(_select().where(documents.c.id == document))).first()
        if row is None:
            raise UnknownDocument(document)
        return self._read(row)

    def _read(self, row: Sequence[Any]) -> Document:
        """Return what a row says; where damage made that nonsense, the log names it."""
        document = Document(*row[:-1])
        if row[-1] and (count := self._damaged(document.id)):
            _log.error(
                "a document's row in the catalogue is damaged: its title or dates may be lost, its text is not",
                document=document.id,
                count=count,
                advice="`quire doctor` names the column; renaming mends a title",
            )
        return document

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
            rows = (await connection.execute(query.add_columns(column).order_by(*order).limit(limit + 1))).all()
        page = [self._read(row[:-1]) for row in rows[:limit]]
        return page, None if len(rows) <= limit else _encode_cursor(rows[limit - 1][-1], page[-1].id)

    async def rename(self, document: str, title: str, version: int | None) -> Document:
        """Set the title if the version still fits (None: whatever it is); raises `UnknownDocument`, `StaleVersion`."""
        async with self._db.write() as connection:
            seen = NumberOf(documents.c.version)
            renamed = await connection.execute(
                sa.update(documents)
                .where(documents.c.id == document, sa.true() if version is None else seen == version)
                .values(title=title, title_key=title.casefold(), version=seen + 1)
            )
            current = await self._one(connection, document)
            if not renamed.rowcount:
                raise StaleVersion(current)
        self._changed(current)
        return current

    async def trash(self, document: str, *, trashed: bool) -> Document:
        """Move to the trash, or back; raises `UnknownDocument`."""
        async with self._db.write() as connection:
            await connection.execute(
                sa.update(documents)
                .where(documents.c.id == document)
                .values(trashed_at=now() if trashed else None, version=NumberOf(documents.c.version) + 1)
            )
        self._sharing.changed(document)
        return await self.get(document)

    async def remove_content(self, document: str) -> None:
        """Delete text and attachments, and no metadata; raises `StorageUnavailable`, `OSError`."""
        await self._attachments.remove(document)
        await self._erase(document)

    async def erase(self, document: str) -> None:
        """Delete a document in the trash for good, with its text and attachments.

        Raises `UnknownDocument`, `NotInTrash`, or `EraseFailed`: what is left then stays in the trash, and erasing can
        be tried again.
        """
        current = await self.get(document)
        if current.trashed_at is None:
            raise NotInTrash(document)
        try:
            await self.remove_content(document)
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
            Damaged(documents),
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
