"""HTTP: one's account."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel

from quire.accounts.account import Account, WrongPassword
from quire.accounts.colors import color_of
from quire.accounts.guessing import attempt
from quire.accounts.passwords import Password
from quire.accounts.service import AccountService
from quire.http.caller import GuardDep, PersonCaller
from quire.http.errors import Problem
from quire.http.forms import Form, Language, Name, Secret


class AccountBody(BaseModel):
    """A person as the person sees it."""

    id: str
    name: str
    email: str
    language: str
    color: str


class AccountForm(Form):
    """Changes of one's account."""

    name: Name | None = None
    language: Language | None = None


class PasswordForm(Form):
    """A new password."""

    current: Secret
    new: Password


def routes(people: AccountService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/account", tags=["accounts"])

    @router.patch("")
    async def change_account(form: AccountForm, principal: PersonCaller) -> AccountBody:
        """Change one's name or language."""
        return body(await people.update(principal.account or "", name=form.name, language=form.language))

    @router.post("/password", status_code=204)
    async def change_password(form: PasswordForm, principal: PersonCaller, request: Request, guard: GuardDep) -> None:
        """Set a new password; all other devices are signed out."""
        try:
            with attempt(guard, f"password:{principal.account}", request.state.address):
                await people.change_password(principal.account or "", form.current, form.new, principal.session)
        except WrongPassword:
            raise Problem(403, "The current password is wrong.", code="wrong-current-password") from None

    return router


def body(person: Account) -> AccountBody:
    """Return an account as the API gives it."""
    return AccountBody(
        id=person.id, name=person.name, email=person.email, language=person.language, color=color_of(person.id)
    )
