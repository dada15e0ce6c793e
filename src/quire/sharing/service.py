"""Sharing: who has which role on a document, and the link."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from quire.access.contract import TOKEN_PREFIX, AccessChange, Credentials, Denied, Principal, Role
from quire.access.tokens import derived, hashed, link_token, links_of_another_key
from quire.accounts.service import AccountService
from quire.db.engine import Database
from quire.db.ids import now
from quire.db.tables import grants, links, visits
from quire.sharing.roles import ROLES, live


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
        link = hashed(credentials.link) if credentials.link else None
        if credentials.token:
            if not credentials.token.startswith(TOKEN_PREFIX):
                raise Denied(Denied.SESSION)
            found = await self._people.tokens.find(credentials.token)
            if found is None:
                raise Denied(Denied.SESSION)
            token, account = found
            return Principal(
                account.name, account=account.id, token=token.id, link=link, scopes=frozenset(token.scopes)
            )
        if credentials.session:
            live = await self._people.sessions.find(credentials.session)
            if live is not None:
                session, account = live
                return Principal(account.name, account=account.id, session=session.id, link=link)
            if link is None:
                raise Denied(Denied.SESSION)
        return Principal("Guest", link=link)

    async def role_of(self, principal: Principal, document: str) -> Role | None:
        return (await self._roles(principal, [document], in_trash=False)).get(document)

    async def role_even_in_trash(self, principal: Principal, document: str) -> Role | None:
        """Return the role as if the document were not in the trash: to say so, restore and erase it."""
        return (await self.roles_even_in_trash(principal, [document])).get(document)

    async def roles_even_in_trash(self, principal: Principal, wanted: Sequence[str]) -> dict[str, Role]:
        """Return the roles on several documents; those without one are left out."""
        return await self._roles(principal, wanted, in_trash=True)

    async def _roles(self, principal: Principal, wanted: Sequence[str], *, in_trash: bool) -> dict[str, Role]:
        """The one function of access; for several documents it asks no more often than for one."""
        asked = {"wanted": list(wanted), "account": principal.account, "link": principal.link, "now": now()}
        async with self._db.read() as connection:
            found = (await connection.execute(ROLES[in_trash], asked)).all()
        roles: dict[str, Role] = {}
        for document, label in found:
            # What damage made no role gives nothing, and takes nobody the other documents.
            with suppress(ValueError):
                roles[document] = max(Role.parse(label), roles.get(document, Role.VIEWER))
        return _within_scopes(roles, principal.scopes)

    # ------------------------------------------------------------ the link

    async def link(self, document: str) -> tuple[Role | None, str | None]:
        """Return the link's role and token, or (None, None) while it gives no access."""
        async with self._db.read() as connection:
            row = (
                await connection.execute(sa.select(links.c.role, links.c.nonce).where(links.c.document == document))
            ).first()
        # What damage made no role gives nothing.
        with suppress(ValueError):
            if row is not None and row.role is not None:
                return Role.parse(row.role), link_token(self._key, document, row.nonce)
        return None, None

    async def set_link(self, document: str, role: Role | None) -> tuple[Role | None, str | None]:
        """Give the link a role, or none: the same link works again when it has one. Open sockets follow at once."""
        async with self._db.write() as connection:
            done = await connection.execute(
                sa.update(links).where(links.c.document == document).values(role=role.label if role else None)
            )
            if done.rowcount == 0 and role is not None:
                nonce = os.urandom(16)
                await connection.execute(
                    sa.insert(links).values(
                        document=document,
                        hash=hashed(link_token(self._key, document, nonce)),
                        nonce=nonce,
                        role=role.label,
                    )
                )
        self.changed(document)
        return await self.link(document)

    async def reset_link(self, document: str) -> tuple[Role | None, str | None]:
        """Make another link with the same role; the old one ends, on open sockets at once."""
        nonce = os.urandom(16)
        async with self._db.write() as connection:
            await connection.execute(
                sa.update(links)
                .where(links.c.document == document)
                .values(hash=hashed(link_token(self._key, document, nonce)), nonce=nonce)
            )
            await connection.execute(sa.delete(visits).where(visits.c.document == document))
        self.changed(document)
        return await self.link(document)

    async def links_of_another_key(self) -> int:
        """Return how many links give access, but not as the app shows them: the key is not the one of their making."""
        query = sa.select(links.c.document, links.c.nonce, links.c.hash).where(live(now()))
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return links_of_another_key(self._key, rows)

    # ------------------------------------------------------------ after access

    def proof(self, document: str) -> str:
        """Return what shows, also when the catalogue knows nothing of it any more, that one had access."""
        return derived(self._key, "proof", document).hex()

    def proves(self, document: str, proof: str) -> bool:
        """Return whether this is what somebody with access to the document was given."""
        return hmac.compare_digest(self.proof(document).encode(), proof.encode())

    # ------------------------------------------------------------ visits

    async def visit(self, principal: Principal, document: str) -> bool:
        """Remember for the account that it opened the document by the link it presents; False: not by a live one."""
        time = now()
        by_link = (links.c.document == document, links.c.hash == (principal.link or ""), live(time))
        async with self._db.write() as connection:
            if (await connection.execute(sa.select(links.c.hash).where(*by_link))).first() is None:
                return False
            mine = (visits.c.account == principal.account, visits.c.document == document)
            done = await connection.execute(sa.update(visits).where(*mine).values(link=principal.link, at=time))
            if done.rowcount == 0:
                await connection.execute(
                    sa.insert(visits).values(account=principal.account, document=document, link=principal.link, at=time)
                )
        return True

    async def forget_visit(self, account: str, document: str) -> None:
        """Take the document from the account's list; open sockets that had it by the visit end."""
        async with self._db.write() as connection:
            await connection.execute(
                sa.delete(visits).where(visits.c.account == account, visits.c.document == document)
            )
        self._announce(AccessChange(documents=frozenset({document}), accounts=frozenset({account})))

    @staticmethod
    def visited(account: str) -> sa.Select[tuple[str]]:
        """Select the documents that the account opened by a link that still gives access."""
        return (
            sa.select(visits.c.document)
            .join(links, sa.and_(links.c.document == visits.c.document, links.c.hash == visits.c.link))
            .where(visits.c.account == account, live(now()))
        )

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


def _within_scopes(roles: dict[str, Role], scopes: frozenset[str] | None) -> dict[str, Role]:
    """An API token lowers the roles of its account to what its scopes allow."""
    if scopes is None or "documents:write" in scopes:
        return roles
    return {document: min(role, Role.VIEWER) for document, role in roles.items() if "documents:read" in scopes}
