"""A document that is open on a socket, as the gateway knows it."""

from __future__ import annotations

from quire.sync.rooms.member import Member
from quire.sync.rooms.room import Room


class OpenDocument:
    """A member, its room, and the review of its access."""

    __slots__ = ("_room", "judging", "member", "review_again", "review_at", "reviewing", "token")

    def __init__(self, member: Member, room: Room, token: str) -> None:
        self.member, self._room = member, room
        self.token = token
        """What it was opened with beside the socket's own credentials, or sent later."""
        self.judging = False
        """Whether what came without the right to write is compared with the document."""
        self.review_at = 0.0
        """When its access is asked for again, by the monotonic clock."""
        self.reviewing = False
        self.review_again: bool | None = None
        """Whether another review is due after the one under way, and whether the client wants to hear of it."""

    @property
    def room(self) -> Room | None:
        """The room, as long as the member is in it."""
        return self._room if self.member.here else None
