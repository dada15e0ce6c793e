"""pycrdt-websocket on uvicorn, memory only. Usage: python serve.py PORT"""

import sys
from contextlib import asynccontextmanager

import uvicorn
from pycrdt.websocket import ASGIServer, WebsocketServer

server = WebsocketServer()
sockets = ASGIServer(server)


@asynccontextmanager
async def running():
    async with server:
        yield


class App:
    """The ASGI server with a lifespan that runs the room server."""

    def __init__(self):
        self._running = running()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await self._running.__aenter__()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._running.__aexit__(None, None, None)
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["type"] == "websocket":
            await sockets(scope, receive, send)


uvicorn.run(App(), host="127.0.0.1", port=int(sys.argv[1]), log_level="error", loop="uvloop")
