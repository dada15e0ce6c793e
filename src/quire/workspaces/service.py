"""Workspaces, their members, and invitations to join."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from quire.access.tokens import hashed, new_secret
from quire.accounts.account import Account
from quire.accounts.service import AccountService, AlreadySetUp
from quire.db.columns import ahead
from quire.db.engine import Database
from quire.db.ids import SECOND, new_id, now
from quire.db.tables import accounts, invitations, memberships, workspaces

INVITATION_LIFE: Final = 14 * 24 * 3600 * SECOND
MEMBER_ROLES = ("owner", "admin", "member", "guest")


class InvitationInvalid(Exception):
    """The invitation is unknown, used or expired."""


class InvitationForAnother(Exception):
    """The invitation is for another address."""


@dataclass(frozen=True, slots=True)
class Membership:
    """A workspace and one's role in it."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation."""

    id: str
    email: str | None
    role: str
    created_at: int
    expires_at: int


class WorkspaceService:
    """Who belongs together."""

    def __init__(self, database: Database, people: AccountService) -> None:
        self._db, self._people = database, people

    async def set_up(self, email: str, name: str, password: str) -> tuple[Account, Membership]:
        """Make the first account and its workspace; raises `AlreadySetUp`."""
        if await self._people.any():
            raise AlreadySetUp
        row = await self._people.prepare(email, name, password)
        async with self._db.write() as connection:
            if (await connection.execute(sa.select(accounts.c.id).limit(1))).first() is not None:
                raise AlreadySetUp
            account = await self._people.insert(connection, row)
            workspace = new_id()
            await connection.execute(
                sa.insert(workspaces).values(id=workspace, name=f"{name}'s workspace", created_at=now())
            )
            await connection.execute(
                sa.insert(memberships).values(workspace=workspace, account=account.id, role="owner", created_at=now())
            )
        return account, Membership(workspace, f"{name}'s workspace", "owner")

    async def add(self, email: str, name: str, password: str, role: str = "member") -> Account:
        """Make an account in the first workspace (the command line's way); raises `EmailTaken`."""
        if not await self._people.any():
            account, _ = await self.set_up(email, name, password)
            return account
        row = await self._people.prepare(email, name, password)
        async with self._db.write() as connection:
            account = await self._people.insert(connection, row)
            workspace = (
                await connection.execute(sa.select(workspaces.c.id).order_by(workspaces.c.created_at).limit(1))
            ).scalar_one()
            await connection.execute(
                sa.insert(memberships).values(workspace=workspace, account=account.id, role=role, created_at=now())
            )
        return account

    async def membership(self, account: str) -> Membership | None:
        """Return the account's workspace (its first, while there is one per account)."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(
                    sa.select(workspaces.c.id, workspaces.c.name, memberships.c.role)
                    .join(memberships, memberships.c.workspace == workspaces.c.id)
                    .where(memberships.c.account == account)
                    .order_by(memberships.c.created_at)
                    .limit(1)
                )
            ).first()
        return Membership(*row) if row else None

    async def invite(self, workspace: str, inviter: str, email: str | None, role: str) -> tuple[str, Invitation]:
        """Return (secret, invitation); anyone who has the secret may join once. Raises `ValueError` for the role."""
        if role not in MEMBER_ROLES or role == "owner":
            raise ValueError(f"role {role!r} cannot be given by invitation")
        secret, time = new_secret(), now()
        invitation = Invitation(new_id(), email, role, time, time + INVITATION_LIFE)
        async with self._db.write() as connection:
            await connection.execute(
                sa.insert(invitations).values(
                    hash=hashed(secret),
                    id=invitation.id,
                    workspace=workspace,
                    inviter=inviter,
                    email=email,
                    role=role,
                    created_at=time,
                    expires_at=invitation.expires_at,
                )
            )
        return secret, invitation

    async def list_invitations(self, workspace: str) -> Sequence[Invitation]:
        """Return the workspace's open invitations."""
        async with self._db.read() as connection:
            rows = await connection.execute(
                sa.select(
                    invitations.c.id,
                    invitations.c.email,
                    invitations.c.role,
                    invitations.c.created_at,
                    invitations.c.expires_at,
                ).where(invitations.c.workspace == workspace, _open(now()))
            )
            return [Invitation(*row) for row in rows]

    async def withdraw(self, workspace: str, invitation: str) -> None:
        """Remove an open invitation."""
        async with self._db.write() as connection:
            await connection.execute(
                sa.delete(invitations).where(invitations.c.workspace == workspace, invitations.c.id == invitation)
            )

    async def preview(self, secret: str) -> tuple[str, str, str | None]:
        """Return (workspace name, inviter's name, invited address); raises `InvitationInvalid`."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(
                    sa.select(workspaces.c.name, accounts.c.name, invitations.c.email)
                    .select_from(invitations)
                    .join(workspaces, workspaces.c.id == invitations.c.workspace)
                    .join(accounts, accounts.c.id == invitations.c.inviter)
                    .where(invitations.c.hash == hashed(secret), _open(now()))
                )
            ).first()
        if row is None:
            raise InvitationInvalid
        return row[0], row[1], row[2]

    async def accept(self, secret: str, email: str, name: str, password: str) -> Account:
        """Make an account by invitation; raises `InvitationInvalid`, `InvitationForAnother` or `EmailTaken`."""
        _, _, invited = await self.preview(secret)
        if invited is not None and invited.casefold() != email.casefold():
            raise InvitationForAnother(invited)
        row = await self._people.prepare(email, name, password)
        async with self._db.write() as connection:
            used = (
                await connection.execute(
                    sa.update(invitations)
                    .where(invitations.c.hash == hashed(secret), _open(now()))
                    .values(accepted_at=now())
                    .returning(invitations.c.workspace, invitations.c.role)
                )
            ).first()
            if used is None:
                raise InvitationInvalid
            account = await self._people.insert(connection, row)
            await connection.execute(
                sa.insert(memberships).values(
                    workspace=used.workspace, account=account.id, role=used.role, created_at=now()
                )
            )
        return account


def _open(time: int) -> sa.ColumnElement[bool]:
    """An invitation by which somebody can join now."""
    return sa.and_(invitations.c.accepted_at.is_(None), ahead(invitations.c.expires_at, time))
