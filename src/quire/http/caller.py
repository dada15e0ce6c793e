"""Who makes a request: credentials, cross-site token, and permission on documents."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request, Response

from quire.access.contract import Access, Action, Denied, Principal, Role, allows
from quire.access.credentials import presented, session_secret
from quire.access.tokens import derived
from quire.http.attempts import Attempts, SignIns
from quire.http.bodyroom import BodyRoom
from quire.http.errors import Problem, too_many
from quire.http.security import SAFE_METHODS
from quire.limits.rates import Rate


class TrashAccess(Access, Protocol):
    """Access that also knows of the trash."""

    async def role_even_in_trash(self, principal: Principal, document: str) -> Role | None:
        """Return the role as if the document were not in the trash: to say so, restore and erase it."""
        ...


@dataclass(slots=True)
class Guard:
    """Who calls, and may they: credentials, permission and rates; one per application, on `app.state.guard`."""

    access: TrashAccess
    key: bytes
    cookie: str
    secure: bool
    writes: Rate
    sign_ins: SignIns
    set_ups: Attempts
    bodies: BodyRoom

    def csrf_token(self, session: str) -> str:
        """Return the token that state-changing requests of this session carry."""
        return derived(self.key, "csrf", session).hex()

    def set_cookie(self, response: Response, secret: str, max_age: int) -> None:
        """Give the browser its session."""
        response.set_cookie(
            self.cookie, secret, max_age=max_age, path="/", httponly=True, secure=self.secure, samesite="lax"
        )

    def clear_cookie(self, response: Response) -> None:
        """Take the session from the browser."""
        response.delete_cookie(self.cookie, path="/", httponly=True, secure=self.secure, samesite="lax")
        # Pictures that the browser keeps, and pages that it could show again on going back, go with it.
        response.headers["Clear-Site-Data"] = '"cache"'

    def session_secret(self, request: Request) -> str | None:
        """Return the session that the browser gives back."""
        return session_secret(request.headers, self.cookie)

    async def identify(self, request: Request) -> Principal:
        """Return who presents this request's credentials now."""
        headers = request.headers
        scheme = headers.get("authorization", "").partition(" ")[0]
        if scheme and scheme.lower() != "bearer":
            raise Problem(401, "Use `Authorization: Bearer <API token>`.", headers={"WWW-Authenticate": "Bearer"})
        try:
            return await self.access.identify(presented(headers, self.cookie, request.state.address))
        except Denied:
            raise Problem(
                401,
                "You are signed out, or the token is not valid any more. Sign in again, or use another token.",
                headers={"WWW-Authenticate": "Bearer"},
                code="signed-out",
            ) from None

    async def permit(self, principal: Principal, document: str, action: Action, *, in_trash: bool = False) -> Role:
        """Return the caller's role if it allows `action`, else answer 404 (nothing to see) or 403."""
        look = self.access.role_even_in_trash if in_trash else self.access.role_of
        role = await look(principal, document)
        if role is None:
            raise no_document()
        if not allows(role, action):
            raise Problem(
                403,
                f"You are {role.label} of this document; that does not allow to {action.value[1]} it. "
                "Ask its owner for more.",
            )
        return role


def guard_of(request: Request) -> Guard:
    """Return the application's `Guard`."""
    guard: Guard = request.app.state.guard
    return guard


def no_document() -> Problem:
    """Return the answer about a document that is not there, or that the caller may not know of."""
    return Problem(404, "There is no such document, or you have no access to it.", code="no-document")


def base_of(request: Request, public_url: str | None) -> str:
    """Return the address that people use, without a slash at its end: the public one, else that of the request."""
    return (public_url or str(request.base_url)).rstrip("/")


def device_of(request: Request) -> str:
    """Name the browser for the list of devices."""
    agent = request.headers.get("user-agent", "")
    browser = next((name for name in ("Edg", "Firefox", "Chrome", "Safari", "curl") if name in agent), "Browser")
    system = next((name for name in ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux") if name in agent), "")
    return f"{browser.replace('Edg', 'Edge')} on {system}" if system else browser


async def caller(request: Request) -> Principal:
    """Identify the caller; a state-changing request with a cookie must carry the session's CSRF token."""
    guard = guard_of(request)
    headers = request.headers
    principal = await guard.identify(request)
    if request.method not in SAFE_METHODS:
        wait = guard.writes.wait(principal.author + request.state.household)
        if wait:
            raise too_many(wait, "Too many changes at once; wait and try again.")
        if principal.session is not None:
            expected = guard.csrf_token(principal.session)
            if not hmac.compare_digest(headers.get("x-csrf-token", "").encode(), expected.encode()):
                raise Problem(403, "The X-CSRF-Token header is missing or wrong; read it from GET /api/v1/session.")
    return principal


async def account(principal: Annotated[Principal, Depends(caller)]) -> Principal:
    """Identify a caller who must be signed in."""
    if principal.account is None:
        raise Problem(
            401, "Sign in first, or send an API token.", headers={"WWW-Authenticate": "Bearer"}, code="signed-out"
        )
    return principal


async def person(principal: Annotated[Principal, Depends(account)]) -> Principal:
    """Identify a caller who must be signed in as a person, not by an API token."""
    if principal.token is not None:
        raise Problem(403, "An API token cannot do this. Sign in as a person: with the app, or POST /api/v1/session.")
    return principal


Caller = Annotated[Principal, Depends(caller)]
AccountCaller = Annotated[Principal, Depends(account)]
PersonCaller = Annotated[Principal, Depends(person)]
GuardDep = Annotated[Guard, Depends(guard_of)]
