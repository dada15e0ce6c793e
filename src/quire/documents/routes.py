"""HTTP: documents, their copies, their metadata and the trash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, StringConstraints

from quire.access.contract import Action, Principal, Role, person_of
from quire.documents.factory import DocumentFactory
from quire.documents.service import Document, DocumentService, Sort, StaleVersion
from quire.http.caller import AccountCaller, Caller, GuardDep, no_document
from quire.http.errors import Problem, too_many
from quire.http.forms import MAX_TITLE, Form, Title, moment
from quire.sharing.service import SharingAccess
from quire.sync.sockets.allowance import Share
from quire.workspaces.service import WorkspaceService

UNTITLED = "Untitled document"
UUID7 = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"


class CreateForm(Form):
    """A new document; whoever sends an `id` of their own may send it again without making a second one.

    It is a UUIDv7 whose last 12 digits are the first of the SHA-256 of the account's id, a slash, and the digits and
    dashes before them.
    """

    title: Title = UNTITLED
    id: Annotated[str, StringConstraints(pattern=UUID7)] | None = None


class CopyForm(Form):
    """The title of a copy; without one it is called after its source."""

    title: Title = ""


class RenameForm(Form):
    """A new title."""

    title: Title


class OwnerBody(BaseModel):
    """Whose document it is."""

    id: str
    name: str


class DocumentBody(BaseModel):
    """Metadata of a document; `version` is its ETag and `role` is the caller's.

    With `proof` whoever has lost access can ask whether the server still knows the document.
    """

    id: str
    title: str
    version: int
    role: str
    owner: OwnerBody
    created_at: datetime
    updated_at: datetime
    trashed_at: datetime | None
    link_role: str | None
    schema_version: int
    size_bytes: int
    proof: str


class KnownBody(BaseModel):
    """Whether there is such a document, or was one until it was deleted for good."""

    known: bool


class Documents(BaseModel):
    """One page of documents."""

    items: list[DocumentBody]
    next_cursor: str | None


def routes(
    service: DocumentService,
    factory: DocumentFactory,
    sharing: SharingAccess,
    spaces: WorkspaceService,
    share_of: Callable[[str], Share | None],
) -> APIRouter:
    """Return the routes; `share_of` says what a person may take of this node."""
    router = APIRouter(prefix="/documents", tags=["documents"])
    bodies = _Bodies(sharing.proof)
    _add_list(router, service, sharing, bodies)
    _add_making(router, service, factory, spaces, share_of, bodies)
    _add_metadata(router, service, sharing, bodies)
    _add_trash(router, service, bodies)
    return router


class _Bodies:
    """Documents as their callers see them."""

    def __init__(self, proof: Callable[[str], str]) -> None:
        self._proof = proof

    def body(self, document: Document, role: Role, principal: Principal) -> DocumentBody:
        """Return the metadata; guests are told nothing of people and links."""
        guest = principal.account is None
        return DocumentBody(
            id=document.id,
            title=document.title,
            version=document.version,
            role=role.label,
            owner=OwnerBody(id="" if guest else document.owner, name="" if guest else document.owner_name),
            created_at=moment(document.created_at),
            updated_at=moment(document.updated_at),
            trashed_at=moment(document.trashed_at),
            link_role=None if guest else document.link_role,
            schema_version=document.schema_version,
            size_bytes=document.size_bytes,
            proof=self._proof(document.id),
        )

    def tagged(self, response: Response, document: Document, role: Role, principal: Principal) -> DocumentBody:
        """Return the metadata with its version as the ETag."""
        response.headers["ETag"] = f'"{document.version}"'
        return self.body(document, role, principal)

    def made(self, response: Response, document: Document, principal: Principal) -> DocumentBody:
        """Return the metadata of a document that the caller has just made, with its address."""
        response.headers["Location"] = f"/api/v1/documents/{document.id}"
        return self.tagged(response, document, Role.OWNER, principal)


def _add_list(router: APIRouter, service: DocumentService, sharing: SharingAccess, bodies: _Bodies) -> None:
    @router.get("")
    async def list_documents(
        principal: AccountCaller,
        search: Annotated[str, Query(max_length=200)] = "",
        sort: Sort = "updated_at",
        order: Literal["asc", "desc"] = "desc",
        trashed: bool = False,
        shared: bool = False,
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
    ) -> Documents:
        """List one's own documents and those opened by a link that still works; `shared`: only others' documents."""
        rows, following = await service.list(
            principal,
            search=search,
            sort=sort,
            descending=order == "desc",
            trashed=trashed,
            shared=shared,
            cursor=cursor,
            limit=limit,
        )
        roles = await sharing.roles_even_in_trash(principal, [row.id for row in rows])
        return Documents(
            items=[bodies.body(row, roles[row.id], principal) for row in rows if row.id in roles], next_cursor=following
        )


def _add_making(
    router: APIRouter,
    service: DocumentService,
    factory: DocumentFactory,
    spaces: WorkspaceService,
    share_of: Callable[[str], Share | None],
    bodies: _Bodies,
) -> None:
    @router.post("", status_code=201)
    async def create(form: CreateForm, principal: AccountCaller, response: Response) -> DocumentBody:
        """Make an empty document that only its owner can open.

        With an `id` that the caller has used before, the answer is the document that was made then, as it is now; one
        that is somebody else's, or not made from the account's id, is refused with 409.
        """
        owner, workspace = await _maker(spaces, principal)
        title = form.title or UNTITLED
        if form.id is None:
            return bodies.made(response, await factory.create(owner, workspace, title), principal)
        return bodies.made(response, await factory.create_as(form.id, owner, workspace, title), principal)

    @router.post("/{document_id}/copy", status_code=201)
    async def copy(
        document_id: str,
        form: CopyForm,
        principal: AccountCaller,
        guard: GuardDep,
        request: Request,
        response: Response,
    ) -> DocumentBody:
        """Make a document of one's own with the text and pictures of one that one may read, and with no access of it.

        The answer comes when all of the copy is stored. What its source goes through later does not touch it.
        """
        await guard.permit(principal, document_id, Action.READ)
        owner, workspace = await _maker(spaces, principal)
        source = await service.get(document_id)
        share, time = share_of(person_of(principal, request.state.address)), monotonic()
        if share is not None:
            if wait := share.sent.lack(0, time):
                raise too_many(wait, "You have written very much within an hour; wait and make the copy then.")
            share.sent.take(source.size_bytes, time)
        title = form.title or f"Copy of {source.title}"[:MAX_TITLE]
        return bodies.made(response, await factory.copy(document_id, owner, workspace, title), principal)


async def _maker(spaces: WorkspaceService, principal: Principal) -> tuple[str, str]:
    """Return the account and the workspace for a new document of this caller."""
    if principal.scopes is not None and "documents:write" not in principal.scopes:
        raise Problem(403, "This API token has no scope documents:write; make another one that has it.")
    member = await spaces.membership(principal.account or "")
    if member is None:
        raise Problem(
            403,
            "Your account belongs to no workspace, and every document belongs to one. Ask whoever runs this server "
            "to add it to one.",
            code="no-workspace",
        )
    return principal.account or "", member.id


def _add_metadata(router: APIRouter, service: DocumentService, sharing: SharingAccess, bodies: _Bodies) -> None:
    @router.get("/{document_id}")
    async def read(document_id: str, principal: Caller, guard: GuardDep, response: Response) -> DocumentBody:
        """Return metadata and one's own role, also of a document in the trash (`trashed_at`), which nobody can open."""
        role = await guard.permit(principal, document_id, Action.READ, in_trash=True)
        return bodies.tagged(response, await service.get(document_id), role, principal)

    @router.get("/{document_id}/known")
    async def known(
        document_id: str,
        x_quire_proof: Annotated[str, Header(description="The `proof` that came with the document's metadata.")] = "",
    ) -> KnownBody:
        """Say whether the server knows a document that one once had access to; to anybody else there is none."""
        if not sharing.proves(document_id, x_quire_proof):
            raise no_document()
        return KnownBody(known=await service.known(document_id))

    @router.patch("/{document_id}")
    async def rename(
        document_id: str,
        form: RenameForm,
        principal: Caller,
        guard: GuardDep,
        response: Response,
        if_match: Annotated[str | None, Header()] = None,
    ) -> DocumentBody:
        """Rename; If-Match must name the version that one has seen."""
        role = await guard.permit(principal, document_id, Action.RENAME)
        if if_match is None:
            raise Problem(428, 'Send If-Match with the version you have seen, e.g. If-Match: "3".')
        version = if_match.strip().removeprefix("W/").strip('"')
        if if_match.strip() != "*" and not (version.isdecimal() and len(version) < 10):
            raise Problem(400, 'If-Match must be a version, e.g. If-Match: "3".')
        try:
            document = await service.rename(
                document_id, form.title or UNTITLED, None if version == "*" else int(version)
            )
        except StaleVersion as stale:
            raise Problem(
                412,
                "Somebody changed this document's details since you read them; `current` has them now.",
                headers={"ETag": f'"{stale.current.version}"'},
                current=bodies.body(stale.current, role, principal).model_dump(mode="json"),
            ) from None
        return bodies.tagged(response, document, role, principal)


def _add_trash(router: APIRouter, service: DocumentService, bodies: _Bodies) -> None:
    @router.delete("/{document_id}", status_code=204)
    async def trash(document_id: str, principal: Caller, guard: GuardDep) -> None:
        """Move to the trash."""
        await guard.permit(principal, document_id, Action.TRASH)
        await service.trash(document_id, trashed=True)

    @router.post("/{document_id}/restore")
    async def restore(document_id: str, principal: Caller, guard: GuardDep, response: Response) -> DocumentBody:
        """Take out of the trash."""
        role = await guard.permit(principal, document_id, Action.TRASH, in_trash=True)
        return bodies.tagged(response, await service.trash(document_id, trashed=False), role, principal)

    @router.delete("/{document_id}/forever", status_code=204)
    async def erase(document_id: str, principal: Caller, guard: GuardDep) -> None:
        """Delete a document in the trash for good."""
        await guard.permit(principal, document_id, Action.ERASE, in_trash=True)
        await service.erase(document_id)
