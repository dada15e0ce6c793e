"""Signed-in devices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from quire.access.contract import AccessChange
from quire.access.tokens import hashed, new_secret
from quire.accounts.account import Account, Checked, require_still
from quire.accounts.uses import TOUCH, Uses
from quire.db.columns import ahead
from quire.db.engine import Database
from quire.db.ids import SECOND, new_id, now
from quire.db.tables import accounts, sessions

SESSION_IDLE: Final = 14 * 24 * 3600 * SECOND
"""After which a session that is not used ends."""
SESSION_MOST: Final = 90 * 24 * 3600 * SECOND
"""After which any session ends."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in device."""

    id: str
    account: str
    device: str
    address: str
    created_at: int
    last_used_at: int
    expires_at: int


_LIVE: Final = (
    sa.select(sessions, accounts.c.email, accounts.c.name, accounts.c.language)
    .join(accounts, accounts.c.id == sessions.c.account)
    .where(
        sessions.c.hash == sa.bindparam("presented"),
        ahead(sessions.c.expires_at, sa.bindparam("now", type_=sa.BigInteger)),
        accounts.c.deactivated_at.is_(None),
    )
)
"""Made once, as each request and each socket asks it."""


class Sessions:
    """Rows on the server, found by an opaque cookie. `announce` is called after every change of access."""

    def __init__(self, database: Database, uses: Uses, announce: Callable[[AccessChange], None]) -> None:
        self._db, self._uses, self._announce = database, uses, announce

    async def start(
        self, account: str, device: str, address: str, checked: Checked | None = None
    ) -> tuple[str, SessionRow]:
        """Return (cookie value, row) of a new session.

        Raises `WrongPassword` if the password of `checked` was changed meanwhile: that ends all sessions, this one too.
        """
        secret, time = new_secret(), now()
        row = SessionRow(new_id(), account, device[:200], address[:64], time, time, time + SESSION_IDLE)
        async with self._db.write() as connection:
            if checked is not None:
                await require_still(connection, checked)
            await connection.execute(sa.delete(sessions).where(sa.not_(ahead(sessions.c.expires_at, time))))
            await connection.execute(
                sa.insert(sessions).values(
                    hash=hashed(secret),
                    id=row.id,
                    account=account,
                    device=row.device,
                    address=row.address,
                    created_at=time,
                    last_used_at=time,
                    expires_at=row.expires_at,
                )
            )
        return secret, row

    async def find(self, secret: str) -> tuple[SessionRow, Account] | None:
        """Return the live session of a cookie value and its account; slides its expiry."""
        time = now()
        async with self._db.read() as connection:
            row = (await connection.execute(_LIVE, {"presented": hashed(secret), "now": time})).first()
        if row is None:
            return None
        # Also back from a future in which the clock was for a while, to which the session would else last.
        if abs(time - row.last_used_at) > TOUCH:
            expires = min(time + SESSION_IDLE, row.created_at + SESSION_MOST)
            self._uses.note(
                row.id, sa.update(sessions).where(sessions.c.id == row.id).values(last_used_at=time, expires_at=expires)
            )
        return _session(row), Account(row.account, row.email, row.name, row.language)

    async def list(self, account: str) -> Sequence[SessionRow]:
        """Return the account's live sessions, the latest used first."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                sa.select(sessions)
                .where(sessions.c.account == account, ahead(sessions.c.expires_at, now()))
                .order_by(sessions.c.last_used_at.desc())
            )
            return [_session(row) for row in rows]

    async def end(self, account: str, session: str | None = None) -> None:
        """End one session, or all of them; open sockets are closed within a second."""
        where = [sessions.c.account == account]
        if session is not None:
            where.append(sessions.c.id == session)
        async with self._db.write() as connection:
            await connection.execute(sa.delete(sessions).where(*where))
        self._announce(AccessChange(accounts=frozenset({account})))


def _session(row: Any) -> SessionRow:  # noqa: ANN401 - a SQLAlchemy row
    return SessionRow(row.id, row.account, row.device, row.address, row.created_at, row.last_used_at, row.expires_at)
