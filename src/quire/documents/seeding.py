"""The first content of a document."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from quire.db.ids import now
from quire.log.contract import DamagedDocument, LogFull, Outcome, Refused, Update, UpdateLog
from quire.storage.failure import StorageUnavailable

PATIENCE: Final = 10.0
"""Seconds for the commit."""
SERVER: Final = "server"
"""What the log calls the connection that first content came by."""


class ContentRefused(Exception):
    """The log can never store this content; the text says why."""


async def seed(log: UpdateLog, document: str, author: str, content: bytes) -> None:
    """Make first content durable before the document can be seen; raises `StorageUnavailable`, `ContentRefused`."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome] = loop.create_future()

    def stored(outcomes: Iterable[Outcome]) -> None:
        if not done.done():
            done.set_result(next(iter(outcomes)))

    try:
        log.submit([Update(document, content, author, SERVER, now())], stored)
    except LogFull:
        raise StorageUnavailable("too much waits to be saved") from None
    deadline = loop.time() + PATIENCE
    while not done.done():
        # The first commit that fails says why; what is stored of it later, the next start removes.
        await asyncio.wait([done], timeout=0.1)
        if not done.done() and not log.health.ok:
            raise StorageUnavailable(log.health.reason)
        if not done.done() and loop.time() > deadline:
            raise StorageUnavailable("storage does not answer")
    outcome = done.result()
    if isinstance(outcome, Refused):
        raise ContentRefused(outcome.reason)


async def edited(log: UpdateLog, document: str) -> bool:
    """Return whether anything but first content is stored of a document; what cannot be read may be that."""
    try:
        return any(row.connection != SERVER for row in await log.read(document))
    except DamagedDocument:
        return True
