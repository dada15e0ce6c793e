"""The gateway: accepts sockets within limits, binds them to people and documents, and lets them go.

Order of checks on an upgrade, cheapest first: draining, path, Origin, caps, connect rate. Nothing of a document
leaves before `admit` has said yes; access is asked again whenever something it depends on changes.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

import structlog
from picows import WSUpgradeRequest, WSUpgradeResponse

from quire.access import Access, AccessChange, Action, Credentials, Denied, Principal, Role, allows, tab_of
from quire.background import Background
from quire.crdt.updates import MalformedUpdate, inspect
from quire.ops.seldom import Seldom
from quire.sync import wire
from quire.sync.bucket import Bucket
from quire.sync.hocuspocus import HocuspocusSession
from quire.sync.limits import GatewayLimits
from quire.sync.member import Member, Refusal
from quire.sync.rooms import Rooms
from quire.sync.socket import CloseCode, Socket
from quire.sync.stats import SyncStats
from quire.sync.ywebsocket import YWebsocketSession

_log = structlog.get_logger("quire.sync.gateway")
READ_ONLY = "you may read this document but not change it"
LATER = "what you sent cannot be compared with the document now; it will be asked for again"
LINK_PREFIX = "quire_link_"
REVIEWS_AT_ONCE = 100
MOST_ADDRESSES = 10_000
"""Addresses whose connects are remembered before those that are quiet are forgotten."""
DOUBT_PATIENCE = 5.0
"""Seconds within which a peer must show that it is there, when somebody else may be it on a new connection."""
CLOSES_PER_SECOND = 500
"""Least pace of a stop: fewer sockets than this need no second at all."""


class Gateway:
    """Every socket of this node."""

    def __init__(
        self,
        rooms: Rooms,
        access: Access,
        *,
        limits: GatewayLimits,
        stats: SyncStats,
        cookie: str,
        origin_allowed: Callable[[str | None, str | None], bool],
        client_address: Callable[[str, str | None], str],
        minimum_schema: int,
    ) -> None:
        self.rooms, self.stats = rooms, stats
        self.max_documents_per_socket = limits.max_documents
        self._access, self._limits = access, limits
        self._cookie, self._origin_allowed, self._client_address = cookie, origin_allowed, client_address
        self._minimum_schema = minimum_schema
        self._sockets: dict[Socket, None] = {}
        self._members: dict[Member, str] = {}
        self._addresses: Counter[str] = Counter()
        self._accounts: Counter[str] = Counter()
        self._bound: dict[Socket, str] = {}
        self._connects: dict[str, Bucket] = {}
        self._paths: dict[Socket, tuple[str, int | None]] = {}
        self._background = Background()
        self._refusals = Seldom(10)
        self.draining = False
        self.access_changes = 0
        """How many changes of access this node has heard of."""
        self._unsubscribe = access.subscribe(self._on_access_change)

    def __len__(self) -> int:
        return len(self._sockets)

    @property
    def outbound_bytes(self) -> int:
        """Bytes in the outbound buffers of all sockets."""
        return sum(socket.buffered for socket in self._sockets)

    @property
    def blocked(self) -> int:
        """Sockets over the outbound mark, which get no increments."""
        return sum(socket.blocked_since is not None for socket in self._sockets)

    @property
    def pending_bytes(self) -> int:
        """Bytes of messages that came before their document was open."""
        sessions = (socket.session for socket in self._sockets)
        return sum(session.pending_bytes for session in sessions if session is not None)

    # ---------------------------------------------------------------- upgrades

    def accept(self, request: WSUpgradeRequest, transport: Any) -> Socket | WSUpgradeResponse:  # noqa: ANN401
        """Decide on an upgrade; the answer to a refusal says what to do."""
        headers = request.headers
        path, _, query = request.path.decode("latin-1").partition("?")
        peer = transport.get_extra_info("peername")
        address = self._client_address(peer[0] if peer else "", ",".join(headers.getall("x-forwarded-for", ())))
        refusal = self._refusal(path, headers, address)
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
            _credentials(headers, query, address, self._cookie),
            max_message=self._limits.max_message,
            outbound_limit=self._limits.outbound_limit,
            bucket=Bucket(self._limits.messages_per_second, self._limits.bytes_per_second, time.monotonic())
            if self._limits.rates
            else None,
            on_open=self._opened,
            on_closed=self._closed,
        )
        self._paths[socket] = (path, _schema(query))
        return socket

    def _refusal(self, path: str, headers: Any, address: str) -> tuple[HTTPStatus, str] | None:  # noqa: ANN401
        limits = self._limits
        if self.draining:
            return HTTPStatus.SERVICE_UNAVAILABLE, "this node is stopping; connect again"
        if path.rstrip("/") != "/collab" and not (path.startswith("/yjs/") and len(path) > len("/yjs/")):
            return HTTPStatus.NOT_FOUND, "sockets are served at /collab and /yjs/{document}"
        bearer = headers.get("authorization", "").lower().startswith("bearer ")
        origin = headers.get("origin")
        cookie = self._cookie + "=" in headers.get("cookie", "")
        if (origin is not None or (cookie and not bearer)) and not self._origin_allowed(origin, headers.get("host")):
            return (
                HTTPStatus.FORBIDDEN,
                "this Origin may not open sockets here; set QUIRE_PUBLIC_URL to the address people use",
            )
        if len(self._sockets) >= limits.max_sockets:
            return (
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"this node has reached its {limits.max_sockets} sockets; try again",
            )
        if self._addresses[address] >= limits.max_per_address:
            return (
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{limits.max_per_address} sockets are open from your address",
            )
        if limits.rates:
            rate = limits.connects_per_minute / 60
            bucket = self._connects.get(address)
            if bucket is None:
                bucket = self._connects[address] = Bucket(rate, 1.0, time.monotonic())
            if bucket.take(0, time.monotonic()) > 0:
                return HTTPStatus.TOO_MANY_REQUESTS, "too many connects from your address; wait a few seconds"
        return None

    def _opened(self, socket: Socket) -> None:
        path, schema = self._paths.pop(socket)
        self._sockets[socket] = None
        # Sockets that came together are pinged apart.
        socket.next_check = socket.opened + secrets.randbelow(1000) / 1000 * self._limits.ping_interval
        self._addresses[socket.credentials.address] += 1
        if path.startswith("/yjs/"):
            socket.session = YWebsocketSession(self, socket, path[len("/yjs/") :], schema)
        else:
            socket.session = HocuspocusSession(self, socket, schema)

    def _closed(self, socket: Socket) -> None:
        self._paths.pop(socket, None)
        if self._sockets.pop(socket, 0) is None:
            address = socket.credentials.address
            self._addresses[address] -= 1
            if self._addresses[address] <= 0:
                del self._addresses[address]
        person = self._bound.pop(socket, None)
        if person is not None:
            self._accounts[person] -= 1
            if self._accounts[person] <= 0:
                del self._accounts[person]

    # ---------------------------------------------------------------- people and documents

    async def admit(self, socket: Socket, document: str, token: str, schema: int | None) -> tuple[Principal, Role]:
        """Return who this is and what they may do with the document; raises `Denied`."""
        if schema is not None and schema < self._minimum_schema:
            raise Denied(Denied.SCHEMA)
        if not document.strip():
            raise Denied(Denied.PERMISSION)
        principal = await self._access.identify(_with_token(socket.credentials, token))
        role = await self._access.role_of(principal, document)
        if role is None or not allows(role, Action.READ):
            raise Denied(Denied.PERMISSION)
        if socket not in self._bound:
            # Everybody with a link is one author: one of them must not take the places of all.
            person = principal.account or f"{principal.author} {socket.credentials.address}"
            if self._accounts[person] >= self._limits.max_per_account:
                raise Denied("too-many-connections")
            self._bound[socket] = person
            self._accounts[person] += 1
        socket.authenticated = True
        return principal, role

    def joined(self, member: Member, token: str, asked_at: int) -> None:
        """Watch the member's access from here on; ask once more if it may have changed since `admit`.

        `asked_at` is what `access_changes` was before `admit`.
        """
        self._members[member] = token
        member.review_at = time.monotonic() + self._limits.access_review * (0.5 + secrets.randbelow(500) / 1000)
        if asked_at != self.access_changes:
            self._background.run(self._review(member))

    def left(self, member: Member) -> None:
        """Forget a member."""
        self._members.pop(member, None)
        if member.room is not None:
            member.room.leave(member)

    def present(self, member: Member, content: bytes) -> None:
        """Take a presence message into the member's room."""
        entries = wire.decode_awareness(content, max_state=self._limits.max_presence)
        if member.room is not None:
            member.room.present(member, entries)

    def reauthenticate(self, member: Member, token: str) -> None:
        """A client sent its token again on an open document: judge it by the new one."""
        self._members[member] = token
        self._background.run(self._review(member, announce=True))

    def refuse_write(self, member: Member, update: bytes, *, own: bool) -> None:
        """A read-only member sent text: what the document already holds is no write."""
        room = member.room
        if room is None:
            return

        async def judge() -> None:
            try:
                contained = await room.contains(update)
            except MalformedUpdate as error:
                member.socket.close(CloseCode.MALFORMED, str(error))
            except Exception:  # noqa: BLE001 - not the member's fault: it is asked again
                self.contain("an update of a reader cannot be judged")
                member.refused(Refusal.STORAGE, LATER)
            else:
                if contained:
                    member.saved(1)
                else:
                    member.refused(Refusal.READ_ONLY, READ_ONLY)
            finally:
                member.judging = False

        if own:
            try:
                if room.light(update):
                    inspect(update)
            except MalformedUpdate as error:
                raise wire.MalformedMessage(str(error)) from None
            member.refused(Refusal.READ_ONLY, READ_ONLY)
        elif member.judging:
            member.refused(Refusal.STORAGE, LATER)
        else:
            member.judging = True
            self._background.run(judge())

    def _on_access_change(self, change: AccessChange) -> None:
        self.access_changes += 1
        for member in list(self._members):
            if _concerns(change, member):
                self._background.run(self._review(member))

    async def _review(self, member: Member, *, announce: bool = False) -> None:
        """Ask again who a member is and what it may do; whatever asks for it meanwhile waits for one more review."""
        if member.reviewing:
            member.review_again = bool(member.review_again) or announce
            return
        member.reviewing = True
        try:
            await self._judge(member, announce=announce)
        finally:
            member.reviewing = False
        if member.review_again is not None:
            announce, member.review_again = member.review_again, None
            self._background.run(self._review(member, announce=announce))

    async def _judge(self, member: Member, *, announce: bool) -> None:
        """Ask who a member is and what it may do; act on the answer at once."""
        room = member.room
        if room is None or member not in self._members:
            return
        member.review_at = float("inf")
        try:
            principal = await self._access.identify(_with_token(member.socket.credentials, self._members[member]))
            role = await self._access.role_of(principal, room.document)
            reason = Denied.PERMISSION
        except Denied as denied:
            role, principal, reason = None, member.principal, denied.reason
        except Exception:  # noqa: BLE001 - the authority is away: neither grant nor take away
            self.contain("access cannot be reviewed")
            member.review_at = 0.0
            return
        member.review_at = time.monotonic() + self._limits.access_review
        if member not in self._members or member.room is None:
            return
        if role is None:
            session = member.socket.session
            if isinstance(session, HocuspocusSession | YWebsocketSession):
                session.deny(member, reason)
            if reason == Denied.SESSION:
                member.socket.close(CloseCode.SIGNED_OUT, reason)
            return
        was_writable = member.writable
        member.role, member.principal, member.author = role, principal, principal.author
        if announce or member.writable != was_writable:
            if member.prefix:
                member.send(wire.authenticated(writable=member.writable))
            elif not announce:
                member.socket.close(CloseCode.RESTART, "role changed")

    def contain(self, event: str) -> None:
        """Record an unexpected exception that was kept from spreading."""
        self.stats.errors += 1
        _log.exception(event)

    # ---------------------------------------------------------------- upkeep

    def sweep(self) -> None:
        """Once a second: deadlines for all, pings for those whose turn it is."""
        now = time.monotonic()
        limits = self._limits
        for socket in list(self._sockets):
            if socket.blocked_since is not None and (
                now - socket.blocked_since > limits.outbound_time or socket.buffered > limits.outbound_limit
            ):
                self.stats.closed_slow += 1
                socket.abort()
            elif socket.doubted_at is not None and now - socket.doubted_at > DOUBT_PATIENCE:
                self.stats.closed_dead += 1
                socket.abort()
            elif not socket.authenticated:
                if now - socket.opened > limits.auth_timeout:
                    socket.close(CloseCode.TIMEOUT, "nobody signed in on this socket in time")
            elif now >= socket.next_check:
                socket.next_check = now + limits.ping_interval
                self._check(socket, now)
        self._review_due(now)
        self._offer_again()
        if len(self._connects) > MOST_ADDRESSES:
            self._connects = {address: bucket for address, bucket in self._connects.items() if not bucket.full(now)}

    def _review_due(self, now: float) -> None:
        """Ask again about those whose turn it is: rights end by time, too, and an answer may have failed."""
        due = (member for member in self._members if member.review_at <= now)
        for member in list(islice(due, REVIEWS_AT_ONCE)):
            self._background.run(self._review(member))

    def _check(self, socket: Socket, now: float) -> None:
        if socket.paused:
            return
        if now - socket.heard > self._limits.pong_timeout:
            self.stats.closed_dead += 1
            socket.abort()
            return
        if socket.blocked_since is None:
            socket.ping()
            if socket.session is not None:
                socket.session.keep_alive()

    def _offer_again(self) -> None:
        """Have clients connect anew whose updates were refused for a time and would be taken now."""
        for member in self._members:
            if (member.refusals or member.withheld) and member.room is not None and member.room.takes_again(member):
                member.refusals = 0
                member.withheld.clear()
                delay = secrets.randbelow(2000) / 1000
                asyncio.get_running_loop().call_later(delay, member.socket.close, CloseCode.RESTART, "saving again")

    async def drain(self, window: float, patience: float) -> None:
        """Close every socket with 1012, spread over `window` seconds at most; drop what is left `patience` later."""
        self.draining = True
        sockets = list(self._sockets)
        pause = min(window, len(sockets) / CLOSES_PER_SECOND) / max(1, len(sockets))
        for socket in sockets:
            socket.close(CloseCode.RESTART, "the server restarts; connect again")
            if pause:
                await asyncio.sleep(pause)
        for _ in range(round(patience * 100)):
            if not self._sockets:
                break
            await asyncio.sleep(0.01)
        for socket in list(self._sockets):
            socket.abort()

    async def close(self) -> None:
        """Stop listening for changes of access, and what is under way."""
        self._unsubscribe()
        await self._background.close()


def _credentials(headers: Any, query: str, address: str, cookie: str) -> Credentials:  # noqa: ANN401
    session = None
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(cookie)
        session = morsel.value if morsel is not None else None
    except CookieError:
        pass
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else None
    tab = tab_of(parse_qs(query).get("tab", [None])[0])
    return Credentials(address, session=session, token=token or None, link=headers.get("x-quire-link"), tab=tab)


def _with_token(credentials: Credentials, token: str) -> Credentials:
    """Add the auth frame's token: a document link or an API token, beside what the upgrade carried."""
    if not token:
        return credentials
    return replace(credentials, link=token) if token.startswith(LINK_PREFIX) else replace(credentials, token=token)


def _schema(query: str) -> int | None:
    value = parse_qs(query).get("schema", [""])[0]
    return int(value) if value.isdecimal() and len(value) < 9 else None


def _concerns(change: AccessChange, member: Member) -> bool:
    principal = member.principal
    if change.documents is not None and (member.room is None or member.room.document not in change.documents):
        return False
    if change.accounts is not None and principal.account not in change.accounts:
        return False
    return change.sessions is None or bool({principal.session, principal.token} & change.sessions)
