"""A person, and a password of theirs that was right."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.db.tables import accounts


class WrongPassword(Exception):
    """The address or the password is wrong; which of them is not said."""


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


async def require_still(connection: AsyncConnection, checked: Checked) -> None:
    """Raise `WrongPassword` unless the password is still the one that was checked."""
    query = sa.select(accounts.c.password_hash).where(accounts.c.id == checked.account)
    if (await connection.execute(query)).scalar_one_or_none() != checked.password_hash:
        raise WrongPassword
