"""A person at the wire: a live Yjs document kept in step with a server over a raw socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pycrdt

from conftest import QuireProcess
from quire.sync import wire
from rawclient import Client, connected

PATIENCE = 30.0
"""Seconds after which a condition counts as never met."""


class Person:
    """One writer with a document of its own. Updates wait in `unsent` while the person is cut off."""

    def __init__(self, name: str, server: QuireProcess, document: str) -> None:
        self.name, self.server, self.document = name, server, document
        self.doc: pycrdt.Doc = pycrdt.Doc()
        self.fragment = self.doc.get("default", type=pycrdt.XmlFragment)
        self.unsent: list[bytes] = []
        self.unsaved = 0
        self.refused = 0
        self.told: list[dict[str, object]] = []
        """Application messages of the server."""
        self._exchanged = False
        self.held = False
        """While set, what this person writes stays in `unsent` although the socket is open."""
        self._client: Client | None = None
        self._applying = False
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None]
        self._subscription = self.doc.observe(self._on_change)

    def _on_change(self, event: pycrdt.TransactionEvent) -> None:
        if not self._applying and event.update != b"\x00\x00":
            self.unsent.append(event.update)
            self.send_out()

    def send_out(self) -> None:
        """Send what waits, unless the person is cut off or held."""
        if self._client is None or self.held:
            return
        for update in self.unsent:
            self._client.send(wire.sync_update(update))
        self.unsaved += len(self.unsent)
        self.unsent.clear()

    def send_again(self, update: bytes) -> None:
        """Send an update that was made earlier, as a client that is not sure does."""
        assert self._client is not None
        self._client.send(wire.sync_update(update))
        self.unsaved += 1

    @asynccontextmanager
    async def online(self, *, port: int | None = None) -> AsyncIterator[Person]:
        """Be connected, perhaps through a proxy: both sides exchange what they lack, then everything flows."""
        async with connected(self.server, self.document, port=port) as client:
            self._client, self.unsaved, self._exchanged = client, 0, False
            client.send(b"\x02\x00" + wire.var_string(self.server.token) + wire.var_string("4.8.0"))
            client.send(wire.sync_step1(self.doc.get_state()))
            reading = self._reading = asyncio.create_task(self._read(client))
            reading.add_done_callback(lambda _: self._changed.set())
            try:
                self.send_out()
                yield self
            finally:
                self._client = None
                while not reading.done():
                    # Python 3.11's wait_for loses a cancellation that meets a result.
                    reading.cancel()
                    await asyncio.wait([reading], timeout=0.2)

    async def _read(self, client: Client) -> None:
        while True:
            opcode, payload = await client.message(2 * PATIENCE)
            if opcode != 2:
                return
            body = payload[len(client.prefix) :]
            if body[:2] == b"\x00\x00":
                known, _ = wire.read_var_bytes(body, 2)
                client.send(wire.sync_step2(self.doc.get_update(known)))
                self.unsaved += 1
                self._exchanged = True
            elif body[:1] == b"\x00":
                update, _ = wire.read_var_bytes(body, 2)
                self._applying = True
                try:
                    self.doc.apply_update(update)
                finally:
                    self._applying = False
            elif body == wire.SAVED:
                self.unsaved -= 1
            elif body == wire.NOT_SAVED:
                self.refused += 1
            elif body[:1] == b"\x05":
                self.told.append(json.loads(wire.read_var_string(body, 1)[0]))
            self._changed.set()

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition on what this person has holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                if self._client is not None and self._reading.done():
                    raise AssertionError(
                        f"{self.name} lost the connection before: {what}"
                    ) from self._reading.exception()
                self._changed.clear()
                await self._changed.wait()

    async def cut_off(self) -> None:
        """Wait until the server has closed the connection."""
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait([self._reading])

    async def saved(self) -> None:
        """Wait until everything written is acknowledged as durable."""
        await self.until(lambda: self._exchanged and not self.unsent and self.unsaved <= 0, "saved")

    # ---------------------------------------------------------------- writing

    async def start(self, words: str = "") -> None:
        """Write into the empty paragraph that every new document has."""
        await self.until(lambda: self.ready, "the empty paragraph")
        self.insert(0, words)
        await self.saved()

    @property
    def paragraph(self) -> pycrdt.XmlText:
        """The text of the first paragraph."""
        text: pycrdt.XmlText = self.fragment.children[0].children[0]
        return text

    @property
    def ready(self) -> bool:
        """Whether there is a paragraph with text to write in."""
        return len(self.fragment.children) > 0 and len(self.fragment.children[0].children) > 0

    @property
    def text(self) -> str:
        """Its words; empty before anything arrived."""
        if not self.ready:
            return ""
        return "".join(words for words, _ in self.paragraph.diff() if isinstance(words, str))

    def insert(self, at: int, words: str) -> None:
        """Insert at a character position (pycrdt counts UTF-8 bytes)."""
        self.paragraph.insert(len(self.text[:at].encode()), words)


async def agreed(*people: Person) -> None:
    """Wait until everyone has the same document."""
    async with asyncio.timeout(PATIENCE):
        while len({person.doc.get_state() and str(person.fragment) for person in people}) > 1:
            await asyncio.wait([asyncio.create_task(person._changed.wait()) for person in people], timeout=0.2)
            for person in people:
                person._changed.clear()
