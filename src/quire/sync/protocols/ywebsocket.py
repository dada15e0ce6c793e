"""The y-websocket protocol: one document per socket, no address, no acknowledgement.

Source: y-websocket 3.1 client, y-protocols `sync.js`, `awareness.js`, `auth.js`.
"""

from __future__ import annotations

from quire.access.contract import Denied
from quire.crdt.updates import EMPTY_UPDATE
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.gateway import Gateway
from quire.sync.opendocument import OpenDocument
from quire.sync.protocols.pending import PendingDocument
from quire.sync.sockets.socket import Socket

NOBODY = wire.awareness(b"\x00")
"""An empty awareness message: something for the client's 30 s watchdog."""


class YWebsocketSession:
    """The one document of a socket; authenticated by the upgrade request."""

    __slots__ = ("_gateway", "_open", "_pending", "_socket")

    def __init__(self, gateway: Gateway, socket: Socket, document: str, token: str, schema: int | None) -> None:
        self._gateway, self._socket = gateway, socket
        self._open: OpenDocument | None = None
        self._pending = PendingDocument(socket)
        self._pending.open(
            gateway.open(socket, b"", document, token, schema, self._take),
            dispatch=self._dispatch,
            denied=self._refuse,
            unread=lambda reason: socket.close(CloseCode.TRY_LATER, reason),
        )

    def _take(self, opened: OpenDocument) -> bool:
        self._open = opened
        return True

    @property
    def pending_bytes(self) -> int:
        """Bytes of messages that wait for the document to be open."""
        return self._pending.size

    @property
    def opening(self) -> bool:
        """Whether the upgrade request is being judged."""
        return self._pending.opening

    def _refuse(self, reason: str) -> None:
        self._gateway.stats.denied += 1
        self._socket.send(wire.yjs_permission_denied(reason))
        self._socket.close(CloseCode.SIGNED_OUT if reason == Denied.SESSION else CloseCode.FORBIDDEN, reason)

    def receive(self, message: bytes) -> None:
        """Handle one message; those before the document is open wait within a bound."""
        if not message:
            raise wire.MalformedMessage("empty message")
        if self._open is not None:
            self._dispatch(self._open, message)
            return
        self._pending.hold(message, self._pending.size)

    def _dispatch(self, opened: OpenDocument, message: bytes) -> None:
        room, member = opened.room, opened.member
        if room is None:
            return
        kind, at = wire.read_var_uint(message, 0)
        if kind == wire.SYNC:
            sub, at = wire.read_var_uint(message, at)
            content, _ = wire.read_var_bytes(message, at)
            if sub == wire.STEP1:
                room.catch_up.step1(member, content)
            elif sub in (wire.STEP2, wire.UPDATE):
                if member.writable:
                    room.ingest.receive(content, member)
                elif sub == wire.UPDATE or content != EMPTY_UPDATE:
                    self._gateway.refuse_write(opened, content, own=sub == wire.UPDATE)
            else:
                raise wire.MalformedMessage(f"sync message of unknown kind {sub}")
        elif kind == wire.AWARENESS:
            content, _ = wire.read_var_bytes(message, at)
            self._gateway.present(opened, content)
        elif kind == wire.QUERY_AWARENESS:
            room.catch_up.tell_people(member)
        else:
            raise wire.MalformedMessage(f"message of unknown type {kind}")

    def deny(self, prefix: bytes, reason: str) -> None:  # noqa: ARG002
        """Take the document away: the socket has no other."""
        self._refuse(reason)

    def keep_alive(self) -> None:
        """Keep the client's watchdog quiet."""
        self._socket.send(NOBODY)

    def blocked(self) -> None:
        if self._open is not None and self._open.room is not None:
            self._open.room.catch_up.hold(self._open.member)

    def drained(self) -> None:
        if self._open is not None and self._open.room is not None:
            self._open.room.catch_up.release(self._open.member)

    def closed(self) -> None:
        self._pending.cancel()
        opened, self._open = self._open, None
        if opened is not None:
            self._gateway.left(opened)
