"""What every authority on access must do, step by step and against a plain model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from conftest import PROVE
from contracts import compare
from quire.access.contract import Access, AccessChange, Credentials, Denied, Principal, Role

ADDRESS = "192.0.2.1"
LATER, EARLIER = 3600, -3600


class Town(Protocol):
    """People, places and papers that an authority judges; every method returns an id."""

    access: Access

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def workspace(self) -> str: ...

    async def account(self, workspace: str, role: str = "member") -> str: ...

    async def group(self, workspace: str, *accounts: str) -> str: ...

    async def folder(self, workspace: str, parent: str | None = None) -> str: ...

    async def document(self, workspace: str, folder: str | None = None) -> str: ...

    async def grant(
        self, kind: str, resource: str, subject_kind: str, subject: str, role: Role, seconds: int | None = None
    ) -> None:
        """Set a grant; `seconds` from now it expires."""
        ...

    async def revoke(self, kind: str, resource: str, subject_kind: str, subject: str) -> None: ...

    async def link(self, document: str, role: Role | None) -> str | None:
        """Set the document's link; returns its token."""
        ...

    async def reset_link(self, document: str) -> str | None:
        """Make another link with the same role; returns its token."""
        ...

    async def visit(self, principal: Principal, document: str) -> None:
        """The principal opened the document by the link that it presents."""
        ...

    async def trash(self, document: str, trashed: bool) -> None: ...

    async def sign_in(self, account: str) -> str:
        """Return a session secret."""
        ...

    async def sign_out(self, account: str) -> None: ...

    async def token(self, account: str, *scopes: str) -> str:
        """Return an API token."""
        ...


class AccessContract:
    """Subclasses give fixtures `town` (open, empty) and `make_town` (a function that makes one)."""

    async def test_nobody_has_anything_by_default(self, town: Town) -> None:
        space = await town.workspace()
        account, document = await town.account(space), await town.document(space)
        stranger = await town.access.identify(Credentials(ADDRESS))
        assert stranger.account is None
        assert await town.access.role_of(stranger, document) is None
        assert await town.access.role_of(Principal("a", account=account), document) is None
        assert await town.access.role_of(Principal("a", account=account), "no such document") is None

    async def test_a_session_is_somebody_until_it_ends(self, town: Town) -> None:
        account = await town.account(await town.workspace())
        session = await town.sign_in(account)
        principal = await town.access.identify(Credentials(ADDRESS, session=session))
        assert (principal.account, principal.author) == (account, account)
        assert principal.session is not None
        await town.sign_out(account)
        for wrong in (session, session[:-1] + "x", "", "x" * 500, "ü\0"):
            if wrong:
                with pytest.raises(Denied):
                    await town.access.identify(Credentials(ADDRESS, session=wrong))

    async def test_a_token_is_its_account_within_its_scopes(self, town: Town) -> None:
        space = await town.workspace()
        account, document = await town.account(space), await town.document(space)
        await town.grant("document", document, "account", account, Role.OWNER)
        for scopes, role in (
            (("documents:read",), Role.VIEWER),
            (("documents:write",), Role.OWNER),
            (("documents:read", "documents:write"), Role.OWNER),
        ):
            token = await town.token(account, *scopes)
            principal = await town.access.identify(Credentials(ADDRESS, token=token))
            assert principal.account == account
            assert await town.access.role_of(principal, document) is role
        with pytest.raises(Denied):
            await town.access.identify(Credentials(ADDRESS, token="quire_pat_made_up"))

    async def test_a_link_gives_its_role_to_whoever_holds_it(self, town: Town) -> None:
        space = await town.workspace()
        document, other = await town.document(space), await town.document(space)
        token = await town.link(document, Role.COMMENTER)
        guest = await town.access.identify(Credentials(ADDRESS, link=token))
        assert await town.access.role_of(guest, document) is Role.COMMENTER
        assert await town.access.role_of(guest, other) is None
        assert guest.author.startswith("link:")
        await town.link(document, None)
        assert await town.access.role_of(guest, document) is None
        assert await town.link(document, Role.EDITOR) == token
        assert await town.access.role_of(guest, document) is Role.EDITOR
        again = await town.reset_link(document)
        assert await town.access.role_of(guest, document) is None
        guest = await town.access.identify(Credentials(ADDRESS, link=again))
        assert await town.access.role_of(guest, document) is Role.EDITOR

    async def test_a_visit_lasts_as_long_as_the_link_by_which_it_was_made(self, town: Town) -> None:
        space = await town.workspace()
        account, document = await town.account(space), await town.document(space)
        token = await town.link(document, Role.EDITOR)
        both = await town.access.identify(Credentials(ADDRESS, session=await town.sign_in(account), link=token))
        alone = Principal("a", account=account)
        assert await town.access.role_of(alone, document) is None
        await town.visit(both, document)
        assert await town.access.role_of(alone, document) is Role.EDITOR
        assert await town.access.role_of(Principal("b", account=await town.account(space)), document) is None
        read = Principal("a", account=account, scopes=frozenset({"documents:read"}))
        assert await town.access.role_of(read, document) is Role.VIEWER
        await town.link(document, None)
        assert await town.access.role_of(alone, document) is None
        await town.link(document, Role.VIEWER)
        assert await town.access.role_of(alone, document) is Role.VIEWER
        await town.trash(document, trashed=True)
        assert await town.access.role_of(alone, document) is None
        await town.trash(document, trashed=False)
        await town.reset_link(document)
        assert await town.access.role_of(alone, document) is None

    async def test_a_link_that_is_wrong_gives_nothing_and_takes_nothing(self, town: Town) -> None:
        space = await town.workspace()
        account, document = await town.account(space), await town.document(space)
        await town.link(document, Role.EDITOR)
        await town.grant("document", document, "account", account, Role.VIEWER)
        session = await town.sign_in(account)
        both = await town.access.identify(Credentials(ADDRESS, session=session, link="quire_link_made_up"))
        assert await town.access.role_of(both, document) is Role.VIEWER

    async def test_changes_are_announced(self, town: Town) -> None:
        space = await town.workspace()
        account, document = await town.account(space), await town.document(space)
        heard: list[AccessChange] = []
        unsubscribe = town.access.subscribe(heard.append)
        await town.link(document, Role.VIEWER)
        assert any(change.documents is None or document in change.documents for change in heard)
        heard.clear()
        await town.sign_in(account)
        await town.sign_out(account)
        assert any(change.accounts is None or account in change.accounts for change in heard)
        unsubscribe()
        heard.clear()
        await town.link(document, None)
        assert heard == []

    def test_roles_are_what_a_plain_model_says(self, make_town: Callable[[], Town]) -> None:
        compare(lambda: AccessMachine(make_town()), examples=100 if PROVE else 10, steps=50 if PROVE else 25)


