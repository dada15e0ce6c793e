"""The text of a document's copy: the same blocks, with pictures of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quire.content.schema import FRAGMENT
from quire.crdt.document import XmlElement, XmlFragment, changed


def copied(parts: Sequence[bytes], source: str, copy: str) -> tuple[bytes, list[str]]:
    """Return the document `source`, made of these updates, as the first content of `copy`, and its pictures' digests.

    The blocks are those of the source, never made anew; pictures name the copy as the place of their attachments.
    """
    digests: list[str] = []
    own = re.compile(rf"/api/v1/documents/{re.escape(source)}/attachments/([0-9a-f]{{64}})")

    def move_pictures(fragment: XmlFragment) -> None:
        waiting: list[XmlFragment | XmlElement] = [fragment]
        while waiting:
            for child in waiting.pop().children:
                if not isinstance(child, XmlElement):
                    continue
                waiting.append(child)
                found = own.fullmatch(str(child.attributes.get("src"))) if child.tag == "image" else None
                if found:
                    child.attributes["src"] = f"/api/v1/documents/{copy}/attachments/{found[1]}"
                    digests.append(found[1])

    return changed(parts, FRAGMENT, move_pictures), digests
