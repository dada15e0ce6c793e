"""When documents were edited last and how large they are: noted at each commit, written into the list later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import structlog

from quire.db.ids import now
from quire.limits.throttle import Throttle

_log = structlog.get_logger("quire.documents.edits")


@dataclass(frozen=True, slots=True)
class Edit:
    """The last edit of a document."""

    at: int
    size: int | None
    """Encoded bytes; None: nobody knows, the document left memory at once."""


class Edits:
    """What the list has yet to hear. It is kept while the catalogue is away, also of documents that leave memory."""

    def __init__(
        self, size_of: Callable[[str], int | None], write: Callable[[Mapping[str, Edit]], Awaitable[None]]
    ) -> None:
        """Set up; `size_of` knows the documents in memory, `write` puts it all into the catalogue."""
        self._size_of, self._write = size_of, write
        self._moments: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        self._failures = Throttle(60)

    def note(self, documents: Iterable[str]) -> None:
        """Note that these documents have new durable text."""
        self._moments.update(dict.fromkeys(documents, now()))

    async def record(self) -> None:
        """Write what was noted; what cannot be written now is written at a later call."""
        if not self._moments:
            return
        for document in self._moments:
            if (size := self._size_of(document)) is not None:
                self._sizes[document] = size
        edits = {document: Edit(at, self._sizes.get(document)) for document, at in self._moments.items()}
        try:
            await self._write(edits)
        except Exception as error:  # noqa: BLE001 - dates in lists must not stop the node
            if count := self._failures(str(error)):
                _log.warning("dates of documents could not be written", error=str(error), count=count)
            return
        for document, edit in edits.items():
            if self._moments[document] == edit.at:
                del self._moments[document]
                self._sizes.pop(document, None)
