"""HTTP: the pictures of documents."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from quire.access.contract import Action
from quire.documents.attachments import Attachments
from quire.documents.pictures import KINDS
from quire.http.bodies import binary, of_kind, received
from quire.http.caller import Caller, GuardDep


class AttachmentBody(BaseModel):
    """A stored attachment."""

    digest: str
    url: str
    kind: str
    name: str
    size: int
    width: int | None
    height: int | None


def routes(attachments: Attachments, limit: int) -> APIRouter:
    """Return the routes; an attachment has at most `limit` bytes."""
    router = APIRouter(prefix="/documents/{document_id}/attachments", tags=["documents"])

    @router.post("", status_code=201, openapi_extra=binary("A PNG, JPEG, GIF or WebP picture."))
    async def attach(
        document_id: str,
        principal: Caller,
        guard: GuardDep,
        request: Request,
        x_filename: Annotated[str, Header(max_length=3000, description="The file's name, percent-encoded.")] = "",
    ) -> AttachmentBody:
        """Store a picture."""
        await guard.permit(principal, document_id, Action.WRITE)
        async with received(request, guard, principal, document_id, Action.WRITE, most=limit) as body:
            row = await attachments.add(document_id, body, _file_name(x_filename))
        return AttachmentBody(
            digest=row.digest,
            url=f"/api/v1/documents/{document_id}/attachments/{row.digest}",
            kind=row.kind,
            name=row.name,
            size=row.size,
            width=row.width,
            height=row.height,
        )

    @router.get("/{digest}", response_class=Response, responses={200: of_kind(*KINDS.values())})
    async def attachment(
        document_id: str,
        digest: str,
        principal: Caller,
        guard: GuardDep,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Return an attachment to whoever may read its document."""
        await guard.permit(principal, document_id, Action.READ)
        row, content = await attachments.get(document_id, digest)
        headers = {
            # Revalidated each time: access is asked again, the bytes never change.
            "Cache-Control": "private, no-cache",
            "ETag": f'"{row.digest}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(row.name or row.digest)}",
        }
        if if_none_match == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        headers["Content-Length"] = str(row.size)
        return StreamingResponse(content, media_type=row.kind, headers=headers)

    return router


def _file_name(sent: str) -> str:
    """Return a file's name as people read it: decoded, without folders and control characters."""
    name = re.split(r"[/\\]", unquote(sent, errors="ignore"))[-1]
    return "".join(character for character in name if unicodedata.category(character) != "Cc").strip()[:255]
