"""Pictures that come in; what is large is read in a process of its own."""

from __future__ import annotations

import asyncio
from typing import Final

from quire.documents import images
from quire.ops.children import Child
from quire.overload import Overloaded

WAITING: Final = 16


class Pictures:
    """Says what comes in; raises `Overloaded` or `ChildDied` when that cannot be read now."""

    def __init__(self, child: Child) -> None:
        self._child = child
        self._identifying = 0
        """Large pictures that are being read, or wait for it; each holds its bytes."""

    async def identify(self, content: bytes) -> images.Picture:
        """Return what `content` is; raises `images.NotAPicture`, and `Overloaded` when too many wait."""
        if len(content) <= images.SMALL:
            return await asyncio.to_thread(images.identify, content)
        if self._identifying >= WAITING:
            raise Overloaded("Too many pictures are coming in at once", retry_after=2)
        self._identifying += 1
        try:
            return await self._child.run(images.identify_in_time, content)
        finally:
            self._identifying -= 1
