"""The text of a document's copy: the same blocks, with pictures of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quire.content.prosemirror import begun
from quire.crdt.document import with_values


def copied(parts: Sequence[bytes], source: str, copy: str) -> tuple[bytes, list[str]]:
    """Return the document `source`, made of these updates, as the first content of `copy`, and its pictures' digests.

    The blocks are those of the source, never made anew; what names one of its attachments names the copy's.
    """
    digests: list[str] = []
    own = re.compile(rb"(/api/v1/documents/)%s(/attachments/([0-9a-f]{64}))" % re.escape(source.encode()))

    def name_copy(found: re.Match[bytes]) -> bytes:
        digests.append(found[3].decode())
        # As long as before: ids have one length, and values stand behind theirs.
        return found[1] + copy.encode() + found[2]

    return begun(copy, with_values(parts, lambda values: own.sub(name_copy, values))), digests
