"""The Hocuspocus v4 protocol on one socket: many documents, each under its own address.

Source: the provider's `MessageReceiver`/`HocuspocusProvider` and the server's `ClientConnection`. Stricter than
the original where stock clients allow it: "saved" (SyncStatus 1) follows the durable commit, malformed frames
close the socket with 4400, and a failed load is a retryable close, of the document or the socket, instead of a denial.
"""

from __future__ import annotations

from quire.crdt.updates import EMPTY_UPDATE
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.gateway import Gateway
from quire.sync.opendocument import OpenDocument
from quire.sync.protocols.pending import PendingDocument
from quire.sync.sockets.socket import Socket

MOST_ADDRESS = 1024
"""Bytes of a document's address: it is kept for as long as the socket is open, and stands before every message."""
MOST_TOKEN = 8 * 1024
"""Characters of a token, which is kept as long as its document is open."""


class HocuspocusSession:
    """All documents of one socket."""

    __slots__ = ("_gateway", "_open", "_pending", "_schema", "_shut_out", "_socket", "_speaks_ping")

    def __init__(self, gateway: Gateway, socket: Socket, schema: int | None) -> None:
        self._gateway, self._socket, self._schema = gateway, socket, schema
        self._open: dict[bytes, OpenDocument] = {}
        self._pending: dict[bytes, PendingDocument] = {}
        self._shut_out: set[bytes] = set()
        self._speaks_ping = False

    @property
    def pending_bytes(self) -> int:
        """Bytes of messages that wait for authentication or a load."""
        return sum(pending.size for pending in self._pending.values())

    @property
    def opening(self) -> bool:
        """Whether an authentication is under way."""
        return any(pending.opening for pending in self._pending.values())

    def receive(self, message: bytes) -> None:
        """Handle one message; the update of an open document is the short way."""
        if len(message) < 2:
            if message == wire.PING:
                self._socket.send(wire.PONG)
                return
            if message == wire.PONG:
                return
            raise wire.MalformedMessage("message without an address")
        size, start = wire.read_var_uint(message, 0)
        end = start + size
        if end >= len(message):
            raise wire.MalformedMessage("message ends inside the document address")
        prefix = message[:end]
        opened = self._open.get(prefix)
        if opened is None:
            self._receive_unopened(prefix, message, end)
        else:
            self._dispatch(opened, message, end)

    # ---------------------------------------------------------------- before a document is open

    def _receive_unopened(self, prefix: bytes, message: bytes, at: int) -> None:
        if len(prefix) > MOST_ADDRESS:
            raise wire.MalformedMessage(f"a document's address may have at most {MOST_ADDRESS} bytes")
        kind, at = wire.read_var_uint(message, at)
        pending = self._pending.get(prefix)
        if kind == wire.AUTH:
            token = self._read_token(message, at)
            self._shut_out.discard(prefix)
            if pending is not None and pending.opening:
                return
            if len(self._pending) + len(self._open) >= self._gateway.max_documents_per_socket:
                self._deny(prefix, "too-many-documents")
                return
            self._start(prefix, pending or self._pend(prefix), token)
            return
        if prefix in self._shut_out:
            return
        if kind == wire.CLOSE:
            if pending is not None:
                pending.cancel()
            self._forget(prefix)
            self._socket.send(prefix + wire.close_reply("closed"))
            return
        if pending is None:
            if len(self._pending) >= self._gateway.max_documents_per_socket:
                raise wire.MalformedMessage(
                    "too many documents wait to be opened; wait for the answers, or use another socket"
                )
            pending = self._pend(prefix)
        pending.hold(message, self.pending_bytes)

    def _pend(self, prefix: bytes) -> PendingDocument:
        pending = self._pending[prefix] = PendingDocument(self._socket)
        return pending

    def _read_token(self, message: bytes, at: int) -> str:
        kind, at = wire.read_var_uint(message, at)
        if kind != wire.AUTH_TOKEN:
            raise wire.MalformedMessage(f"authentication message of unknown kind {kind}")
        token, at = wire.read_var_string(message, at)
        if len(token) > MOST_TOKEN:
            raise wire.MalformedMessage(f"a token may have at most {MOST_TOKEN} characters")
        if at < len(message):
            version, _ = wire.read_var_string(message, at)
            major = version.split(".", 1)[0]
            number = major.isascii() and major.isdecimal() and len(major) < 9
            if version[:1].isdigit() and not number:
                raise wire.MalformedMessage("the version does not begin with a number and a dot")
            self._speaks_ping = number and int(major) >= 4
        return token

    def _start(self, prefix: bytes, pending: PendingDocument, token: str) -> None:
        address, _ = wire.read_var_string(prefix, 0)
        document = address.split("\0", 1)[0]

        def take(opened: OpenDocument) -> bool:
            if self._pending.get(prefix) is not pending:
                return False
            del self._pending[prefix]
            self._open[prefix] = opened
            return True

        pending.open(
            self._gateway.open(self._socket, prefix, document, token, self._schema, take),
            dispatch=lambda opened, message: self._dispatch(opened, message, len(prefix)),
            denied=lambda reason: self._deny(prefix, reason),
            unread=lambda reason: self._leave_unread(prefix, reason),
        )

    def _deny(self, prefix: bytes, reason: str) -> None:
        self._gateway.stats.denied += 1
        self._shut(prefix, wire.permission_denied(reason))

    def _leave_unread(self, prefix: bytes, reason: str) -> None:
        """One document cannot be read now: the others on the socket go on, and without any a new socket asks again."""
        if self._open or len(self._pending) > 1:
            self._shut(prefix, wire.close_reply(reason))
        else:
            self._socket.close(CloseCode.TRY_LATER, reason)

    def _shut(self, prefix: bytes, answer: bytes) -> None:
        """Say why a document is not open; what comes for it is not heard until it is asked for again."""
        self._forget(prefix)
        self._shut_out.add(prefix)
        if len(self._shut_out) > 1000:
            self._socket.close(
                CloseCode.FORBIDDEN, "too many documents were refused; connect again with a token that may open them"
            )
            return
        self._socket.send(prefix + answer)

    def _forget(self, prefix: bytes) -> None:
        self._pending.pop(prefix, None)
        opened = self._open.pop(prefix, None)
        if opened is not None:
            self._gateway.left(opened)

    # ---------------------------------------------------------------- an open document

    def _dispatch(self, opened: OpenDocument, message: bytes, at: int) -> None:
        kind = message[at]
        if kind in (wire.SYNC, wire.SYNC_REPLY):
            self._sync(opened, message, at + 1)
        elif kind == wire.AWARENESS:
            content, _ = wire.read_var_bytes(message, at + 1)
            self._gateway.present(opened, content)
        elif kind == wire.AUTH:
            self._gateway.reauthenticate(opened, self._read_token(message, at + 1))
        elif kind == wire.CLOSE:
            prefix = opened.member.prefix
            self._forget(prefix)
            self._socket.send(prefix + wire.close_reply("closed"))
        elif kind == wire.QUERY_AWARENESS:
            if opened.room is not None:
                opened.room.catch_up.tell_people(opened.member)
        elif kind == wire.BROADCAST_STATELESS:
            raise wire.MalformedMessage("message type 6 is only for servers")
        elif kind == wire.STATELESS:
            wire.read_var_string(message, at + 1)
        else:
            raise wire.MalformedMessage(f"message of unknown type {wire.read_var_uint(message, at)[0]}")

    def _sync(self, opened: OpenDocument, message: bytes, at: int) -> None:
        kind, at = wire.read_var_uint(message, at)
        content, _ = wire.read_var_bytes(message, at)
        room, member = opened.room, opened.member
        if room is None:
            return
        if kind == wire.UPDATE or kind == wire.STEP2:
            if member.writable:
                room.ingest.receive(content, member)
            elif kind == wire.STEP2 and content == EMPTY_UPDATE:
                member.saved(1)
            else:
                self._gateway.refuse_write(opened, content, own=kind == wire.UPDATE)
        elif kind == wire.STEP1:
            room.catch_up.step1(member, content)
        else:
            raise wire.MalformedMessage(f"sync message of unknown kind {kind}")

    # ---------------------------------------------------------------- the socket

    def deny(self, prefix: bytes, reason: str) -> None:
        """Take one document away from an open socket."""
        self._deny(prefix, reason)

    def keep_alive(self) -> None:
        """Providers from version 4 know a ping of one byte; older ones get their presence echoed."""
        if self._speaks_ping:
            self._socket.send(wire.PING)
            return
        for opened in self._open.values():
            if opened.room is not None:
                opened.member.send(opened.room.presence.everyone())
                return

    def blocked(self) -> None:
        for opened in self._open.values():
            if opened.room is not None:
                opened.room.catch_up.hold(opened.member)

    def drained(self) -> None:
        for opened in self._open.values():
            if opened.room is not None:
                opened.room.catch_up.release(opened.member)

    def closed(self) -> None:
        for pending in self._pending.values():
            pending.cancel()
        self._pending.clear()
        documents, self._open = list(self._open.values()), {}
        for opened in documents:
            self._gateway.left(opened)
