"""Accounts, sessions and API tokens: rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.access.contract import TOKEN_PREFIX, AccessChange
from quire.access.tokens import hashed, new_secret
from quire.accounts.passwords import Passwords
from quire.db.engine import Database
from quire.db.ids import SECOND, new_id, now
from quire.db.tables import accounts, api_tokens, sessions
from quire.storage.failure import StorageUnavailable

SESSION_IDLE: Final = 14 * 24 * 3600 * SECOND
"""After which a session that is not used ends."""
SESSION_MOST: Final = 90 * 24 * 3600 * SECOND
"""After which any session ends."""
TOUCH: Final = 60 * SECOND
"""The last use of a session or token is written at most this often."""
SCOPES = ("documents:read", "documents:write")


class EmailTaken(Exception):
    """An account with this address exists."""


class AlreadySetUp(Exception):
    """The first account exists."""


class WrongPassword(Exception):
    """The address or the password is wrong; which of them is not said."""


class UnknownAccount(Exception):
    """No such account."""


class UnknownScope(Exception):
    """No API token can have this scope; the text names those that there are."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person."""

    id: str
    email: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An account whose password was right; it may be another one by the time that this is acted on."""

    account: str
    password_hash: str


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


class AccountService:
    """People and their credentials. `announce` is called after every change of access or of who somebody is."""

    def __init__(self, database: Database, passwords: Passwords, announce: Callable[[AccessChange], None]) -> None:
        self._db, self._passwords, self._announce = database, passwords, announce
        self._uses: dict[str, sa.Update] = {}
        """What `record_uses` has to write, by session or token."""

    async def any(self) -> bool:
        """Return whether there is any account yet."""
        async with self._db.read() as connection:
            return (await connection.execute(sa.select(accounts.c.id).limit(1))).first() is not None

    async def prepare(self, email: str, name: str, password: str) -> dict[str, Any]:
        """Return the row of a new account; hashing happens before any transaction is open."""
        return {
            "id": new_id(),
            "email": email,
            "email_key": email.casefold(),
            "name": name,
            "password_hash": await self._passwords.hash(password),
            "created_at": now(),
        }

    async def insert(self, connection: AsyncConnection, row: dict[str, Any]) -> Account:
        """Store a prepared account in the caller's transaction; raises `EmailTaken`."""
        found = await connection.execute(sa.select(accounts.c.id).where(accounts.c.email_key == row["email_key"]))
        if found.first() is not None:
            raise EmailTaken(row["email"])
        await connection.execute(sa.insert(accounts).values(**row))
        return Account(row["id"], row["email"], row["name"], "")

    async def get(self, account: str) -> Account:
        """Return an account; raises `UnknownAccount`."""
        async with self._db.read() as connection:
            return await self._one(connection, accounts.c.id == account)

    async def by_email(self, email: str) -> Account:
        """Return the account with this address; raises `UnknownAccount`."""
        async with self._db.read() as connection:
            return await self._one(connection, accounts.c.email_key == email.casefold())

    async def _one(self, connection: AsyncConnection, where: sa.ColumnElement[bool]) -> Account:
        row = (
            await connection.execute(
                sa.select(accounts.c.id, accounts.c.email, accounts.c.name, accounts.c.language).where(where)
            )
        ).first()
        if row is None:
            raise UnknownAccount
        return Account(*row)

    async def check_password(self, email: str, password: str) -> Checked:
        """Return whose password it is; raises `WrongPassword`, in the same time for unknown addresses."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(
                    sa.select(accounts).where(
                        accounts.c.email_key == email.casefold(), accounts.c.deactivated_at.is_(None)
                    )
                )
            ).first()
        if not await self._passwords.verify(row.password_hash if row else None, password) or row is None:
            raise WrongPassword
        return Checked(row.id, row.password_hash)

    async def update(self, account: str, *, name: str | None, language: str | None) -> Account:
        """Change what is given; a new name is shown on open documents, too."""
        values = {key: value for key, value in (("name", name), ("language", language)) if value is not None}
        async with self._db.write() as connection:
            if values:
                await connection.execute(sa.update(accounts).where(accounts.c.id == account).values(**values))
            changed = await self._one(connection, accounts.c.id == account)
        if name is not None:
            self._announce(AccessChange(accounts=frozenset({account})))
        return changed

    async def change_password(self, account: str, current: str, new: str, keep_session: str | None) -> None:
        """Set a new password and end all other sessions; raises `WrongPassword`."""
        person = await self.get(account)
        checked = await self.check_password(person.email, current)
        password_hash = await self._passwords.hash(new)
        async with self._db.write() as connection:
            await _require_still(connection, checked)
            await connection.execute(
                sa.update(accounts).where(accounts.c.id == account).values(password_hash=password_hash)
            )
            await connection.execute(
                sa.delete(sessions).where(sessions.c.account == account, sessions.c.id != (keep_session or ""))
            )
        self._announce(AccessChange(accounts=frozenset({account})))

    # ------------------------------------------------------------ sessions

    async def start_session(
        self, account: str, device: str, address: str, checked: Checked | None = None
    ) -> tuple[str, SessionRow]:
        """Return (cookie value, row) of a new session.

        Raises `WrongPassword` if the password of `checked` was changed meanwhile: that ends all sessions, this one too.
        """
        secret, time = new_secret(), now()
        row = SessionRow(new_id(), account, device[:200], address[:64], time, time, time + SESSION_IDLE)
        async with self._db.write() as connection:
            if checked is not None:
                await _require_still(connection, checked)
            await connection.execute(sa.delete(sessions).where(sessions.c.expires_at < time))
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

    async def session(self, secret: str) -> tuple[SessionRow, Account] | None:
        """Return the live session of a cookie value and its account; slides its expiry."""
        time = now()
        async with self._db.read() as connection:
            row = (
                await connection.execute(
                    sa.select(sessions, accounts.c.email, accounts.c.name, accounts.c.language)
                    .join(accounts, accounts.c.id == sessions.c.account)
                    .where(
                        sessions.c.hash == hashed(secret),
                        sessions.c.expires_at > time,
                        accounts.c.deactivated_at.is_(None),
                    )
                )
            ).first()
        if row is None:
            return None
        # Also back from a future in which the clock was for a while, to which the session would else last.
        if abs(time - row.last_used_at) > TOUCH:
            expires = min(time + SESSION_IDLE, row.created_at + SESSION_MOST)
            self._uses[row.id] = (
                sa.update(sessions).where(sessions.c.id == row.id).values(last_used_at=time, expires_at=expires)
            )
        return _session(row), Account(row.account, row.email, row.name, row.language)

    async def record_uses(self) -> None:
        """Write down which sessions and tokens were used, all at once; call it now and then.

        No request waits for that: on a slow disk everybody's reading would stand in the queue of writes.
        """
        uses, self._uses = self._uses, {}
        if not uses or self._db.problem is not None:
            return
        # What is not written is due again at the next use.
        with suppress(StorageUnavailable):
            async with self._db.write() as connection:
                for use in uses.values():
                    await connection.execute(use)

    async def list_sessions(self, account: str) -> Sequence[SessionRow]:
        """Return the account's live sessions, the latest used first."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                sa.select(sessions)
                .where(sessions.c.account == account, sessions.c.expires_at > now())
                .order_by(sessions.c.last_used_at.desc())
            )
            return [_session(row) for row in rows]

    async def end_sessions(self, account: str, session: str | None = None) -> None:
        """End one session, or all of them; open sockets are closed within a second."""
        where = [sessions.c.account == account]
        if session is not None:
            where.append(sessions.c.id == session)
        async with self._db.write() as connection:
            await connection.execute(sa.delete(sessions).where(*where))
        self._announce(AccessChange(accounts=frozenset({account})))

    # ------------------------------------------------------------ API tokens

    async def create_token(
        self, account: str, name: str, scopes: Sequence[str], expires_at: int | None
    ) -> tuple[str, TokenRow]:
        """Return (secret, row); the secret is not kept. Raises `UnknownScope`."""
        unknown = set(scopes) - set(SCOPES)
        if unknown:
            raise UnknownScope(f"unknown scope {', '.join(sorted(unknown))}; known are {', '.join(SCOPES)}")
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

    async def token(self, secret: str) -> tuple[TokenRow, Account] | None:
        """Return the live token with this secret and its account."""
        time = now()
        async with self._db.read() as connection:
            row = (
                await connection.execute(
                    sa.select(api_tokens, accounts.c.email, accounts.c.name.label("person"), accounts.c.language)
                    .join(accounts, accounts.c.id == api_tokens.c.account)
                    .where(api_tokens.c.hash == hashed(secret), accounts.c.deactivated_at.is_(None))
                )
            ).first()
        if row is None or (row.expires_at is not None and row.expires_at <= time):
            return None
        if row.last_used_at is None or abs(time - row.last_used_at) > TOUCH:
            self._uses[row.id] = sa.update(api_tokens).where(api_tokens.c.id == row.id).values(last_used_at=time)
        return _token(row), Account(row.account, row.email, row.person, row.language)

    async def list_tokens(self, account: str) -> Sequence[TokenRow]:
        """Return the account's tokens."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                sa.select(api_tokens).where(api_tokens.c.account == account).order_by(api_tokens.c.created_at)
            )
            return [_token(row) for row in rows]

    async def revoke_token(self, account: str, token: str) -> None:
        """Remove a token; sockets that use it are closed within a second."""
        async with self._db.write() as connection:
            await connection.execute(
                sa.delete(api_tokens).where(api_tokens.c.account == account, api_tokens.c.id == token)
            )
        self._announce(AccessChange(sessions=frozenset({token})))


async def _require_still(connection: AsyncConnection, checked: Checked) -> None:
    """Raise `WrongPassword` unless the password is still the one that was checked."""
    query = sa.select(accounts.c.password_hash).where(accounts.c.id == checked.account)
    if (await connection.execute(query)).scalar_one_or_none() != checked.password_hash:
        raise WrongPassword


def _session(row: Any) -> SessionRow:  # noqa: ANN401 - a SQLAlchemy row
    return SessionRow(row.id, row.account, row.device, row.address, row.created_at, row.last_used_at, row.expires_at)


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
