"""Reviews of access: what members may do is asked again whenever something it depends on changes."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from quire.access.contract import Access, AccessChange, Denied
from quire.concurrency.background import Background
from quire.sync import wire
from quire.sync.closecode import CloseCode
from quire.sync.opendocument import OpenDocument

AT_ONCE: Final = 100
"""Documents whose access is asked for in one sweep."""


class Reviews:
    """The documents that are open on this node's sockets, each judged anew when it is due."""

    def __init__(self, access: Access, *, every: float, contain: Callable[[str], None]) -> None:
        """Listen for changes; a review comes after `every` seconds at the latest. `contain` records a failed one."""
        self._access, self._every, self._contain = access, every, contain
        self._open: dict[OpenDocument, None] = {}
        self._background = Background()
        self.changes = 0
        """How many changes of access this node has heard of."""
        self._unsubscribe = access.subscribe(self._on_change)

    def __iter__(self) -> Iterator[OpenDocument]:
        return iter(self._open)

    def watch(self, opened: OpenDocument, asked_at: int) -> None:
        """Watch the access from here on; ask once more if it may have changed since it was admitted.

        `asked_at` is what `changes` was before that.
        """
        self._open[opened] = None
        opened.review_at = time.monotonic() + self._every * (0.5 + secrets.randbelow(500) / 1000)
        if asked_at != self.changes:
            self._background.run(self._review(opened))

    def forget(self, opened: OpenDocument) -> None:
        """Watch it no more."""
        self._open.pop(opened, None)

    def reauthenticate(self, opened: OpenDocument, token: str) -> None:
        """A client sent its token again on an open document: judge it by the new one."""
        opened.token = token
        self._background.run(self._review(opened, announce=True))

    def sweep(self, now: float) -> None:
        """Ask again about those whose turn it is: rights end by time, too, and an answer may have failed."""
        due = (opened for opened in self._open if opened.review_at <= now)
        for opened in list(islice(due, AT_ONCE)):
            # To the end: with more than can be asked about in time, each has its turn all the same.
            del self._open[opened]
            self._open[opened] = None
            self._background.run(self._review(opened))

    async def close(self) -> None:
        """Stop listening, and what is under way."""
        self._unsubscribe()
        await self._background.close()

    def _on_change(self, change: AccessChange) -> None:
        self.changes += 1
        for opened in list(self._open):
            if _concerns(change, opened):
                self._background.run(self._review(opened))

    async def _review(self, opened: OpenDocument, *, announce: bool = False) -> None:
        """Ask again who a member is and what it may do; whatever asks for it meanwhile waits for one more review."""
        if opened.reviewing:
            opened.review_again = bool(opened.review_again) or announce
            return
        opened.reviewing = True
        try:
            await self._judge(opened, announce=announce)
        finally:
            opened.reviewing = False
        if opened.review_again is not None:
            announce, opened.review_again = opened.review_again, None
            self._background.run(self._review(opened, announce=announce))

    async def _judge(self, opened: OpenDocument, *, announce: bool) -> None:
        """Ask who a member is and what it may do; act on the answer at once."""
        room, member = opened.room, opened.member
        if room is None or opened not in self._open:
            return
        opened.review_at = float("inf")
        try:
            principal = await self._access.identify(member.socket.credentials.with_token(opened.token))
            role = await self._access.role_of(principal, room.document)
            reason = Denied.PERMISSION
        except Denied as denied:
            role, principal, reason = None, member.principal, denied.reason
        except Exception:  # noqa: BLE001 - the authority is away: neither grant nor take away
            self._contain("access cannot be reviewed")
            opened.review_at = 0.0
            return
        opened.review_at = time.monotonic() + self._every
        if opened not in self._open or opened.room is None:
            return
        if role is None:
            if member.socket.session is not None:
                member.socket.session.deny(member.prefix, reason)
            if reason == Denied.SESSION:
                member.socket.close(CloseCode.SIGNED_OUT, reason)
            return
        was_writable = member.writable
        member.role = role
        if principal.author == member.author:
            member.principal = principal
        else:
            room.rename(member, principal)
        if announce or member.writable != was_writable:
            if member.prefix:
                member.send(wire.authenticated(writable=member.writable))
            elif not announce:
                member.socket.close(CloseCode.RESTART, "your role has changed; connect again")


def _concerns(change: AccessChange, opened: OpenDocument) -> bool:
    principal, room = opened.member.principal, opened.room
    if change.documents is not None and (room is None or room.document not in change.documents):
        return False
    if change.accounts is not None and principal.account not in change.accounts:
        return False
    return change.sessions is None or bool({principal.session, principal.token} & change.sessions)
