"""The floor: a picows relay that parses, stores and checks nothing; frames of a tick leave in one write a socket.

What no Python server can go below on this machine. Usage: python floor.py PORT TICK_SECONDS
"""

import asyncio
import sys

import uvloop
from picows import WSListener, WSMsgType, ws_create_server

from quire.sync import wire

PORT, TICK = int(sys.argv[1]), float(sys.argv[2])
EMPTY = wire.binary_frame(wire.sync_step2(b"\0\0"))


class Room:
    def __init__(self):
        self.writes, self.waiting, self.flushed = {}, [], 0.0
        self.timer = None

    def relay(self, message):
        self.waiting.append(wire.binary_frame(message))
        if self.timer is None:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(max(0.0, self.flushed + TICK - loop.time()), self.flush)

    def flush(self):
        self.timer, self.flushed = None, asyncio.get_running_loop().time()
        joined = b"".join(self.waiting)
        self.waiting.clear()
        for write in self.writes.values():
            write(joined)


rooms = {}


class Listener(WSListener):
    def __init__(self, path):
        self.room = rooms.setdefault(path, Room())

    def on_ws_connected(self, transport):
        self.room.writes[self] = transport.underlying_transport.write

    def on_ws_disconnected(self, _transport):
        self.room.writes.pop(self, None)

    def on_ws_frame(self, transport, received):
        if received.msg_type is not WSMsgType.BINARY:
            return
        message = received.get_payload_as_bytes()
        if message[:2] == b"\x00\x00":
            transport.underlying_transport.write(EMPTY)
        elif message[:2] == b"\x00\x02":
            self.room.relay(message)


async def main():
    server = await ws_create_server(lambda request: Listener(request.path), "127.0.0.1", PORT, max_frame_size=1 << 24)
    await server.serve_forever()


uvloop.run(main())