@dataclass
class _Place:
    workspace: int
    folder: int | None = None
    trashed: bool = False
    link: tuple[str, Role] | None = None


@dataclass
class _Model:
    """What `role_of` must answer, from plain dictionaries."""

    members: dict[int, tuple[int, str]] = field(default_factory=dict)
    """account → (workspace, role as a member)"""
    groups: list[set[int]] = field(default_factory=list)
    parents: list[int | None] = field(default_factory=list)
    documents: list[_Place] = field(default_factory=list)
    grants: dict[tuple[str, int, str, int], tuple[Role, bool]] = field(default_factory=dict)
    """(kind, resource, subject kind, subject) → (role, whether it has expired)"""

    def role(self, account: int | None, link: str | None, scopes: frozenset[str] | None, document: int) -> Role | None:
        place = self.documents[document]
        if place.trashed:
            return None
        resources = {("document", document), ("workspace", place.workspace)}
        folder = place.folder
        while folder is not None:
            resources.add(("folder", folder))
            folder = self.parents[folder]
        subjects: set[tuple[str, int]] = set()
        if account is not None:
            subjects.add(("account", account))
            subjects |= {("group", number) for number, people in enumerate(self.groups) if account in people}
            workspace, kind = self.members[account]
            if workspace == place.workspace and kind != "guest":
                subjects.add(("workspace", workspace))
        roles = [
            role
            for (kind, resource, subject_kind, subject), (role, expired) in self.grants.items()
            if not expired and (kind, resource) in resources and (subject_kind, subject) in subjects
        ]
        if link is not None and place.link is not None and place.link[0] == link:
            roles.append(place.link[1])
        best = max(roles, default=None)
        if best is None or scopes is None or "documents:write" in scopes:
            return best
        return min(best, Role.VIEWER) if "documents:read" in scopes else None


