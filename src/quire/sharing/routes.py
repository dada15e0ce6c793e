"""HTTP: the link of a document, and what one opened by a link."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from quire.access.contract import Action, Role
from quire.http.caller import AccountCaller, Caller, GuardDep, base_of
from quire.http.errors import Problem
from quire.http.forms import Form
from quire.sharing.service import SharingAccess


class LinkForm(Form):
    """What people with the link may do; null: nothing, until the same link is given a role again."""

    role: Literal["viewer", "editor"] | None


class LinkBody(BaseModel):
    """The document's link; both null while it gives no access."""

    role: str | None
    url: str | None


def routes(sharing: SharingAccess, public_url: str | None) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/documents/{document_id}", tags=["documents"])

    @router.get("/link")
    async def link(document_id: str, principal: Caller, guard: GuardDep, request: Request) -> LinkBody:
        """Return the document's link."""
        await guard.permit(principal, document_id, Action.SHARE)
        role, token = await sharing.link(document_id)
        return _link(request, document_id, role, token)

    @router.put("/link")
    async def set_link(
        document_id: str, form: LinkForm, principal: Caller, guard: GuardDep, request: Request
    ) -> LinkBody:
        """Say what people with the link may do; acts on open documents within a second."""
        await guard.permit(principal, document_id, Action.SHARE)
        role, token = await sharing.set_link(document_id, Role.parse(form.role) if form.role else None)
        return _link(request, document_id, role, token)

    @router.post("/link/reset")
    async def reset_link(document_id: str, principal: Caller, guard: GuardDep, request: Request) -> LinkBody:
        """Make another link with the same role; the old one ends at once, also in open documents."""
        await guard.permit(principal, document_id, Action.SHARE)
        role, token = await sharing.reset_link(document_id)
        return _link(request, document_id, role, token)

    @router.put("/visit", status_code=204)
    async def visit(document_id: str, principal: AccountCaller, guard: GuardDep) -> None:
        """Put a document that is open by its link (`X-Quire-Link`) into one's list, for as long as the link works."""
        await guard.permit(principal, document_id, Action.READ)
        if not await sharing.visit(principal, document_id):
            raise Problem(409, "Send the document's link in X-Quire-Link; the one that came gives no access any more.")

    @router.delete("/visit", status_code=204)
    async def forget_visit(document_id: str, principal: AccountCaller) -> None:
        """Take a document that one opened by its link out of one's list."""
        await sharing.forget_visit(principal.account or "", document_id)

    def _link(request: Request, document_id: str, role: Role | None, token: str | None) -> LinkBody:
        url = f"{base_of(request, public_url)}/d/{document_id}#link={token}" if token else None
        return LinkBody(role=role.label if role else None, url=url)

    return router
