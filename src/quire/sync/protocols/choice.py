"""Which protocol is spoken on a socket: the path of its upgrade says so."""

from __future__ import annotations

from urllib.parse import parse_qs

from quire.sync.admission import YJS
from quire.sync.gateway import Gateway
from quire.sync.protocols.hocuspocus import HocuspocusSession
from quire.sync.protocols.ywebsocket import YWebsocketSession
from quire.sync.sockets.session import Session
from quire.sync.sockets.socket import Socket


def speak(gateway: Gateway, socket: Socket, path: str, query: str) -> Session:
    """Return the protocol of a socket that came to `path`.

    `query` may name the schema that its editor knows; y-websocket has no other place for a token of its own.
    """
    parameters = parse_qs(query)
    schema = _schema(parameters.get("schema", [""])[0])
    if path.startswith(YJS):
        token = parameters.get("token", [""])[0]
        return YWebsocketSession(gateway, socket, path[len(YJS) :], token, schema)
    return HocuspocusSession(gateway, socket, schema)


def _schema(value: str) -> int | None:
    return int(value) if value.isdecimal() and len(value) < 9 else None
