"""The gateway: accepts sockets within limits, binds them to people and documents, and lets them go.

Nothing of a document leaves before access was granted (`Gateway.open`).
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import structlog
from picows import WSUpgradeRequest, WSUpgradeResponse

from quire.access.contract import Access, Action, Denied, Principal, Role, allows, person_of, tab_of
from quire.access.credentials import presented
from quire.concurrency.background import Background
from quire.crdt.replica import ReplicaLost
from quire.crdt.updates import MalformedUpdate, inspect
from quire.limits.rates import Buckets
from quire.limits.throttle import Throttle
from quire.sync import wire
from quire.sync.admission import Admission
from quire.sync.closecode import CloseCode
from quire.sync.connections import Connections
from quire.sync.limits import GatewayLimits
from quire.sync.opendocument import OpenDocument
from quire.sync.reviews import Reviews
from quire.sync.rooms.member import Member
from quire.sync.rooms.presence import CLIENTS_PER_SOCKET, own_name
from quire.sync.rooms.registry import LoadFailed, Rooms
from quire.sync.rooms.sender import Refusal
from quire.sync.sockets.allowance import Allowance, Share
from quire.sync.sockets.session import Session
from quire.sync.sockets.socket import Socket
from quire.sync.stats import SyncStats

_log = structlog.get_logger("quire.sync.gateway")
READ_ONLY = "you may read this document but not change it; its owner can let you"
LATER = "what you sent cannot be compared with the document now; it will be asked for again"
STOPPING = HTTPStatus.SERVICE_UNAVAILABLE, "this node is stopping; connect again"
WORK_RATE, WORK_BURST = 0.5, 3.0
"""Seconds of this process a second, and at once, that the messages of one person may take on all sockets."""


class Gateway:
    """Every socket of this node."""

    def __init__(
        self,
        rooms: Rooms,
        access: Access,
        *,
        speak: Callable[[Gateway, Socket, str, str], Session],
        limits: GatewayLimits,
        stats: SyncStats,
        cookie: str,
        origin_allowed: Callable[[str | None, str | None], bool],
        client_address: Callable[[str, str | None], str],
        minimum_schema: int,
    ) -> None:
        """Let people into `rooms`; `speak` gives a new socket its protocol (see `protocols.choice`)."""
        self._speak = speak
        self._rooms, self.stats = rooms, stats
        self.max_documents_per_socket = limits.max_documents
        self._access, self._limits = access, limits
        self._cookie, self._client_address = cookie, client_address
        self._minimum_schema = minimum_schema
        self.connections = Connections(limits, stats)
        self._paths: dict[Socket, tuple[str, str]] = {}
        self._background = Background()
        self._refusals = Throttle(10)
        self._work = Buckets(WORK_RATE, WORK_BURST)
        self._sent = Buckets(limits.bytes_per_hour / 3600, limits.bytes_per_hour)
        self.draining = False
        self._admission = Admission(limits, cookie=cookie, origin_allowed=origin_allowed)
        self._reviews = Reviews(access, every=limits.access_review, contain=self.contain)

    @property
    def access_changes(self) -> int:
        """How many changes of access this node has heard of."""
        return self._reviews.changes

    # ---------------------------------------------------------------- upgrades

    def accept(self, request: WSUpgradeRequest, transport: Any) -> Socket | WSUpgradeResponse:  # noqa: ANN401
        """Decide on an upgrade; the answer to a refusal says what to do."""
        headers = request.headers
        path, _, query = request.path.decode("latin-1").partition("?")
        peer = transport.get_extra_info("peername")
        address = self._client_address(peer[0] if peer else "", ",".join(headers.getall("x-forwarded-for", ())))
        if self.draining:
            refusal: tuple[HTTPStatus, str] | None = STOPPING
        else:
            refusal = self._admission.refusal(path, headers, address)
        if refusal is not None:
            self.stats.upgrades_refused += 1
            status, text = refusal
            if count := self._refusals(text):
                _log.warning("sockets refused", status=int(status), reason=text, count=count, address=address)
            more = (
                {"Retry-After": "10"}
                if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
                else {}
            )
            more |= {"Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8"}
            refused: WSUpgradeResponse = WSUpgradeResponse.create_error_response(status, text.encode(), more)
            return refused
        self.stats.upgrades += 1
        socket = Socket(
            secrets.token_hex(8),
            replace(presented(headers, self._cookie, address), tab=tab_of(parse_qs(query).get("tab", [None])[0])),
            max_message=self._limits.max_message,
            outbound_limit=self._limits.outbound_limit,
            allowance=Allowance(self._limits.messages_per_second, self._limits.bytes_per_second, time.monotonic())
            if self._limits.rates
            else None,
            on_open=self._opened,
            on_data=self.connections.arrived,
            on_closed=self._closed,
        )
        self._paths[socket] = (path, query)
        return socket

    def _opened(self, socket: Socket) -> None:
        path, query = self._paths.pop(socket)
        self.connections.add(socket)
        self._admission.opened(socket.credentials.address)
        socket.session = self._speak(self, socket, path, query)

    def _closed(self, socket: Socket) -> None:
        self._paths.pop(socket, None)
        if socket in self.connections:
            self._admission.closed(socket.credentials.address)
            person = self.connections.remove(socket)
            if person is not None:
                self._admission.unbind(person)

    # ---------------------------------------------------------------- people and documents

    async def open(
        self,
        socket: Socket,
        prefix: bytes,
        document: str,
        token: str,
        schema: int | None,
        take: Callable[[OpenDocument], bool],
    ) -> OpenDocument | None:
        """Admit somebody to a document and into its room.

        Raises `Denied`, and `LoadFailed` where the document cannot be read now.

        `take` gets the document before anything of it is sent; it answers whether it is still wanted.
        Returns None where it is not, or where the socket closes because nobody can be asked who this is.
        """
        asked_at = self._reviews.changes
        admitted = await self._admitted(socket, document, token, schema)
        if admitted is None:
            return None
        member = Member(socket, prefix, *admitted)
        if prefix:
            member.send(wire.authenticated(writable=member.writable))
        while True:
            changes = self._reviews.changes
            try:
                room = await self._rooms.open(document)
            except LoadFailed as error:
                member.notify({"type": "storage", "ok": False, "reason": str(error)})
                raise
            if changes == self._reviews.changes:
                break
            # Who lost it while it was loading is told nothing of it.
            if await self._admitted(socket, document, token, schema) is None:
                return None
        opened = OpenDocument(member, room, token)
        if socket.closing or not take(opened):
            return None
        room.join(member)
        # The role may be another one by now.
        self._reviews.watch(opened, asked_at)
        return opened

    async def _admitted(
        self, socket: Socket, document: str, token: str, schema: int | None
    ) -> tuple[Principal, Role] | None:
        """Do what `_admit` does; None: the socket closes, because nobody can be asked now."""
        try:
            return await self._admit(socket, document, token, schema)
        except Denied:
            raise
        except Exception:  # noqa: BLE001 - the authority is away: say "try again", never "denied"
            self.contain("authentication failed")
            socket.close(CloseCode.TRY_LATER, "sign-in cannot be checked now; try again")
            return None

    async def _admit(self, socket: Socket, document: str, token: str, schema: int | None) -> tuple[Principal, Role]:
        """Return who this is and what they may do with the document; raises `Denied`."""
        if schema is not None and schema < self._minimum_schema:
            raise Denied(Denied.SCHEMA)
        if not document.strip():
            raise Denied(Denied.PERMISSION)
        principal = await self._access.identify(socket.credentials.with_token(token))
        role = await self._access.role_of(principal, document)
        if role is None or not allows(role, Action.READ):
            raise Denied(Denied.PERMISSION)
        if self.connections.person(socket) is None:
            person = person_of(principal, socket.credentials.address)
            if not self._admission.bind(person):
                raise Denied("too-many-connections")
            self.connections.bind(socket, person)
            if (share := self.share_of(person)) is not None:
                socket.share(share)
        socket.admit()
        return principal, role

    def share_of(self, person: str) -> Share | None:
        """Return what a person (`person_of`) may take of this node; None: anything."""
        if not self._limits.rates:
            return None
        now = time.monotonic()
        return Share(self._work.of(person, now), self._sent.of(person, now))

    def left(self, opened: OpenDocument) -> None:
        """Take a member out of its room."""
        self._reviews.forget(opened)
        if opened.room is not None:
            opened.room.leave(opened.member)

    def present(self, opened: OpenDocument, content: bytes) -> None:
        """Take a presence message into the room."""
        member = opened.member
        principal, identity, most = member.principal, member.identity, self._limits.max_presence
        entries = wire.decode_awareness(
            content,
            max_state=most,
            max_together=most * CLIENTS_PER_SOCKET,
            mend=lambda state: own_name(state, principal, identity),
        )
        if opened.room is not None:
            opened.room.present(member, entries)

    def reauthenticate(self, opened: OpenDocument, token: str) -> None:
        """A client sent its token again on an open document: judge it by the new one."""
        self._reviews.reauthenticate(opened, token)

    def refuse_write(self, opened: OpenDocument, update: bytes, *, own: bool) -> None:
        """A read-only member sent text: what the document already holds is no write."""
        room, member = opened.room, opened.member
        if room is None:
            return

        if opened.judging and not own:
            member.refused(Refusal.STORAGE, LATER)
            return
        try:
            # In the turn of the message, so that its time goes on the account of its sender.
            summary = inspect(update) if room.ingest.light(update) else None
        except MalformedUpdate as error:
            raise wire.MalformedMessage(str(error)) from None

        async def judge() -> None:
            try:
                contained = await room.contains(update, summary, member)
            except MalformedUpdate as error:
                member.socket.close(CloseCode.MALFORMED, str(error))
            except ReplicaLost:
                member.refused(Refusal.STORAGE, LATER)
            except Exception:  # noqa: BLE001 - not the member's fault: it is asked again
                self.contain("an update of a reader cannot be judged")
                member.refused(Refusal.STORAGE, LATER)
            else:
                if contained:
                    member.saved(1)
                else:
                    member.refused(Refusal.READ_ONLY, READ_ONLY)
            finally:
                opened.judging = False

        if own:
            member.refused(Refusal.READ_ONLY, READ_ONLY)
        else:
            opened.judging = True
            self._background.run(judge())

    def contain(self, event: str) -> None:
        """Record an unexpected exception that was kept from spreading."""
        self.stats.errors += 1
        _log.exception(event)

    # ---------------------------------------------------------------- upkeep

    def sweep(self) -> None:
        """Do what is due once a second."""
        now = time.monotonic()
        self.connections.sweep(now)
        self._reviews.sweep(now)
        self._offer_again()

    def _offer_again(self) -> None:
        """Have clients connect anew whose updates were refused for a time and would be taken now."""
        for opened in self._reviews:
            room, member = opened.room, opened.member
            if (member.refusals or member.withheld) and room is not None and room.takes_again(member):
                member.refusals = 0
                member.withheld.clear()
                delay = secrets.randbelow(2000) / 1000
                asyncio.get_running_loop().call_later(
                    delay, member.socket.close, CloseCode.RESTART, "what was refused can be taken now; connect again"
                )

    async def drain(self, window: float, patience: float) -> None:
        """Let nobody in any more, and everybody go; see `Connections.drain`."""
        self.draining = True
        await self.connections.drain(window, patience)

    async def close(self) -> None:
        """Stop listening for changes of access, and what is under way."""
        await self._reviews.close()
        await self._background.close()
