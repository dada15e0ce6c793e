"""HTTP: one's API tokens."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from quire.accounts.api_tokens import TokenRow
from quire.accounts.problems import wrong_field
from quire.accounts.service import AccountService
from quire.db.ids import SECOND, now
from quire.http.caller import AccountCaller, PersonCaller
from quire.http.errors import Problem
from quire.http.forms import Form, Name, moment


class TokenForm(Form):
    """A new API token."""

    name: Name
    scopes: list[str] = Field(default_factory=list, max_length=10)
    expires_at: datetime | None = None


class TokenBody(BaseModel):
    """An API token; `secret` is there only in the answer that creates it."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    secret: str | None = None


class Tokens(BaseModel):
    """All API tokens."""

    items: list[TokenBody]


def routes(people: AccountService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/tokens", tags=["accounts"])

    @router.get("")
    async def tokens(principal: PersonCaller) -> Tokens:
        """List one's API tokens."""
        return Tokens(items=[_body(row) for row in await people.tokens.list(principal.account or "")])

    @router.post("", status_code=201)
    async def create_token(form: TokenForm, principal: PersonCaller) -> TokenBody:
        """Make an API token; its secret is shown once."""
        expires = None
        if form.expires_at is not None:
            try:
                expires = int(form.expires_at.timestamp() * SECOND)
                moment(expires)
            except (ValueError, OverflowError):
                raise wrong_field("expires_at", "is out of range", "out-of-range") from None
            if expires <= now():
                raise wrong_field("expires_at", "is past", "past")
        secret, row = await people.tokens.create(principal.account or "", form.name, form.scopes, expires)
        return _body(row, secret)

    @router.delete("/{token_id}", status_code=204)
    async def revoke_token(token_id: str, principal: AccountCaller) -> None:
        """Revoke an API token."""
        if principal.token is not None and principal.token != token_id:
            raise Problem(403, "An API token can revoke only itself.")
        await people.tokens.revoke(principal.account or "", token_id)

    return router


def _body(row: TokenRow, secret: str | None = None) -> TokenBody:
    return TokenBody(
        id=row.id,
        name=row.name,
        scopes=list(row.scopes),
        created_at=moment(row.created_at),
        last_used_at=moment(row.last_used_at),
        expires_at=moment(row.expires_at),
        secret=secret,
    )
