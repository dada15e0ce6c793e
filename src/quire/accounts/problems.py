"""What the errors of accounts are over HTTP."""

from __future__ import annotations

from typing import Final

from quire.accounts.account import WrongPassword
from quire.accounts.api_tokens import UnknownScope
from quire.accounts.service import AlreadySetUp, EmailTaken, UnknownAccount
from quire.http.errors import Problem, Problems


def wrong_field(field: str, message: str, code: str) -> Problem:
    """Return the answer about a field of a form that only the service can judge."""
    return Problem(
        422,
        f"`{field}` {message}.",
        code="invalid",
        errors=[{"field": field, "message": message, "code": code}],
    )


PROBLEMS: Final[Problems] = {
    AlreadySetUp: lambda _: Problem(
        409, "This server is set up already. Sign in, or ask for an invitation.", code="already-set-up"
    ),
    EmailTaken: lambda _: Problem(
        409,
        "An account with this email exists. Sign in with it.",
        code="email-taken",
        errors=[{"field": "email", "message": "is taken", "code": "taken"}],
    ),
    UnknownAccount: lambda _: Problem(401, "This account is not there any more.", code="signed-out"),
    UnknownScope: lambda error: wrong_field("scopes", str(error), "unknown"),
    WrongPassword: lambda _: Problem(401, "Email or password is wrong.", code="wrong-credentials"),
}
