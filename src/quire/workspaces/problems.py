"""What the errors of workspaces are over HTTP."""

from __future__ import annotations

from typing import Final

from quire.http.errors import Problem, Problems
from quire.workspaces.service import InvitationForAnother, InvitationInvalid


def _for_another(other: InvitationForAnother) -> Problem:
    return Problem(
        403,
        f"This invitation is for {other}. Use this address, or ask for another invitation.",
        code="invitation-for-another",
        errors=[{"field": "email", "message": f"must be {other}", "code": "other-address"}],
    )


PROBLEMS: Final[Problems] = {
    InvitationInvalid: lambda _: Problem(
        404, "This invitation is used, withdrawn or expired. Ask for a new one.", code="invitation-invalid"
    ),
    InvitationForAnother: _for_another,
}
