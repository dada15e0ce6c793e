"""Access is asked for again in turn, however many documents are open."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from quire.access.contract import AccessChange, Credentials, Principal, Role
from quire.sync.opendocument import OpenDocument
from quire.sync.reviews import AT_ONCE, Reviews
from quire.sync.rooms.member import Member


class CountedAccess:
    """Everybody may edit; counts how often it is asked about whom."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    async def identify(self, credentials: Credentials) -> Principal:
        self.asked[credentials.address] += 1
        return Principal("Ada", account="ada")

    async def role_of(self, principal: Principal, document: str) -> Role | None:
        return Role.EDITOR

    def subscribe(self, listener: Callable[[AccessChange], None]) -> Callable[[], None]:
        return lambda: None


def opened(address: str) -> OpenDocument:
    socket: Any = SimpleNamespace(id=address, credentials=Credentials(address))
    member = Member(socket, b"", Principal("Ada", account="ada"), Role.EDITOR)
    member.here = True
    room: Any = SimpleNamespace(document="d")
    return OpenDocument(member, room, "")


async def test_with_more_documents_than_are_asked_about_at_once_each_has_its_turn() -> None:
    access = CountedAccess()
    reviews = Reviews(access, every=0, contain=lambda _: None)
    rounds = 3
    for number in range(rounds * AT_ONCE):
        reviews.watch(opened(str(number)), reviews.changes)
    for turn in range(1, rounds + 1):
        reviews.sweep(float("inf"))
        while access.asked.total() < turn * AT_ONCE:
            await asyncio.sleep(0)
    assert set(access.asked.values()) == {1}
    assert len(access.asked) == rounds * AT_ONCE
    await reviews.close()
