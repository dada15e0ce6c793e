"""Sharing: who has which role on a document, and the link."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.access import AccessChange, Credentials, Denied, Principal, Role
from quire.accounts.secrets import LINK_PREFIX, TOKEN_PREFIX, derived, hashed
from quire.accounts.service import AccountService
from quire.db.engine import Database
from quire.db.ids import now
from quire.documents.tables import documents, folders
from quire.sharing.tables import grants, links
from quire.workspaces.tables import group_members, memberships

MAX_FOLDER_DEPTH = 64


class Announcements:
    """Changes that access depends on, told to everyone on this node who subscribed."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[AccessChange], None]] = []

    def __call__(self, change: AccessChange) -> None:
        for listener in list(self._listeners):
            listener(change)

    def subscribe(self, listener: Callable[[AccessChange], None]) -> Callable[[], None]:
        """Call `listener` after each change; returns the unsubscribe function."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


class SharingAccess:
    """`Access` on the catalogue. Every question is answered from current rows; nothing is cached."""

    def __init__(self, database: Database, people: AccountService, announcements: Announcements, key: bytes) -> None:
        self._db, self._people, self._key = database, people, key
        self._announce = announcements
        self.subscribe = announcements.subscribe

    # ------------------------------------------------------------ Access

    async def identify(self, credentials: Credentials) -> Principal:
        link = None
        if credentials.link:
            link = hashed(credentials.link) if credentials.link.startswith(LINK_PREFIX) else None
        if credentials.token:
            if not credentials.token.startswith(TOKEN_PREFIX):
                raise Denied(Denied.SESSION)
            found = await self._people.token(credentials.token)
            if found is None:
                raise Denied(Denied.SESSION)
            token, account = found
            return Principal(
                account.name, account=account.id, token=token.id, link=link, scopes=frozenset(token.scopes)
            )
        if credentials.session:
            live = await self._people.session(credentials.session)
            if live is not None:
                session, account = live
                return Principal(account.name, account=account.id, session=session.id, link=link)
            if link is None:
                raise Denied(Denied.SESSION)
        return Principal("Guest", link=link)

    async def role_of(self, principal: Principal, document: str) -> Role | None:
        async with self._db.read() as connection:
            place = (
                await connection.execute(
                    sa.select(documents.c.workspace, documents.c.folder, documents.c.trashed_at).where(
                        documents.c.id == document
                    )
                )
            ).first()
            if place is None or place.trashed_at is not None:
                return None
            return await self._role(connection, principal, document, place.workspace, place.folder)

    async def role_even_in_trash(self, principal: Principal, document: str) -> Role | None:
        """Return the role as if the document were not in the trash, where no link leads: to restore and erase it."""
        async with self._db.read() as connection:
            place = (
                await connection.execute(
                    sa.select(documents.c.workspace, documents.c.folder, documents.c.trashed_at).where(
                        documents.c.id == document
                    )
                )
            ).first()
            if place is None:
                return None
            if place.trashed_at is not None:
                principal = replace(principal, link=None)
            return await self._role(connection, principal, document, place.workspace, place.folder)

    async def _role(
        self, connection: AsyncConnection, principal: Principal, document: str, workspace: str, folder: str | None
    ) -> Role | None:
        time = now()
        roles: list[Role] = []
        if principal.account is not None:
            resources = [("document", document), ("workspace", workspace)]
            resources += [("folder", parent) for parent in await self._ancestors(connection, folder)]
            subjects = [("account", principal.account)]
            subjects += [
                ("group", row[0])
                for row in await connection.execute(
                    sa.select(group_members.c.group).where(group_members.c.account == principal.account)
                )
            ]
            member = await connection.execute(
                sa.select(memberships.c.role).where(
                    memberships.c.account == principal.account, memberships.c.workspace == workspace
                )
            )
            if (row := member.first()) is not None and row.role != "guest":
                subjects.append(("workspace", workspace))
            found = await connection.execute(
                sa.select(grants.c.role).where(
                    sa.tuple_(grants.c.resource_kind, grants.c.resource).in_(resources),
                    sa.tuple_(grants.c.subject_kind, grants.c.subject).in_(subjects),
                    sa.or_(grants.c.expires_at.is_(None), grants.c.expires_at > time),
                )
            )
            roles += [Role.parse(row.role) for row in found]
        if principal.link is not None:
            found = await connection.execute(
                sa.select(links.c.role).where(
                    links.c.document == document,
                    links.c.hash == principal.link,
                    sa.or_(links.c.expires_at.is_(None), links.c.expires_at > time),
                    sa.or_(links.c.sign_in_required == sa.false(), sa.literal(principal.account is not None)),
                )
            )
            roles += [Role.parse(row.role) for row in found]
        return _within_scopes(max(roles, default=None), principal.scopes)

    async def _ancestors(self, connection: AsyncConnection, folder: str | None) -> list[str]:
        found: list[str] = []
        while folder is not None and len(found) < MAX_FOLDER_DEPTH:
            found.append(folder)
            folder = (
                await connection.execute(sa.select(folders.c.parent).where(folders.c.id == folder))
            ).scalar_one_or_none()
        return found

    # ------------------------------------------------------------ the link

    async def link(self, document: str) -> tuple[Role | None, str | None]:
        """Return the link's role and token, or (None, None) while the document has no link."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(sa.select(links.c.role, links.c.nonce).where(links.c.document == document))
            ).first()
        return (Role.parse(row.role), self._link_token(document, row.nonce)) if row else (None, None)

    async def set_link(self, document: str, role: Role | None) -> tuple[Role | None, str | None]:
        """Give the link a role, or take the link away; open sockets follow within a second."""
        nonce = os.urandom(16)
        async with self._db.write() as connection:
            row = (await connection.execute(sa.select(links.c.nonce).where(links.c.document == document))).first()
            if role is None:
                await connection.execute(sa.delete(links).where(links.c.document == document))
            elif row is not None:
                nonce = row.nonce
                await connection.execute(sa.update(links).where(links.c.document == document).values(role=role.label))
            else:
                token = self._link_token(document, nonce)
                await connection.execute(
                    sa.insert(links).values(document=document, hash=hashed(token), nonce=nonce, role=role.label)
                )
        self._announce(AccessChange(documents=frozenset({document})))
        return (role, self._link_token(document, nonce)) if role is not None else (None, None)

    def _link_token(self, document: str, nonce: bytes) -> str:
        """The owner can copy the link again, so it is derived from the server's key and not kept."""
        return LINK_PREFIX + base64.urlsafe_b64encode(derived(self._key, "link", document, nonce)).decode().rstrip("=")

    async def grant(
        self, connection: AsyncConnection, resource: tuple[str, str], subject: tuple[str, str], role: Role
    ) -> None:
        """Store a grant in the caller's transaction."""
        await connection.execute(
            sa.insert(grants).values(
                resource_kind=resource[0],
                resource=resource[1],
                subject_kind=subject[0],
                subject=subject[1],
                role=role.label,
            )
        )

    def changed(self, document: str) -> None:
        """Announce that something about a document's access changed."""
        self._announce(AccessChange(documents=frozenset({document})))


def _within_scopes(role: Role | None, scopes: frozenset[str] | None) -> Role | None:
    """An API token lowers the role of its account to what its scopes allow."""
    if role is None or scopes is None or "documents:write" in scopes:
        return role
    return min(role, Role.VIEWER) if "documents:read" in scopes else None
