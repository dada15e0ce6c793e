"""HTTP: set-up and sessions."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from quire import __version__
from quire.accounts import account_routes
from quire.accounts.account import Account, Checked
from quire.accounts.account_routes import AccountBody
from quire.accounts.guessing import attempt
from quire.accounts.passwords import Password
from quire.accounts.service import AccountService
from quire.accounts.sessions import SESSION_MOST, SessionRow
from quire.db.ids import SECOND
from quire.http.caller import Caller, Guard, GuardDep, PersonCaller, device_of
from quire.http.errors import Problem, too_many
from quire.http.forms import Email, Form, Language, Name, Secret, moment
from quire.storage.failure import StorageUnavailable

_log = structlog.get_logger("quire.accounts")


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
    language: Language = ""


class SignInForm(Form):
    """Credentials."""

    email: Email
    password: Secret


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
    sessions = _Sessions(people, spaces, schema_version, dead_after)
    _add_set_up(router, people, spaces, setup_code, welcome, sessions)
    _add_session(router, people, sessions)
    _add_devices(router, people)
    return router


class _Sessions:
    """How a session begins, and what the app is told of it."""

    def __init__(self, people: AccountService, spaces: Workspaces, schema_version: int, dead_after: float) -> None:
        self._people, self._spaces = people, spaces
        self._schema_version, self._dead_after = schema_version, dead_after

    async def body(self, guard: Guard, account_id: str | None, session: str | None) -> SessionBody:
        """Return who is signed in, for the app."""
        account = workspace = None
        if account_id is not None:
            account = account_routes.body(await self._people.get(account_id))
            member = await self._spaces.membership(account_id)
            if member is not None:
                workspace = WorkspaceBody(id=member.id, name=member.name, role=member.role)
        return SessionBody(
            account=account,
            workspace=workspace,
            csrf_token=guard.csrf_token(session) if session else "",
            setup_needed=account is None and not await self._people.any(),
            version=__version__,
            schema_version=self._schema_version,
            dead_after=self._dead_after,
        )

    async def sign_in(
        self, request: Request, response: Response, guard: Guard, account: str, checked: Checked | None = None
    ) -> SessionBody:
        """Begin a session in place of the one that the browser has."""
        old = guard.session_secret(request)
        if old is not None and (found := await self._people.sessions.find(old)) is not None:
            await self._people.sessions.end(found[1].id, found[0].id)
        secret, row = await self._people.sessions.start(account, device_of(request), request.state.address, checked)
        guard.set_cookie(response, secret, SESSION_MOST // SECOND)
        return await self.body(guard, account, row.id)


def _add_set_up(
    router: APIRouter,
    people: AccountService,
    spaces: Workspaces,
    setup_code: SetupCode,
    welcome: Callable[[str, str, str], Awaitable[None]],
    sessions: _Sessions,
) -> None:
    @router.get("/setup")
    async def setup_state() -> SetupState:
        """Say whether the first account is still to be made."""
        return SetupState(needed=not await people.any(), code_required=setup_code.required)

    @router.post("/setup", status_code=201)
    async def set_up(form: SetupForm, request: Request, response: Response, guard: GuardDep) -> SessionBody:
        """Make the owner's account and sign in."""
        household = request.state.household
        wait = guard.set_ups.wait(household)
        if wait:
            raise too_many(wait, "Too many attempts; wait and try again.")
        if not setup_code.fits(form.code):
            guard.set_ups.started(household)
            raise Problem(
                403, "The set-up code is wrong. It is in the output of `quire serve`.", code="wrong-setup-code"
            )
        account, workspace = await spaces.set_up(form.email, form.name, form.password)
        try:
            await welcome(account.id, workspace.id, form.language)
        except StorageUnavailable as error:
            # The account is made: it cannot be set up again, and can do without.
            _log.warning("the first document could not be made", reason=str(error))
        return await sessions.sign_in(request, response, guard, account.id)


def _add_session(router: APIRouter, people: AccountService, sessions: _Sessions) -> None:
    @router.get("/session")
    async def session(request: Request, response: Response, guard: GuardDep) -> SessionBody:
        """Say who is signed in; never an error."""
        secret = guard.session_secret(request)
        found = await people.sessions.find(secret) if secret else None
        if found is None:
            if secret:
                guard.clear_cookie(response)
            return await sessions.body(guard, None, None)
        return await sessions.body(guard, found[1].id, found[0].id)

    @router.post("/session", status_code=201)
    async def create_session(form: SignInForm, request: Request, response: Response, guard: GuardDep) -> SessionBody:
        """Sign in with email and password."""
        email, address = form.email.casefold(), request.state.address
        with attempt(guard, email, address):
            checked = await people.check_password(form.email, form.password)
        return await sessions.sign_in(request, response, guard, checked.account, checked)

    @router.delete("/session", status_code=204)
    async def end_session(principal: Caller, response: Response, guard: GuardDep) -> None:
        """Sign out on this device."""
        if principal.account is not None and principal.session is not None:
            await people.sessions.end(principal.account, principal.session)
        guard.clear_cookie(response)


def _add_devices(router: APIRouter, people: AccountService) -> None:
    @router.get("/sessions")
    async def sessions(principal: PersonCaller) -> Devices:
        """List one's signed-in devices."""
        rows = await people.sessions.list(principal.account or "")
        return Devices(items=[_device(row, principal.session) for row in rows])

    @router.delete("/sessions", status_code=204)
    async def end_all(principal: PersonCaller, response: Response, guard: GuardDep) -> None:
        """Sign out everywhere, here too."""
        await people.sessions.end(principal.account or "")
        guard.clear_cookie(response)

    @router.delete("/sessions/{session_id}", status_code=204)
    async def end_one(session_id: str, principal: PersonCaller) -> None:
        """Sign one device out."""
        await people.sessions.end(principal.account or "", session_id)


def _device(row: SessionRow, current: str | None) -> Device:
    return Device(
        id=row.id,
        device=row.device,
        address=row.address,
        created_at=moment(row.created_at),
        last_used_at=moment(row.last_used_at),
        current=row.id == current,
    )
