"""Pictures that come in; what is large is read in a process of its own."""

from __future__ import annotations

import asyncio
from typing import Final

from quire.documents import images
from quire.http.errors import Problem
from quire.ops.children import Child, ChildDied

WAITING: Final = 16


class Pictures:
    """Says what comes in, and raises `Problem` when that cannot be read now."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._identifying = 0
        """Large pictures that are being read, or wait for it; each holds its bytes."""

    async def identify(self, content: bytes) -> images.Picture:
        """Return what `content` is; raises `images.NotAPicture`."""
        if len(content) <= images.SMALL:
            return await asyncio.to_thread(images.identify, content)
        if self._identifying >= WAITING:
            raise Problem(503, "Too many pictures are coming in at once. Try again.", headers={"Retry-After": "2"})
        self._identifying += 1
        try:
            return await self._child.run(images.identify_in_time, content)
        except ChildDied:
            raise Problem(503, "The picture cannot be read now. Try again later.") from None
        finally:
            self._identifying -= 1
