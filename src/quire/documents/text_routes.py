"""HTTP: the text of documents in other forms, and the exchange for networks without WebSockets."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel

from quire.access.contract import Action, Principal, Role
from quire.content.preview import Kind
from quire.documents.exchange import Exchange
from quire.documents.service import DocumentService
from quire.documents.texts import Texts
from quire.http.bodies import OCTETS, binary, of_kind, received
from quire.http.caller import Caller, GuardDep

Format = Literal["json", "markdown", "html", "text"]
MEDIA = {
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}


class PreviewLine(BaseModel):
    """One of the first lines of a document."""

    kind: Kind
    text: str


class Preview(BaseModel):
    """The first lines that have words."""

    lines: list[PreviewLine]


def routes(service: DocumentService, texts: Texts, exchange: Exchange, limit: int) -> APIRouter:
    """Return the routes; the body of an exchange has at most `limit` bytes."""
    router = APIRouter(prefix="/documents/{document_id}", tags=["documents"])

    @router.get("/content", response_class=Response, responses={200: of_kind(*MEDIA.values())})
    async def content(
        document_id: str,
        principal: Caller,
        guard: GuardDep,
        format: Format = "json",  # noqa: A002
    ) -> Response:
        """Return the text as ProseMirror JSON, Markdown, HTML or plain text, with everything acknowledged."""
        await guard.permit(principal, document_id, Action.READ)
        return Response(
            await texts.render(document_id, format, (await service.get(document_id)).title),
            media_type=MEDIA[format],
            headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"},
        )

    @router.get("/preview")
    async def preview(document_id: str, principal: Caller, guard: GuardDep) -> Preview:
        """Return the first lines of the text, as of a few seconds ago."""
        await guard.permit(principal, document_id, Action.READ)
        lines = await texts.preview(document_id, (await service.get(document_id)).updated_at)
        return Preview(lines=[PreviewLine(kind=line.kind, text=line.text) for line in lines])

    @router.post(
        "/sync",
        response_class=Response,
        responses={200: of_kind(OCTETS)},
        openapi_extra=binary("Exchange of state vector and update."),
    )
    async def sync(
        document_id: str,
        principal: Caller,
        guard: GuardDep,
        request: Request,
        x_quire_tab: Annotated[str | None, Header(description="A secret name: who sends it again is the same.")] = None,
    ) -> Response:
        """Exchange over plain HTTPS what a socket would; answers after the commit and says the caller's role."""
        await guard.permit(principal, document_id, Action.READ)

        async def admit() -> tuple[Principal, Role]:
            now = await guard.identify(request)
            return now, await guard.permit(now, document_id, Action.READ)

        async with received(request, guard, principal, document_id, Action.READ, most=limit) as body:
            answer = await exchange(admit, document_id, body, tab=x_quire_tab, address=request.state.address)
        # Loading and storing take time, and the answer holds what others have written meanwhile.
        _, role = await admit()
        return Response(answer, media_type=OCTETS, headers={"X-Quire-Role": role.label})

    return router
