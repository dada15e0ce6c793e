"""Who may do what: the vocabulary of access, shared by sockets, HTTP and storage.

Nothing here does I/O. `Access` is the contract that `sharing` implements; `allows` is the one table that
says what a role may do.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from quire.access.household import household


class Role(enum.IntEnum):
    """What a principal is to one document; a larger value includes all smaller ones."""

    VIEWER = 1
    COMMENTER = 2
    SUGGESTER = 3
    EDITOR = 4
    OWNER = 5

    @property
    def label(self) -> str:
        """Lower-case name used in the API and in the database."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Role:
        """Return the role called `label`; raises `ValueError` for an unknown one."""
        try:
            return cls[label.upper()]
        except KeyError:
            raise ValueError(f"unknown role {label!r}; known are {', '.join(r.label for r in cls)}") from None


class Action(enum.Enum):
    """Everything that needs permission on a document, with the least role that has it."""

    READ = Role.VIEWER, "read"
    COMMENT = Role.COMMENTER, "comment"
    SUGGEST = Role.SUGGESTER, "suggest"
    WRITE = Role.EDITOR, "write"
    RENAME = Role.EDITOR, "rename"
    SHARE = Role.OWNER, "share"
    TRASH = Role.OWNER, "trash"
    ERASE = Role.OWNER, "erase"


def allows(role: Role | None, action: Action) -> bool:
    """Return whether `role` (None: no access at all) may do `action`."""
    return role is not None and role >= action.value[0]


TOKEN_PREFIX: Final = "quire_pat_"  # noqa: S105 - a prefix, no secret
LINK_PREFIX: Final = "quire_link_"


def is_link_token(token: str) -> bool:
    """Whether this is a document link's token."""
    return token.startswith(LINK_PREFIX)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request or socket presented, unverified. Secrets: never logged."""

    address: str
    session: str | None = field(default=None, repr=False)
    """The session cookie's value."""
    token: str | None = field(default=None, repr=False)
    """An API token (`quire_pat_…`), from `Authorization: Bearer` or a socket's auth frame."""
    link: str | None = field(default=None, repr=False)
    """A document link's token (`quire_link_…`)."""
    tab: str | None = field(default=None, repr=False)
    """What the tab calls itself on each of its connections, so that a guest who comes again is the same one."""

    def with_token(self, token: str) -> Credentials:
        """Return these with what came later beside them: a document link's token, an API token, or nothing."""
        if not token:
            return self
        return replace(self, link=token) if is_link_token(token) else replace(self, token=token)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody whose credentials were verified: an account, or an anonymous visitor holding a link."""

    name: str
    account: str | None = None
    session: str | None = None
    """Public id of the session row."""
    token: str | None = None
    """Public id of the API token row."""
    link: str | None = None
    """Public id (hash) of the link presented."""
    scopes: frozenset[str] | None = None
    """None: everything the account may do. Otherwise a set of `documents:read`, `documents:write`, …"""

    @property
    def author(self) -> str:
        """Stable id stored with each update: the account id, `link:<id>` for a guest."""
        if self.account is not None:
            return self.account
        return f"link:{self.link}" if self.link is not None else "anonymous"


def person_of(principal: Principal, address: str) -> str:
    """Return whom connections, work and room are counted for.

    Everybody with a link is one author: one of them must not take the places of all.
    """
    return principal.account or f"{principal.author} {household(address)}"


GUEST: Final = "guest:"
"""Begins the identity of a guest."""
_TAB = re.compile(r"[A-Za-z0-9_-]{22,64}")


def tab_of(sent: str | None) -> str | None:
    """Return the name that a tab gave itself, if nobody could guess it."""
    return sent if sent is not None and _TAB.fullmatch(sent) else None


def identity_of(author: str, connection: str) -> str:
    """Return who an author is to others in a document; a link has one author, so a guest is a tab or a connection."""
    return GUEST + connection if author.startswith("link:") or author == "anonymous" else author


def is_guest(identity: str) -> bool:
    """Whether an identity lasts no longer than its connection."""
    return identity.startswith(GUEST)


class Denied(Exception):
    """Access was refused. `reason` is a stable machine-readable word that clients show or act on."""

    PERMISSION = "permission-denied"
    SESSION = "session-expired"
    SCHEMA = "schema-too-old"

    def __init__(self, reason: str = PERMISSION) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AccessChange:
    """Something `role_of` or `identify` reads has changed; a field that is None matches everything."""

    documents: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    sessions: frozenset[str] | None = None
    """Session or API-token ids."""


class Access(Protocol):
    """The one authority on identity and roles."""

    async def identify(self, credentials: Credentials) -> Principal:
        """Return who presents these credentials; raises `Denied` when one is invalid, expired or revoked.

        No credentials at all give an anonymous principal without access to anything but what a link grants.
        """
        ...

    async def role_of(self, principal: Principal, document: str) -> Role | None:
        """Return the strongest role over document, folders, workspace and link, or None.

        Trashed and missing documents give None. Scopes of an API token lower the role.
        """
        ...

    def subscribe(self, listener: Callable[[AccessChange], None]) -> Callable[[], None]:
        """Call `listener` on the event loop after each change; returns the unsubscribe function."""
        ...
