"""What the errors of documents are over HTTP."""

from __future__ import annotations

from typing import Final

from quire.documents.attachments import NoRoom, UnknownAttachment, UnknownDocument
from quire.documents.factory import IdTaken
from quire.documents.pictures import NotAPicture, TooManyPixels
from quire.documents.seeding import ContentRefused
from quire.documents.service import EraseFailed, NotInTrash, UnknownCursor
from quire.http.caller import no_document
from quire.http.errors import Problem, Problems
from quire.log.contract import DamagedDocument
from quire.ops.children import ChildDied, NoChild


def _no_room(full: NoRoom) -> Problem:
    if full.of_document:
        return Problem(
            413,
            f"The pictures of this document may take {full.limit} bytes together, and this one does not fit in. Use a "
            "smaller picture, or go on in a copy: it takes along only the pictures that the text still shows.",
            code="document-full",
            limit=full.limit,
        )
    return Problem(
        507,
        f"The pictures of this workspace may take {full.limit} bytes together, and this one does not fit in. Use a "
        "smaller picture, or ask whoever runs this server to raise QUIRE_ATTACHMENTS_PER_WORKSPACE.",
        code="workspace-full",
        limit=full.limit,
    )


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."


def _damaged(error: DamagedDocument) -> Problem:
    return Problem(
        503,
        f"What is stored of this document is damaged: {error}. Nothing was changed; tell whoever runs this server.",
        code="document-damaged",
    )


def _unknown_cursor(_: UnknownCursor) -> Problem:
    return Problem(
        422,
        "The cursor is not one that this list gave; begin again without one.",
        code="invalid",
        errors=[{"field": "cursor", "message": "is not one that this list gave", "code": "unknown"}],
    )


PROBLEMS: Final[Problems] = {
    UnknownDocument: lambda _: no_document(),
    UnknownCursor: _unknown_cursor,
    IdTaken: lambda _: Problem(
        409,
        "This id belongs to another document, or is not made from your account's; choose another.",
        code="id-taken",
    ),
    NotInTrash: lambda _: Problem(409, "Move the document to the trash first."),
    EraseFailed: lambda error: Problem(
        503,
        f"The document is not deleted completely: {error}. It stays in the trash; delete it again later.",
        code="not-erased",
    ),
    ContentRefused: lambda error: Problem(
        500, f"The document was not made, for its text cannot be stored: {error}. Tell whoever runs this server."
    ),
    DamagedDocument: _damaged,
    UnknownAttachment: lambda _: Problem(404, "This document has no such picture."),
    NotAPicture: lambda error: Problem(415, _sentence(error), code="no-picture"),
    TooManyPixels: lambda error: Problem(413, _sentence(error), code="too-many-pixels"),
    NoRoom: _no_room,
    ChildDied: lambda _: Problem(
        503,
        "Reading this took the server more time or memory than it may. Try again later, or with something smaller.",
        code="too-heavy",
    ),
    NoChild: lambda _: Problem(
        503,
        "This server can start no process for this now. Try again in a few seconds.",
        headers={"Retry-After": "5"},
        code="overloaded",
    ),
}