class AccessMachine(RuleBasedStateMachine):
    """Random grants, links, moves to the trash, and questions about them."""

    ACCOUNTS, GROUPS, FOLDERS, DOCUMENTS = 4, 2, 4, 4
    accounts = st.integers(0, ACCOUNTS - 1)
    papers = st.integers(0, DOCUMENTS - 1)

    def __init__(self, town: Town) -> None:
        super().__init__()
        self.town, self.model = town, _Model()
        self.runner = asyncio.Runner()
        self.ids: dict[str, list[str]] = {}
        self.run(town.open())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        self.run(self.town.close())
        self.runner.close()

    @initialize(data=st.data())
    def build(self, data: st.DataObject) -> None:
        draw, town, model = data.draw, self.town, self.model

        async def work() -> None:
            spaces = [await town.workspace(), await town.workspace()]
            people: list[str] = []
            for number in range(self.ACCOUNTS):
                model.members[number] = (draw(st.integers(0, 1)), draw(st.sampled_from(["member", "guest", "admin"])))
                people.append(await town.account(spaces[model.members[number][0]], model.members[number][1]))
            groups: list[str] = []
            for _ in range(self.GROUPS):
                chosen = draw(st.sets(self.accounts))
                model.groups.append(chosen)
                groups.append(await town.group(spaces[0], *(people[number] for number in chosen)))
            folders: list[str] = []
            for number in range(self.FOLDERS):
                parent = draw(st.none() | st.integers(0, number - 1)) if number else None
                model.parents.append(parent)
                folders.append(await town.folder(spaces[0], None if parent is None else folders[parent]))
            papers: list[str] = []
            for _ in range(self.DOCUMENTS):
                workspace = draw(st.integers(0, 1))
                folder = draw(st.none() | st.integers(0, self.FOLDERS - 1)) if workspace == 0 else None
                model.documents.append(_Place(workspace, folder))
                papers.append(await town.document(spaces[workspace], None if folder is None else folders[folder]))
            self.ids = {
                "workspace": spaces,
                "account": people,
                "group": groups,
                "folder": folders,
                "document": papers,
            }

        self.run(work())

    @rule(
        kind=st.sampled_from(["document", "folder", "workspace"]),
        subject_kind=st.sampled_from(["account", "group", "workspace"]),
        where=st.integers(0, 3),
        who=st.integers(0, 3),
        role=st.sampled_from(Role),
        seconds=st.sampled_from([None, LATER, EARLIER]),
    )
    def grant(self, kind: str, subject_kind: str, where: int, who: int, role: Role, seconds: int | None) -> None:
        where, who = where % len(self.ids[kind]), who % len(self.ids[subject_kind])
        self.run(self.town.grant(kind, self.ids[kind][where], subject_kind, self.ids[subject_kind][who], role, seconds))
        self.model.grants[kind, where, subject_kind, who] = role, seconds == EARLIER

    @rule(pick=st.integers(0, 99))
    def revoke(self, pick: int) -> None:
        if self.model.grants:
            kind, where, subject_kind, who = key = sorted(self.model.grants)[pick % len(self.model.grants)]
            self.run(self.town.revoke(kind, self.ids[kind][where], subject_kind, self.ids[subject_kind][who]))
            del self.model.grants[key]

    @rule(document=papers, role=st.none() | st.sampled_from(Role))
    def set_link(self, document: int, role: Role | None) -> None:
        token = self.run(self.town.link(self.ids["document"][document], role))
        self.model.documents[document].link = (token, role) if role is not None else None

    @rule(document=papers)
    def throw_away_or_bring_back(self, document: int) -> None:
        place = self.model.documents[document]
        place.trashed = not place.trashed
        self.run(self.town.trash(self.ids["document"][document], place.trashed))

    @rule(account=accounts, scopes=st.none() | st.sets(st.sampled_from(["documents:read", "documents:write"])))
    def ask(self, account: int, scopes: set[str] | None) -> None:
        allowed = None if scopes is None else frozenset(scopes)
        for document in range(self.DOCUMENTS):
            principal = Principal("p", account=self.ids["account"][account], scopes=allowed)
            answer = self.run(self.town.access.role_of(principal, self.ids["document"][document]))
            assert answer == self.model.role(account, None, allowed, document)

    @rule(account=st.none() | accounts, document=papers)
    def ask_with_a_link(self, account: int | None, document: int) -> None:
        link = self.model.documents[document].link
        token = link[0] if link is not None else None
        guest = self.run(self.town.access.identify(Credentials(ADDRESS, link=token)))
        principal = Principal("p", account=None if account is None else self.ids["account"][account], link=guest.link)
        for number in range(self.DOCUMENTS):
            answer = self.run(self.town.access.role_of(principal, self.ids["document"][number]))
            assert answer == self.model.role(account, token, None, number)
