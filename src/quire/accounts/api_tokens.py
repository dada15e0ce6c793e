"""API tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from quire.access.contract import TOKEN_PREFIX, AccessChange
from quire.access.tokens import hashed, new_secret
from quire.accounts.account import Account
from quire.accounts.uses import TOUCH, Uses
from quire.db.engine import Database
from quire.db.ids import new_id, now
from quire.db.tables import accounts, api_tokens

SCOPES: Final = ("documents:read", "documents:write")


class UnknownScope(Exception):
    """No API token can have this scope; the text names those that there are."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One API token, without its secret."""

    id: str
    account: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    last_used_at: int | None
    expires_at: int | None


_PRESENTED: Final = (
    sa.select(api_tokens, accounts.c.email, accounts.c.name.label("person"), accounts.c.language)
    .join(accounts, accounts.c.id == api_tokens.c.account)
    .where(api_tokens.c.hash == sa.bindparam("presented"), accounts.c.deactivated_at.is_(None))
)
"""Made once, as each request and each socket asks it."""


class ApiTokens:
    """Tokens by which programs act for an account. `announce` is called when one ends."""

    def __init__(self, database: Database, uses: Uses, announce: Callable[[AccessChange], None]) -> None:
        self._db, self._uses, self._announce = database, uses, announce

    async def create(
        self, account: str, name: str, scopes: Sequence[str], expires_at: int | None
    ) -> tuple[str, TokenRow]:
        """Return (secret, row); the secret is not kept. Raises `UnknownScope`."""
        unknown = set(scopes) - set(SCOPES)
        if unknown:
            raise UnknownScope(f"has {', '.join(map(repr, sorted(unknown)))}; there are {' and '.join(SCOPES)}")
        secret = TOKEN_PREFIX + new_secret()
        row = TokenRow(new_id(), account, name, tuple(scopes) or SCOPES, now(), None, expires_at)
        async with self._db.write() as connection:
            await connection.execute(
                sa.insert(api_tokens).values(
                    hash=hashed(secret),
                    id=row.id,
                    account=account,
                    name=name,
                    scopes=" ".join(row.scopes),
                    created_at=row.created_at,
                    expires_at=expires_at,
                )
            )
        return secret, row

    async def find(self, secret: str) -> tuple[TokenRow, Account] | None:
        """Return the live token with this secret and its account."""
        time = now()
        async with self._db.read() as connection:
            row = (await connection.execute(_PRESENTED, {"presented": hashed(secret)})).first()
        if row is None or (row.expires_at is not None and row.expires_at <= time):
            return None
        if row.last_used_at is None or abs(time - row.last_used_at) > TOUCH:
            self._uses.note(row.id, sa.update(api_tokens).where(api_tokens.c.id == row.id).values(last_used_at=time))
        return _token(row), Account(row.account, row.email, row.person, row.language)

    async def list(self, account: str) -> Sequence[TokenRow]:
        """Return the account's tokens."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                sa.select(api_tokens).where(api_tokens.c.account == account).order_by(api_tokens.c.created_at)
            )
            return [_token(row) for row in rows]

    async def revoke(self, account: str, token: str) -> None:
        """Remove a token; sockets that use it are closed within a second."""
        async with self._db.write() as connection:
            await connection.execute(
                sa.delete(api_tokens).where(api_tokens.c.account == account, api_tokens.c.id == token)
            )
        self._announce(AccessChange(sessions=frozenset({token})))


def _token(row: Any) -> TokenRow:  # noqa: ANN401 - a SQLAlchemy row
    return TokenRow(
        row.id,
        row.account,
        row.name,
        tuple(row.scopes.split()),
        row.created_at,
        row.last_used_at,
        row.expires_at,
    )
