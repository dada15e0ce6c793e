"""A document that is not open yet on a socket: the messages that came for it wait, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from quire.access.contract import Denied
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.opendocument import OpenDocument
from quire.sync.rooms.registry import LoadFailed
from quire.sync.sockets.socket import Socket

MOST_MESSAGES: Final = 1000
MOST_BYTES: Final = 5 * 1024 * 1024
"""Of all documents of one socket."""


class PendingDocument:
    """The messages of a document whose authentication or load is under way, or yet to be asked for."""

    __slots__ = ("_messages", "_socket", "_task", "size")

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._messages: list[bytes] = []
        self._task: asyncio.Task[None] | None = None
        self.size = 0
        """Bytes that wait."""

    @property
    def opening(self) -> bool:
        """Whether authentication or load is under way."""
        return self._task is not None and not self._task.done()

    def hold(self, message: bytes, before: int) -> None:
        """Keep a message; `before` are the bytes that wait on this socket, for this document and others."""
        self._messages.append(message)
        self.size += len(message)
        if before + len(message) > MOST_BYTES or len(self._messages) > MOST_MESSAGES:
            self._socket.close(
                CloseCode.TOO_BIG, "too much came before the document was open; wait for the server's answer first"
            )

    def open(
        self,
        work: Coroutine[Any, Any, OpenDocument | None],
        *,
        dispatch: Callable[[OpenDocument, bytes], None],
        denied: Callable[[str], None],
        unread: Callable[[str], None],
    ) -> None:
        """Start `work`, which opens the document; `dispatch` gets what waited for it.

        `denied` gets the reason for a no, `unread` why the document cannot be read now.
        """

        async def run() -> None:
            try:
                opened = await work
            except Denied as error:
                denied(error.reason)
                return
            except LoadFailed as error:
                unread(f"connect again later: the document cannot be read now ({error})")
                return
            messages, self._messages, self.size = self._messages, [], 0
            if opened is None:
                return
            try:
                for message in messages:
                    # One of them may have closed the document.
                    if opened.member.here:
                        dispatch(opened, message)
            except wire.MalformedMessage as error:
                self._socket.close(CloseCode.MALFORMED, str(error))

        self._task = asyncio.get_running_loop().create_task(run())
        # Where it was stopped before it began, nothing else would end the work.
        self._task.add_done_callback(lambda _: work.close())

    def cancel(self) -> None:
        """Give the document up."""
        if self._task is not None:
            self._task.cancel()
