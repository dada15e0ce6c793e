"""Accounts: rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.access.contract import AccessChange
from quire.accounts.account import Account, Checked, WrongPassword, require_still
from quire.accounts.api_tokens import ApiTokens
from quire.accounts.passwords import Passwords
from quire.accounts.sessions import Sessions
from quire.accounts.uses import Uses
from quire.db.engine import Database
from quire.db.ids import new_id, now
from quire.db.tables import accounts, sessions


class EmailTaken(Exception):
    """An account with this address exists."""


class AlreadySetUp(Exception):
    """The first account exists."""


class UnknownAccount(Exception):
    """No such account."""


class AccountService:
    """People. `announce` is called after every change of access or of who somebody is."""

    def __init__(self, database: Database, passwords: Passwords, announce: Callable[[AccessChange], None]) -> None:
        self._db, self._passwords, self._announce = database, passwords, announce
        self.uses = Uses(database)
        self.sessions = Sessions(database, self.uses, announce)
        self.tokens = ApiTokens(database, self.uses, announce)

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
            await require_still(connection, checked)
            await connection.execute(
                sa.update(accounts).where(accounts.c.id == account).values(password_hash=password_hash)
            )
            await connection.execute(
                sa.delete(sessions).where(sessions.c.account == account, sessions.c.id != (keep_session or ""))
            )
        self._announce(AccessChange(accounts=frozenset({account})))
