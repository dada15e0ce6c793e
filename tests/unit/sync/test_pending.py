"""What waits for a document that is not open yet: all of it in order, and within bounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from quire.access.contract import Denied
from quire.sync.protocols.pending import MOST_BYTES, MOST_MESSAGES, PendingDocument
from quire.sync.rooms.registry import LoadFailed
from quire.sync.wire import MalformedMessage


class Line:
    """A socket that remembers why it was closed."""

    def __init__(self) -> None:
        self.closed: list[int] = []

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)


class Member:
    """A member of a room, until a message takes it out."""

    here = True


class Opened:
    """A document with its member."""

    def __init__(self) -> None:
        self.member = Member()


class Opening:
    """A document that opens when it is told to."""

    def __init__(self) -> None:
        self.line = Line()
        self.pending = PendingDocument(self.line)  # type: ignore[arg-type]
        self.opened = Opened()
        self.given: list[bytes] = []
        self.reasons: list[str] = []
        self._answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.unread: list[str] = []
        self.pending.open(
            self._open(),
            dispatch=self._dispatch,  # type: ignore[arg-type]
            denied=self.reasons.append,
            unread=self.unread.append,
        )

    async def _open(self) -> Any:
        return await self._answer

    def _dispatch(self, opened: Opened, message: bytes) -> None:
        if message == b"malformed":
            raise MalformedMessage("it is none")
        self.given.append(message)
        if message == b"close":
            opened.member.here = False

    async def opens(self, error: Exception | None = None) -> None:
        if error is None:
            self._answer.set_result(self.opened)
        else:
            self._answer.set_exception(error)
        while self.pending.opening:
            await asyncio.sleep(0)


async def test_messages_come_in_order_once_the_document_is_open() -> None:
    opening = Opening()
    for message in (b"one", b"two"):
        opening.pending.hold(message, opening.pending.size)
    assert (opening.pending.opening, opening.pending.size, opening.given) == (True, 6, [])
    await opening.opens()
    assert (opening.pending.opening, opening.pending.size, opening.given) == (False, 0, [b"one", b"two"])


async def test_what_follows_the_end_of_a_document_goes_nowhere() -> None:
    opening = Opening()
    for message in (b"close", b"late"):
        opening.pending.hold(message, 0)
    await opening.opens()
    assert opening.given == [b"close"]


async def test_a_malformed_message_closes_the_socket_and_a_denial_gives_nothing_away() -> None:
    opening = Opening()
    opening.pending.hold(b"malformed", 0)
    await opening.opens()
    assert opening.line.closed == [4400]
    denied = Opening()
    denied.pending.hold(b"one", 0)
    await denied.opens(Denied(Denied.PERMISSION))
    assert (denied.reasons, denied.given) == ([Denied.PERMISSION], [])
    unread = Opening()
    unread.pending.hold(b"one", 0)
    await unread.opens(LoadFailed("the disk is full"))
    assert (len(unread.unread), unread.given) == (1, [])
    assert "the disk is full" in unread.unread[0]


@pytest.mark.parametrize(("size", "count"), [(MOST_BYTES // 4, 4), (1, MOST_MESSAGES)])
async def test_too_much_closes_the_socket(size: int, count: int) -> None:
    opening = Opening()
    for _ in range(count):
        opening.pending.hold(bytes(size), opening.pending.size)
    assert opening.line.closed == []
    opening.pending.hold(b"x", opening.pending.size)
    assert opening.line.closed == [4413]


async def test_the_bytes_of_other_documents_on_the_socket_count_too() -> None:
    opening = Opening()
    opening.pending.hold(b"x", MOST_BYTES)
    assert opening.line.closed == [4413]
