"""HTTP: set-up, sessions, one's account, API tokens."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Protocol

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from quire import __version__
from quire.accounts.colors import color_of
from quire.accounts.passwords import MIN_PASSWORD, TooManyPasswords
from quire.accounts.service import (
    MICROSECONDS,
    SESSION_MOST,
    Account,
    AccountService,
    AlreadySetUp,
    SessionRow,
    TokenRow,
    WrongPassword,
)
from quire.db.ids import now
from quire.http.caller import AccountCaller, Caller, Door, PersonCaller, TheDoor, device_of, too_many
from quire.http.errors import Problem
from quire.http.forms import Email, Form, Name, Secret, at, moment
from quire.storage import StorageUnavailable

_log = structlog.get_logger("quire.accounts")

PROBLEMS: Mapping[type[Exception], Problem] = {
    TooManyPasswords: Problem(503, "Too many people sign in at once. Try again.", headers={"Retry-After": "5"}),
}
Password = Annotated[str, StringConstraints(min_length=MIN_PASSWORD, max_length=200)]


class Workspace(Protocol):
    """A workspace and one's role in it."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...


class Workspaces(Protocol):
    """What accounts need of workspaces."""

    async def set_up(self, email: str, name: str, password: str) -> tuple[Account, Workspace]:
        """Make the first account and its workspace; raises `AlreadySetUp`."""
        ...

    async def membership(self, account: str) -> Workspace | None:
        """Return the account's workspace."""
        ...


class SetupState(BaseModel):
    """Whether the first account is still to be made."""

    needed: bool
    code_required: bool


class SetupForm(Form):
    """The first account; `code` is the one that the server printed, when it asks for one.

    `language` is the one that the app speaks: that of the first document.
    """

    name: Name
    email: Email
    password: Password
    code: Secret | None = None
    language: str = Field("", max_length=20, pattern=r"^[A-Za-z-]*$")


class SignInForm(Form):
    """Credentials."""

    email: Email
    password: Secret


class AccountBody(BaseModel):
    """A person as the person sees it."""

    id: str
    name: str
    email: str
    language: str
    color: str


class WorkspaceBody(BaseModel):
    """One's workspace and role in it."""

    id: str
    name: str
    role: str


class SessionBody(BaseModel):
    """Who is signed in, and what the app needs to start."""

    account: AccountBody | None
    workspace: WorkspaceBody | None
    csrf_token: str
    setup_needed: bool
    version: str
    schema_version: int
    dead_after: float
    """Seconds of silence on a socket after which either side takes the link for dead."""


class Device(BaseModel):
    """A signed-in device."""

    id: str
    device: str
    address: str
    created_at: datetime
    last_used_at: datetime
    current: bool


class Devices(BaseModel):
    """All signed-in devices."""

    items: list[Device]


class AccountForm(Form):
    """Changes of one's account."""

    name: Name | None = None
    language: str | None = Field(None, max_length=20, pattern=r"^[A-Za-z-]*$")


class PasswordForm(Form):
    """A new password."""

    current: Secret
    new: Password


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


class SetupCode:
    """The one-time code that proves that the first visitor can read the server's output."""

    def __init__(self, code: str | None) -> None:
        self._code = code

    @property
    def required(self) -> bool:
        """Whether a code is asked for."""
        return self._code is not None

    def fits(self, given: str | None) -> bool:
        """Compare without telling by time how much fits."""
        return self._code is None or hmac.compare_digest((given or "").strip().encode(), self._code.encode())


@contextmanager
def _guess(entrance: Door, account: str, address: str) -> Iterator[None]:
    """Try a password, if this address may do so now."""
    wait = entrance.sign_ins.start(account, address)
    if wait:
        raise too_many(wait, "Too many failed attempts; wait and try again.")
    try:
        yield
    except Problem:
        raise
    except BaseException:
        entrance.sign_ins.dropped(account, address)
        raise


