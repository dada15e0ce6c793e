"""Which protocol is spoken on a socket: the path of its upgrade says so."""

from __future__ import annotations

from quire.sync.admission import YJS
from quire.sync.gateway import Gateway
from quire.sync.protocols.hocuspocus import HocuspocusSession
from quire.sync.protocols.ywebsocket import YWebsocketSession
from quire.sync.sockets.session import Session
from quire.sync.sockets.socket import Socket


def speak(gateway: Gateway, socket: Socket, path: str, schema: int | None) -> Session:
    """Return the protocol of a socket that was admitted at `path`; `schema` is the version that its editor knows."""
    if path.startswith(YJS):
        return YWebsocketSession(gateway, socket, path[len(YJS) :], schema)
    return HocuspocusSession(gateway, socket, schema)
