"""HTTP: the pictures of documents."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from quire.access import Action
from quire.blobs.contract import BlobMissing
from quire.documents.attachments import Attachments, NoRoom, UnknownAttachment
from quire.documents.images import NotAPicture
from quire.http.bodies import binary, received
from quire.http.caller import Caller, TheDoor, permit
from quire.http.errors import Problem


class AttachmentBody(BaseModel):
    """A stored attachment."""

    digest: str
    url: str
    kind: str
    name: str
    size: int
    width: int | None
    height: int | None


def no_room(full: NoRoom) -> Problem:
    """Return the answer to who brings pictures for which there is no room."""
    whose, code = ("document", "document-full") if full.of_document else ("workspace", "workspace-full")
    return Problem(
        413 if full.of_document else 507,
        f"The pictures of this {whose} may take {full.limit} bytes together, and this one does not fit in.",
        code=code,
        limit=full.limit,
    )


def routes(attachments: Attachments) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/documents/{document_id}/attachments", tags=["documents"])

    @router.post("", status_code=201, openapi_extra=binary("A PNG, JPEG, GIF or WebP picture."))
    async def attach(
        document_id: str,
        principal: Caller,
        entrance: TheDoor,
        request: Request,
        x_filename: Annotated[str, Header(max_length=3000, description="The file's name, percent-encoded.")] = "",
    ) -> AttachmentBody:
        """Store a picture."""
        await permit(entrance, principal, document_id, Action.WRITE)
        body = await received(request, entrance, document_id, Action.WRITE)
        try:
            row = await attachments.add(document_id, body, _file_name(x_filename))
        except NotAPicture as error:
            raise Problem(415, str(error)[:1].upper() + str(error)[1:] + ".") from None
        except NoRoom as full:
            raise no_room(full) from None
        return AttachmentBody(
            digest=row.digest,
            url=f"/api/v1/documents/{document_id}/attachments/{row.digest}",
            kind=row.kind,
            name=row.name,
            size=row.size,
            width=row.width,
            height=row.height,
        )

    @router.get("/{digest}")
    async def attachment(
        document_id: str,
        digest: str,
        principal: Caller,
        entrance: TheDoor,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Return an attachment to whoever may read its document."""
        await permit(entrance, principal, document_id, Action.READ)
        try:
            row, stored = await attachments.get(document_id, digest)
        except (UnknownAttachment, BlobMissing):
            raise Problem(404, "There is no such attachment.") from None
        headers = {
            # Revalidated each time: access is asked again, the bytes never change.
            "Cache-Control": "private, no-cache",
            "ETag": f'"{row.digest}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(row.name or row.digest)}",
        }
        if if_none_match == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(stored, media_type=row.kind, headers=headers)

    return router


def _file_name(sent: str) -> str:
    """Return a file's name as people read it: decoded, without folders and control characters."""
    name = re.split(r"[/\\]", unquote(sent, errors="ignore"))[-1]
    return "".join(character for character in name if unicodedata.category(character) != "Cc").strip()[:255]