def routes(
    people: AccountService,
    spaces: Workspaces,
    setup_code: SetupCode,
    schema_version: int,
    dead_after: float,
    welcome: Callable[[str, str, str], Awaitable[None]],
) -> APIRouter:
    """Return the routes; `welcome(account, workspace, language)` makes the first document of a new installation."""
    router = APIRouter(tags=["accounts"])

    async def session_body(entrance: Door, account_id: str | None, session: str | None) -> SessionBody:
        account = workspace = None
        if account_id is not None:
            person = await people.get(account_id)
            account = AccountBody(
                id=person.id,
                name=person.name,
                email=person.email,
                language=person.language,
                color=color_of(person.id),
            )
            member = await spaces.membership(account_id)
            if member is not None:
                workspace = WorkspaceBody(id=member.id, name=member.name, role=member.role)
        return SessionBody(
            account=account,
            workspace=workspace,
            csrf_token=entrance.csrf_token(session) if session else "",
            setup_needed=account is None and not await people.any(),
            version=__version__,
            schema_version=schema_version,
            dead_after=dead_after,
        )

    async def sign_in(request: Request, response: Response, entrance: Door, account: str) -> SessionBody:
        old = request.cookies.get(entrance.cookie)
        if old is not None and (found := await people.session(old)) is not None:
            await people.end_sessions(found[1].id, found[0].id)
        secret, row = await people.start_session(account, device_of(request), request.state.address)
        entrance.set_cookie(response, secret, SESSION_MOST // MICROSECONDS)
        return await session_body(entrance, account, row.id)

    @router.get("/setup")
    async def setup_state() -> SetupState:
        """Say whether the first account is still to be made."""
        return SetupState(needed=not await people.any(), code_required=setup_code.required)

    @router.post("/setup", status_code=201)
    async def set_up(form: SetupForm, request: Request, response: Response, entrance: TheDoor) -> SessionBody:
        """Make the owner's account and sign in."""
        address = request.state.address
        wait = entrance.set_ups.wait(address)
        if wait:
            raise too_many(wait, "Too many attempts; wait and try again.")
        if not setup_code.fits(form.code):
            entrance.set_ups.started(address)
            raise Problem(
                403, "The set-up code is wrong. It is in the output of `quire serve`.", code="wrong-setup-code"
            )
        try:
            account, workspace = await spaces.set_up(form.email, form.name, form.password)
        except AlreadySetUp:
            raise Problem(
                409, "This server is set up already. Sign in, or ask for an invitation.", code="already-set-up"
            ) from None
        try:
            await welcome(account.id, workspace.id, form.language)
        except StorageUnavailable as error:
            # The account is made: it cannot be set up again, and can do without.
            _log.warning("the first document could not be made", reason=str(error))
        return await sign_in(request, response, entrance, account.id)

    @router.get("/session")
    async def session(request: Request, response: Response, entrance: TheDoor) -> SessionBody:
        """Say who is signed in; never an error."""
        secret = request.cookies.get(entrance.cookie)
        found = await people.session(secret) if secret else None
        if found is None:
            if secret:
                entrance.clear_cookie(response)
            return await session_body(entrance, None, None)
        return await session_body(entrance, found[1].id, found[0].id)

    @router.post("/session", status_code=201)
    async def create_session(form: SignInForm, request: Request, response: Response, entrance: TheDoor) -> SessionBody:
        """Sign in with email and password."""
        email, address = form.email.casefold(), request.state.address
        with _guess(entrance, email, address):
            try:
                account = await people.check_password(form.email, form.password)
            except WrongPassword:
                raise Problem(401, "Email or password is wrong.", code="wrong-credentials") from None
        entrance.sign_ins.succeeded(email, address)
        return await sign_in(request, response, entrance, account.id)

    @router.delete("/session", status_code=204)
    async def end_session(principal: Caller, response: Response, entrance: TheDoor) -> None:
        """Sign out on this device."""
        if principal.account is not None and principal.session is not None:
            await people.end_sessions(principal.account, principal.session)
        entrance.clear_cookie(response)

    @router.get("/sessions")
    async def sessions(principal: PersonCaller) -> Devices:
        """List one's signed-in devices."""
        rows = await people.list_sessions(principal.account or "")
        return Devices(items=[_device(row, principal.session) for row in rows])

    @router.delete("/sessions", status_code=204)
    async def end_all(principal: PersonCaller, response: Response, entrance: TheDoor) -> None:
        """Sign out everywhere, here too."""
        await people.end_sessions(principal.account or "")
        entrance.clear_cookie(response)

    @router.delete("/sessions/{session_id}", status_code=204)
    async def end_one(session_id: str, principal: PersonCaller) -> None:
        """Sign one device out."""
        await people.end_sessions(principal.account or "", session_id)

    @router.patch("/account")
    async def change_account(form: AccountForm, principal: PersonCaller) -> AccountBody:
        """Change one's name or language."""
        person = await people.update(principal.account or "", name=form.name, language=form.language)
        return AccountBody(
            id=person.id, name=person.name, email=person.email, language=person.language, color=color_of(person.id)
        )

    @router.post("/account/password", status_code=204)
    async def change_password(form: PasswordForm, principal: PersonCaller, request: Request, entrance: TheDoor) -> None:
        """Set a new password; all other devices are signed out."""
        key, address = f"password:{principal.account}", request.state.address
        with _guess(entrance, key, address):
            try:
                await people.change_password(principal.account or "", form.current, form.new, principal.session)
            except WrongPassword:
                raise Problem(403, "The current password is wrong.", code="wrong-current-password") from None
        entrance.sign_ins.succeeded(key, address)

    @router.get("/tokens")
    async def tokens(principal: PersonCaller) -> Tokens:
        """List one's API tokens."""
        return Tokens(items=[_token(row) for row in await people.list_tokens(principal.account or "")])

    @router.post("/tokens", status_code=201)
    async def create_token(form: TokenForm, principal: PersonCaller) -> TokenBody:
        """Make an API token; its secret is shown once."""
        expires = None
        if form.expires_at is not None:
            try:
                expires = int(form.expires_at.timestamp() * MICROSECONDS)
                at(expires)
            except (ValueError, OverflowError):
                raise _wrong("expires_at", "is out of range") from None
            if expires <= now():
                raise _wrong("expires_at", "is past")
        try:
            secret, row = await people.create_token(principal.account or "", form.name, form.scopes, expires)
        except ValueError as error:
            raise _wrong("scopes", str(error)) from None
        return _token(row, secret)

    @router.delete("/tokens/{token_id}", status_code=204)
    async def revoke_token(token_id: str, principal: AccountCaller) -> None:
        """Revoke an API token."""
        if principal.token is not None and principal.token != token_id:
            raise Problem(403, "An API token can revoke only itself.")
        await people.revoke_token(principal.account or "", token_id)

    return router


def _wrong(field: str, message: str) -> Problem:
    return Problem(422, "Some fields are not valid.", errors=[{"field": field, "message": message}])


def _device(row: SessionRow, current: str | None) -> Device:
    return Device(
        id=row.id,
        device=row.device,
        address=row.address,
        created_at=at(row.created_at),
        last_used_at=at(row.last_used_at),
        current=row.id == current,
    )


def _token(row: TokenRow, secret: str | None = None) -> TokenBody:
    return TokenBody(
        id=row.id,
        name=row.name,
        scopes=list(row.scopes),
        created_at=at(row.created_at),
        last_used_at=moment(row.last_used_at),
        expires_at=moment(row.expires_at),
        secret=secret,
    )
