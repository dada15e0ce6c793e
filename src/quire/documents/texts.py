"""The stored text of documents in other forms; what is large is read in a process of its own."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

from quire.content.copying import copied
from quire.content.preview import Line, preview
from quire.content.reader import render
from quire.limits.overload import Overloaded
from quire.log.contract import UpdateLog
from quire.ops.children import Child

SMALL = 4096
"""Bytes of updates that are read in this process: no crafted ones of that size take long."""
PREVIEWS_KEPT = 2000
"""Previews in memory; of more, those that were asked for longest ago are read again."""
PREVIEWS_WAITING = 200
"""Previews that wait for the one that is being read, before more are refused."""
_Result = TypeVar("_Result")


class Texts:
    """Everything here gives what was acknowledged.

    What cannot be read now raises `StorageUnavailable`, `DamagedDocument`, `Overloaded` or `ChildDied`.
    """

    def __init__(self, log: UpdateLog, child: Child, *, at_once: int) -> None:
        """Set up; `at_once` large documents are converted or wait for it, more are refused."""
        self._log, self._child, self._at_once = log, child, at_once
        self.converting = 0
        """Large documents that are being converted, or wait for it."""
        self._previews: OrderedDict[str, tuple[int, Sequence[Line]]] = OrderedDict()
        self._previewing = asyncio.Semaphore(1)
        self._waiting = 0

    async def render(self, document: str, form: str, title: str) -> bytes:
        """Return the text as `json`, `html`, `markdown` or `text`."""
        return await self._convert(document, render, form, title)

    async def copied(self, document: str, copy: str) -> tuple[bytes, Sequence[str]]:
        """Return the first content of a copy, and the digests of the pictures in it."""
        return await self._convert(document, copied, document, copy)

    async def preview(self, document: str, changed_at: int) -> Sequence[Line]:
        """Return the first lines, read once for every `changed_at`, one document at a time; raises `Overloaded`."""
        known = self._previews.get(document)
        if known is None or known[0] != changed_at:
            if self._waiting >= PREVIEWS_WAITING:
                raise Overloaded("Too many previews are being made at once", retry_after=2)
            self._waiting += 1
            try:
                async with self._previewing:
                    parts = await self._parts(document)
                    known = changed_at, preview(parts) if _small(parts) else await self._child.run(preview, parts)
            finally:
                self._waiting -= 1
            self._previews[document] = known
        self._previews.move_to_end(document)
        if len(self._previews) > PREVIEWS_KEPT:
            self._previews.popitem(last=False)
        return known[1]

    async def _convert(self, document: str, work: Callable[..., _Result], *arguments: object) -> _Result:
        parts = await self._parts(document)
        if _small(parts):
            return work(parts, *arguments)
        if self.converting >= self._at_once:
            raise Overloaded("Too many documents are being read at once", retry_after=2)
        self.converting += 1
        try:
            return await self._child.run(work, parts, *arguments)
        finally:
            self.converting -= 1

    async def _parts(self, document: str) -> list[bytes]:
        return (await self._log.load(document)).made().parts


def _small(parts: Sequence[bytes]) -> bool:
    return sum(map(len, parts)) < SMALL
