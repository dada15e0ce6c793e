"""The one query of access: every role that somebody has on some documents, and where it comes from."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from quire.db.columns import ahead
from quire.db.tables import documents, folders, grants, group_members, links, memberships, visits

MAX_FOLDER_DEPTH: Final = 64


def live(now: int | sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """A link that gives access now."""
    return sa.and_(links.c.role.is_not(None), sa.or_(links.c.expires_at.is_(None), ahead(links.c.expires_at, now)))


def _statement(*, in_trash: bool) -> sa.CompoundSelect[str, str]:
    account, link = sa.bindparam("account", type_=sa.String), sa.bindparam("link", type_=sa.String)
    now: sa.BindParameter[int] = sa.bindparam("now", type_=sa.BigInteger)
    wanted: sa.BindParameter[Any] = sa.bindparam("wanted", expanding=True)

    places = sa.select(documents.c.id, documents.c.workspace, documents.c.folder).where(documents.c.id.in_(wanted))
    if not in_trash:
        places = places.where(documents.c.trashed_at.is_(None))
    place = places.cte("places")

    above = sa.select(place.c.id, place.c.workspace, place.c.folder, sa.literal(1).label("depth"))
    inside = above.where(place.c.folder.is_not(None)).cte("inside", recursive=True)
    inside = inside.union_all(
        sa.select(inside.c.id, inside.c.workspace, folders.c.parent, inside.c.depth + 1)
        .join(folders, folders.c.id == inside.c.folder)
        .where(folders.c.parent.is_not(None), inside.c.depth < MAX_FOLDER_DEPTH)
    )
    resource = sa.union_all(
        sa.select(place.c.id, place.c.workspace, _word("document", "kind"), place.c.id.label("resource")),
        sa.select(place.c.id, place.c.workspace, _word("workspace", "kind"), place.c.workspace),
        sa.select(inside.c.id, inside.c.workspace, _word("folder", "kind"), inside.c.folder),
    ).cte("resources")
    # Whose grants are the account's: its own, its groups', and of workspaces that it is no guest of.
    subject = sa.union_all(
        sa.select(_word("account", "kind"), account.label("subject")),
        sa.select(_word("group", "kind"), group_members.c.group).where(group_members.c.account == account),
        sa.select(_word("workspace", "kind"), memberships.c.workspace).where(
            memberships.c.account == account, memberships.c.role != "guest"
        ),
    ).cte("subjects")
    # Grants are looked up one by one, never joined: databases that guess wrong would read all there are of a kind.
    role = (
        sa.select(grants.c.role)
        .where(
            grants.c.resource_kind == resource.c.kind,
            grants.c.resource == resource.c.resource,
            grants.c.subject_kind == subject.c.kind,
            grants.c.subject == subject.c.subject,
            sa.or_(grants.c.expires_at.is_(None), ahead(grants.c.expires_at, now)),
        )
        .scalar_subquery()
    )
    # What a workspace is given counts for its own documents only.
    own = sa.or_(subject.c.kind != "workspace", subject.c.subject == resource.c.workspace)
    looked_up = sa.select(resource.c.id, role.label("role")).join(subject, own).subquery()
    granted = sa.select(looked_up.c.id, looked_up.c.role).where(looked_up.c.role.is_not(None))
    visited = sa.exists().where(
        visits.c.account == account, visits.c.document == links.c.document, visits.c.link == links.c.hash
    )
    linked = (
        sa.select(place.c.id, links.c.role)
        .join(links, links.c.document == place.c.id)
        .where(
            sa.or_(links.c.hash == link, visited),
            live(now),
            sa.or_(links.c.sign_in_required == sa.false(), account.is_not(None)),
        )
    )
    return sa.union_all(granted, linked)


def _word(value: str, name: str) -> sa.Label[str]:
    return sa.literal(value, sa.String).label(name)


ROLES: Final = {in_trash: _statement(in_trash=in_trash) for in_trash in (False, True)}
"""Selects (document, role) of every grant to the account, on the document or above it, and of the link that is
presented or was visited. Parameters: `wanted`, documents; `account` and `link`, which may be None; `now`. By whether
documents in the trash count. Made once: to build it takes longer than to run it."""
