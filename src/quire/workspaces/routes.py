"""HTTP: invitations to a workspace."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from quire.accounts.passwords import Password
from quire.accounts.service import AccountService
from quire.accounts.sessions import SESSION_MOST
from quire.db.ids import SECOND
from quire.http.caller import GuardDep, PersonCaller, base_of, device_of
from quire.http.errors import Problem, too_many
from quire.http.forms import Email, Form, Name, Secret, moment
from quire.workspaces.service import Invitation, Membership, WorkspaceService


class InvitationForm(Form):
    """Whom to invite; without an address anyone with the link may join, once."""

    email: Email | None = None
    role: Literal["admin", "member", "guest"] = "member"


class InvitationBody(BaseModel):
    """An open invitation; `url` is there only in the answer that creates it."""

    id: str
    email: str | None
    role: str
    created_at: datetime
    expires_at: datetime
    url: str | None = None


class Invitations(BaseModel):
    """All open invitations."""

    items: list[InvitationBody]


class PreviewForm(Form):
    """The secret part of an invitation's address."""

    token: Secret


class InvitationPreview(BaseModel):
    """What an invitation is about."""

    workspace: str
    inviter: str
    email: str | None


class AcceptForm(Form):
    """A new account by invitation."""

    token: Secret
    name: Name
    email: Email
    password: Password


class Joined(BaseModel):
    """The new account is signed in; read GET /session for the rest."""

    account: str


def routes(spaces: WorkspaceService, people: AccountService, public_url: str | None) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["workspaces"])

    async def manager(principal: PersonCaller) -> Membership:
        member = await spaces.membership(principal.account or "")
        if member is None or member.role not in ("owner", "admin"):
            raise Problem(403, "Only owners and admins of the workspace can invite people.")
        return member

    @router.get("/invitations")
    async def invitations(principal: PersonCaller) -> Invitations:
        """List open invitations."""
        member = await manager(principal)
        return Invitations(items=[_body(row) for row in await spaces.list_invitations(member.id)])

    @router.post("/invitations", status_code=201)
    async def invite(form: InvitationForm, principal: PersonCaller, request: Request) -> InvitationBody:
        """Make an invitation; send its address to the person."""
        member = await manager(principal)
        secret, invitation = await spaces.invite(member.id, principal.account or "", form.email, form.role)
        return _body(invitation, f"{base_of(request, public_url)}/invite#{secret}")

    @router.delete("/invitations/{invitation_id}", status_code=204)
    async def withdraw(invitation_id: str, principal: PersonCaller) -> None:
        """Withdraw an open invitation."""
        member = await manager(principal)
        await spaces.withdraw(member.id, invitation_id)

    @router.post("/invitations/preview")
    async def preview(form: PreviewForm) -> InvitationPreview:
        """Say what an invitation is about."""
        workspace, inviter, email = await spaces.preview(form.token)
        return InvitationPreview(workspace=workspace, inviter=inviter, email=email)

    @router.post("/invitations/accept", status_code=201)
    async def accept(form: AcceptForm, request: Request, response: Response, guard: GuardDep) -> Joined:
        """Make an account by invitation and sign in."""
        wait = guard.writes.wait(request.state.household)
        if wait:
            raise too_many(wait, "Too many attempts; wait and try again.")
        account = await spaces.accept(form.token, form.email, form.name, form.password)
        secret, _ = await people.sessions.start(account.id, device_of(request), request.state.address)
        guard.set_cookie(response, secret, SESSION_MOST // SECOND)
        return Joined(account=account.id)

    return router


def _body(row: Invitation, url: str | None = None) -> InvitationBody:
    return InvitationBody(
        id=row.id,
        email=row.email,
        role=row.role,
        created_at=moment(row.created_at),
        expires_at=moment(row.expires_at),
        url=url,
    )
