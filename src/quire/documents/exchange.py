"""The exchange over plain HTTPS in terms of HTTP: what its body means, and what each refusal is called."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from quire.access.contract import Action, Principal, Role, allows, person_of, tab_of
from quire.crdt.replica import ReplicaCorrupt
from quire.http.errors import Problem, too_many
from quire.log.contract import UpdateLog
from quire.sync import wire
from quire.sync.exchange import TooBusy, UpdateRefused, Visitor, exchange
from quire.sync.rooms.registry import LoadFailed, Rooms
from quire.sync.rooms.sender import Refusal
from quire.sync.sockets.allowance import Share

Admit = Callable[[], Awaitable[tuple[Principal, Role]]]
"""Who makes the request and with which role, asked now; raises `Problem` when they may not read."""


class Exchange:
    """Answers a state vector and an update with a state vector and an update, after the commit."""

    def __init__(
        self,
        rooms: Rooms,
        log: UpdateLog,
        access_changes: Callable[[], int],
        share_of: Callable[[str], Share | None],
    ) -> None:
        """Set up; `access_changes` counts the changes of access, `share_of` says what a person may take here."""
        self._rooms, self._log, self._access_changes, self._share_of = rooms, log, access_changes, share_of

    async def __call__(self, admit: Admit, document: str, body: bytes, *, tab: str | None, address: str) -> bytes:
        """Return the body of the answer to whoever `admit` says, in the tab of that name; raises `Problem`."""
        try:
            state_vector, at = wire.read_var_bytes(body, 0)
            update, end = wire.read_var_bytes(body, at)
            if end < len(body):
                # Whoever sent more takes it for saved when the answer comes.
                raise wire.MalformedMessage(f"{len(body) - end} bytes follow them")
        except wire.MalformedMessage as error:
            raise Problem(400, f"The body is not a state vector and an update: {error}.") from None
        connection = tab_of(tab) or secrets.token_hex(16)

        async def visitor() -> Visitor:
            principal, role = await admit()
            known = tab_of(tab) is not None or principal.account is not None
            share = self._share_of(person_of(principal, address))
            return Visitor(principal.author, connection, allows(role, Action.WRITE), known, share)

        try:
            own, missing = await exchange(
                self._rooms,
                document,
                admit=visitor,
                changes=self._access_changes,
                state_vector=state_vector or b"\x00",
                update=update,
            )
        except ValueError as error:
            raise Problem(400, str(error)) from None
        except TooBusy as busy:
            raise too_many(
                busy.seconds, "You have sent very much, or what takes the server long; wait and send it again."
            ) from None
        except UpdateRefused as refused:
            status = 403 if refused.why is Refusal.READ_ONLY else 409
            raise Problem(status, str(refused), reason=refused.why.value) from None
        except (LoadFailed, ReplicaCorrupt, TimeoutError) as error:
            reason = str(error) or self._log.health.reason or "storage is slow"
            raise Problem(
                503, f"Not saved: {reason}. Send it again.", headers={"Retry-After": "2"}, cause=reason
            ) from None
        return wire.var_bytes(own) + wire.var_bytes(missing)
